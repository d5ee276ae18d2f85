// What stands beside the overview: one node, one example, or one visit of a node in an example.

const scoresOf = (step) => (step.scores ?? []).filter((score) => known(score.value));
const visitName = (step) => `visit ${step.visit}`;
const isBroken = (example, step) => example.broken === step;

function nodeDetails(node) {
  const { card } = node;
  const found = examples.flatMap((example) => example.trace.filter((step) => step.path === node.path && step.kind !== "input").map((step) => [example, step]));
  const rewards = Object.entries(node.reward ?? {});
  const cost = Object.entries(node.cost ?? {}).filter(([, value]) => value);
  const costs = cost.map(([line, value]) => (line === "seconds" ? time(value) : line === "usd" ? `${money(value)} USD` : `${count(value)} ${line}`));
  return [
    h("h2", { tabindex: "-1", id: "details-heading" }, node.path),
    h("dl", { class: "pairs-list" },
      entry("Visits", count(node.visits)),
      entry("Mean reward", known(node.mean) ? measure(figure(node.mean), node.mean) : "no reward applies here"),
      entry("First failures", `${percent(node.blame ?? 0)} of the failed examples broke here first`),
      entry("Headroom", headroom(node)),
      costs.length ? entry("Cost", costs.join(" · ")) : null,
      card?.reads.length ? entry("Reads", card.reads.join(", ")) : null,
      neighbours("Builds on", node.path, "to", "from"),
      neighbours("Feeds", node.path, "from", "to")),
    known(node.room) ? nodeWhatIf(node) : null,
    rewards.length ? [h("h3", {}, "Rewards"), h("table", {}, h("tbody", {}, rewards.map(([name, { mean, low, high }]) => h("tr", {}, h("th", { scope: "row" }, words(name)), h("td", {}, measure(figure(mean), mean)), h("td", { class: "quiet" }, range(low, high))))))] : null,
    h("h3", {}, `Visits in the worst examples (${found.length})`),
    found.length ? visitTable(found) : nothing("None of the examples whose traces are kept came here."),
    card?.lines.length ? [h("h3", {}, "Settings"), h("ul", { class: "settings" }, card.lines.map((line) => setting(line)))] : null,
  ];
}

const setting = (line) => (line.length <= 100 ? h("li", {}, line) : h("li", {}, h("details", {}, h("summary", {}, clipped(line, 60)), h("p", { class: "text quiet" }, line))));

// The nodes that wrote what this one read, or that read what it wrote, with the share of runs in which they did.
function neighbours(name, path, mine, theirs) {
  const all = (D.flow.edges ?? []).filter((edge) => edge[mine] === path).sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
  return all.length ? entry(name, all.flatMap((edge, index) => [index ? ", " : "", nodeLink(edge[theirs]), known(edge.share) ? ` ${percent(edge.share)}` : ""])) : null;
}

function nodeWhatIf(node) {
  const { low, high } = node.headroom;
  const pairs = (D.pairs ?? []).filter((pair) => pair.nodes.includes(node.path)).sort((a, b) => (roomOf(b).mean ?? 0) - (roomOf(a).mean ?? 0));
  const base = metric.mean;
  const to = known(base) ? base + node.room : null;
  const single = examples.map((example) => [example, (example.what_if ?? []).find((each) => each.path === node.path)]).filter(([, each]) => each);
  const mended = single.filter(([example, each]) => each.metric > (example.metric ?? 0));
  return [
    h("h3", {}, "What if it were perfect"),
    known(to) ? whatIfBar(base, to) : null,
    h("p", {}, `${words(metric.name)} `, h("b", {}, `${figure(base)} → ${figure(to)}`), h("span", { class: "quiet" }, known(base) && known(low) ? ` ${range(base + low, base + high)}` : "")),
    single.length ? h("p", {}, `Better in ${mended.length} of the ${single.length} worst examples that it was computed for`, mended.length ? ": " : ".", mended.slice(0, 12).flatMap(([example], index) => [index ? ", " : "", h("a", { href: toExample(example) }, String(example.id))])) : null,
    pairs.length ? h("ul", { class: "items" }, pairs.slice(0, 5).map((pair) => h("li", {}, "with ", nodeLink(pair.nodes.find((path) => path !== node.path) ?? node.path), ` perfect too: ${signed(roomOf(pair).mean)}`))) : null,
  ];
}

const whatIfBar = (from, to) => h("div", { class: "whatif", "aria-hidden": "true", vars: { a: limited(Math.min(from, to)), b: limited(Math.max(from, to)) } }, h("i"), h("b"), h("b", { class: "to" }));

function visitTable(found) {
  const rows = found.map(([example, step]) =>
    h("tr", {},
      h("th", { scope: "row" }, h("a", { href: toStep(example, step), "data-stop": true }, `${example.id} · ${visitName(step)}`)),
      h("td", {}, h("span", { class: "measure" }, scoresOf(step).map((score) => [cell(words(score.name), score.value), " "]))),
      h("td", {}, step.error ? h("span", { class: "tag bad" }, "error") : isBroken(example, step) ? h("span", { class: "tag bad" }, "first failure") : h("span", { class: "quiet" }, clipped(outcome(example, step), 40)))));
  const table = h("table", {}, h("thead", {}, h("tr", {}, ["Visit", "Scores", "Outcome"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows));
  roving(table, "[data-stop]", upAndDown);
  return table;
}

function outcome(example, step) {
  if (step.error) return `${step.error.code}: ${step.error.message}`;
  if (step.decision !== null && step.decision !== undefined) return step.decision === true ? "yes" : step.decision === false ? "no" : String(step.decision);
  return Object.entries(step.writes ?? {}).map(([channel, value]) => `${channel}: ${brief(value, example.gold)}`).join(" · ");
}

// One example

function exampleDetails(example) {
  return [
    h("h2", { tabindex: "-1", id: "details-heading" }, example.question),
    h("dl", { class: "pairs-list" },
      entry("Expected", golds(example)),
      entry("Answered", answered(example)),
      entry(words(metric.name), figure(example.metric)),
      example.citations?.length ? entry("Cited", example.citations.map((id) => [h("span", { class: "mono" }, id), example.gold.has(id) ? " gold " : " "])) : null,
      example.status && example.status !== "ok" ? entry("Run", example.status) : null,
      entry("Id", h("span", { class: "mono" }, String(example.id)))),
    blamePanel(example),
    exampleWhatIf(example),
    example.trace.length ? traceList(example) : nothing("The trace of this example was not kept."),
  ];
}

function blamePanel(example, here = null) {
  const { blame } = example;
  if (!blame || (here && !isBroken(example, here))) return null;
  const where = here || !example.broken ? blame.path : h("a", { href: toStep(example, example.broken) }, `${blame.path}, visit ${blame.visit}`);
  return h("div", { class: "panel bad" },
    h("p", {}, h("b", {}, "First failure"), here ? "" : [" at ", where], " ", blame.class ? h("span", { class: "tag bad" }, words(blame.class)) : null, " ",
      h("span", { class: `tag ${blame.confirmed ? "" : "guess"}` }, blame.confirmed ? "confirmed by replay" : "a guess: replay did not confirm it")),
    blame.why ? h("p", {}, blame.why) : null,
    example.broken && wayOn(example, example.broken).length > 1 ? h("p", {}, h("span", { class: "quiet" }, "on to the answer: "), wayOn(example, example.broken).flatMap((step, index) => [index ? " → " : "", ...linked(example, [step])])) : null,
    known(blame.mended) ? h("p", { class: "quiet" }, `With this step mended and the rest run again: ${words(metric.name)} ${figure(blame.mended)}`) : null);
}

function exampleWhatIf(example) {
  const all = [...(example.what_if ?? [])].filter((each) => known(each.metric)).sort((a, b) => b.metric - a.metric);
  if (!all.length) return null;
  const shown = h("div", { class: "panel room", hidden: true });
  const buttons = all.map((each) => {
    const mends = each.metric > (example.metric ?? 0) + 1e-9;
    const button = h("button", { type: "button", class: mends ? "mends" : "", "aria-pressed": "false" }, `${each.path} `, h("b", {}, figure(each.metric)), mends ? " better" : "");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(open && other === button)));
      shown.hidden = !open;
      shown.replaceChildren(...whatIfWords(example, each));
      markGraph({ example, perfect: open ? each.path : null });
      say(open ? shown.textContent : "what if closed");
    });
    return button;
  });
  return [h("h3", {}, "What if one node had been perfect"), h("p", { class: "quiet" }, `${words(metric.name)} then, by replay; it was ${figure(example.metric)}`), h("div", { class: "choices", role: "group", "aria-label": "Nodes made perfect" }, buttons), shown];
}

function whatIfWords(example, each) {
  const gained = each.metric - (example.metric ?? 0);
  const said = Math.abs(gained) < 1e-9 ? `the example scores the same, ${figure(each.metric)}` : `the example scores ${figure(each.metric)} instead of ${figure(example.metric)}`;
  const answer = each.answer === undefined || each.answer === null ? null : h("p", {}, h("span", { class: "quiet" }, "answered then "), typeof each.answer === "string" ? each.answer : brief(each.answer, example.gold));
  return [h("p", {}, "With ", h("b", {}, each.path), ` made perfect and the rest run again, ${said}.`), known(example.metric) ? whatIfBar(example.metric, each.metric) : null, answer].filter(Boolean);
}

function traceList(example) {
  const needed = behind(example);
  const list = h("ol", { class: "steps", "aria-label": "Trace" });
  const draw = (only) => {
    const steps = example.trace.filter((step) => !only || needed.has(step));
    list.replaceChildren(...steps.map((step) => stepRow(example, step)));
  };
  const button = h("button", { type: "button", "aria-pressed": "false" }, `Only the ${needed.size} that the answer was built from`);
  draw(false);
  const reset = roving(list, "a.row", upAndDown);
  button.addEventListener("click", () => {
    const only = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(only));
    draw(only);
    reset();
    say(plural(list.children.length, "step"));
  });
  const tools = needed.size < example.trace.length ? h("div", { class: "tools" }, button) : null;
  return [h("h3", {}, `Trace (${plural(example.trace.length, "step")})`), tools, list];
}

function stepRow(example, step) {
  const marks = [step.error ? h("span", { class: "tag bad" }, "error") : null, isBroken(example, step) ? h("span", { class: "tag bad" }, "first failure") : null];
  const scores = h("span", { class: "scores" }, marks, scoresOf(step).map((score) => cell(words(score.name), score.value)));
  const times = example.trace.filter((other) => other.path === step.path).length > 1 ? h("span", { class: "quiet" }, ` ${visitName(step)}`) : null;
  return h("li", {}, h("a", { href: toStep(example, step), class: `row ${isBroken(example, step) ? "broken" : ""}` },
    h("span", { class: "at" }, String(step.number)), h("span", {}, h("b", {}, step.path), times, step.kind === "node" || step.kind === step.path ? null : h("span", { class: "quiet" }, ` ${step.kind}`)), scores,
    h("span", { class: "what" }, clipped(outcome(example, step), 140))));
}

// One visit

function visitDetails(example, step) {
  const scores = scoresOf(step);
  const usage = Object.entries(step.usage ?? {}).filter(([, value]) => value).map(([line, value]) => `${words(line)} ${line === "usd" ? money(value) : count(value)}`);
  const told = [known(step.seconds) ? time(step.seconds) : null, step.memo === "hit" ? "from the memo" : null, step.attempts > 1 ? `${step.attempts} attempts` : null, ...usage].filter(Boolean);
  const what = (example.what_if ?? []).find((each) => each.path === step.path && known(each.metric));
  const [before, after] = [example.trace[step.number - 2], example.trace[step.number]];
  return [
    h("h2", { tabindex: "-1", id: "details-heading" }, step.path, h("span", { class: "quiet" }, step.kind === "node" ? ` ${visitName(step)}` : ` ${step.kind}`)),
    h("p", { class: "quiet" }, [`step ${step.number} of ${example.trace.length}`, step.round ? `round ${step.round}` : null, ...told].filter(Boolean).join(" · ")),
    step.error ? h("div", { class: "panel bad" }, h("p", {}, h("b", {}, step.error.code), ` ${step.error.type ?? ""}`), h("p", { class: "text" }, step.error.message)) : null,
    blamePanel(example, step),
    what ? h("div", { class: "panel room" }, whatIfWords(example, what)) : null,
    scores.length ? [h("h3", {}, "Scored"), h("table", {}, h("tbody", {}, scores.map((score) => h("tr", {}, h("th", { scope: "row" }, words(score.name)), h("td", {}, measure(figure(score.value), score.value)), h("td", { class: "quiet" }, score.feedback || "")))))] : null,
    step.decision !== null && step.decision !== undefined ? [h("h3", {}, "Decided"), h("p", {}, outcome(example, { ...step, error: null }))] : null,
    channels("Read", example, step.read ?? {}, (channel) => sources(example, step.parents?.[channel] ?? [])),
    channels("Wrote", example, step.writes ?? {}, (channel) => readers(example, step, channel)),
    h("nav", { class: "nav", "aria-label": "Steps of this trace" },
      before ? h("a", { href: toStep(example, before), rel: "prev" }, `← ${before.number} ${before.path}`) : h("span"),
      after ? h("a", { href: toStep(example, after), rel: "next" }, `${after.number} ${after.path} →`) : h("span")),
  ];
}

function channels(heading, example, values, told) {
  const all = Object.entries(values);
  if (!all.length) return null;
  return [h("h3", {}, heading), all.map(([channel, value]) =>
    h("details", { class: "channel", open: heading === "Wrote" || all.length === 1 }, h("summary", {}, h("b", {}, channel), h("span", { class: "quiet" }, ` ${clipped(brief(value, example.gold), 80)}`)), h("div", {}, told(channel), whole(value, example.gold))))];
}

const linked = (example, steps) => steps.flatMap((step, index) => [index ? ", " : "", h("a", { href: toStep(example, step) }, `${step.path}${step.visit > 1 ? ` ${visitName(step)}` : ""}`)]);

function sources(example, ids) {
  const steps = ids.map((id) => example.steps.get(id)).filter(Boolean);
  return steps.length ? h("p", { class: "from" }, "from ", linked(example, steps)) : null;
}

function readers(example, step, channel) {
  const steps = step.uses.filter((other) => (other.parents?.[channel] ?? []).includes(step.id));
  return h("p", { class: "from" }, steps.length ? ["read by ", linked(example, steps)] : "read by no later step");
}
