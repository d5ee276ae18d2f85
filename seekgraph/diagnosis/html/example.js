// What stands beside the overview while an example is open: why it failed, what would have fixed it, and its trace.

function exampleDetails(example) {
  return [
    h("h2", { tabindex: "-1", id: "details-heading" }, example.question),
    h(
      "dl",
      { class: "pairs-list" },
      entry("Expected", golds(example)),
      entry("Answered", answered(example)),
      entry(words(metric.name), figure(example.metric)),
      example.citations?.length
        ? entry(
            "Cited",
            example.citations.map((id) => [h("span", { class: "mono" }, id), example.gold.has(id) ? " gold " : " "]),
          )
        : null,
      example.status && example.status !== "ok" ? entry("Run", example.status) : null,
      entry("Id", h("span", { class: "mono" }, String(example.id))),
    ),
    blamePanel(example),
    exampleWhatIf(example),
    example.trace.length ? traceList(example) : nothing("The trace of this example was not kept."),
  ];
}

function blamePanel(example, here = null) {
  const { blame } = example;
  if (!blame || (here && !isBroken(example, here))) return null;
  const where =
    here || !example.broken
      ? blame.path
      : h("a", { href: toStep(example, example.broken) }, `${blame.path}, visit ${blame.visit}`);
  return h(
    "div",
    { class: "panel bad" },
    h(
      "p",
      {},
      h("b", {}, "First failure"),
      here ? "" : [" at ", where],
      " ",
      blame.class ? h("span", { class: "tag bad" }, words(blame.class)) : null,
      " ",
      h(
        "span",
        { class: `tag ${blame.confirmed ? "" : "guess"}` },
        blame.confirmed ? "confirmed by replay" : "a guess: replay did not confirm it",
      ),
    ),
    blame.why ? h("p", {}, blame.why) : null,
    example.broken && wayOn(example, example.broken).length > 1
      ? h(
          "p",
          {},
          h("span", { class: "quiet" }, "on to the answer: "),
          wayOn(example, example.broken).flatMap((step, index) => [index ? " → " : "", ...linked(example, [step])]),
        )
      : null,
    known(blame.fixed)
      ? h("p", { class: "quiet" }, `With this step fixed and the rest run again: ${words(metric.name)} ${figure(blame.fixed)}`)
      : null,
  );
}

function exampleWhatIf(example) {
  const all = [...(example.what_if ?? [])].filter((each) => known(each.metric)).sort((a, b) => b.metric - a.metric);
  if (!all.length) return null;
  const shown = h("div", { class: "panel room", hidden: true });
  const buttons = all.map((each) => {
    const fixes = each.metric > (example.metric ?? 0) + 1e-9;
    const button = h(
      "button",
      { type: "button", class: fixes ? "fixes" : "", "aria-pressed": "false" },
      `${each.path} `,
      h("b", {}, figure(each.metric)),
      fixes ? " better" : "",
    );
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
  return [
    h("h3", {}, "What if one node had been perfect"),
    h("p", { class: "quiet" }, `${words(metric.name)} then, by replay; it was ${figure(example.metric)}`),
    h("div", { class: "choices", role: "group", "aria-label": "Nodes made perfect" }, buttons),
    shown,
  ];
}

function traceList(example) {
  const needed = behind(example);
  const list = h("ol", { class: "steps", "aria-label": "Trace" });
  const draw = (only) => {
    const steps = example.trace.filter((step) => !only || needed.has(step));
    list.replaceChildren(...steps.map((step) => stepRow(example, step)));
  };
  const button = h(
    "button",
    { type: "button", "aria-pressed": "false" },
    `Only the ${needed.size} that the answer was built from`,
  );
  draw(false);
  const reset = roving(list, "a.row", upAndDown);
  for (const event of ["focusin", "mouseover"])
    list.addEventListener(event, (at) => tellTies(example, list, at.target.closest("li")));
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

// Says at the rows of a trace which of them wrote what the step in hand read, and which read what it wrote.
function tellTies(example, list, at) {
  const step = example.trace[at?.getAttribute("data-step") - 1];
  for (const row of list.children) {
    const other = example.trace[row.getAttribute("data-step") - 1];
    const tie =
      !step || other === step
        ? ""
        : step.sources.has(other.id)
          ? `read by ${step.number}`
          : step.uses.includes(other)
            ? `reads ${step.number}`
            : "";
    row.querySelector(".tie").textContent = tie;
  }
}

function stepRow(example, step) {
  const marks = [
    step.error ? h("span", { class: "tag bad" }, "error") : null,
    isBroken(example, step) ? h("span", { class: "tag bad" }, "first failure") : null,
  ];
  const scores = h(
    "span",
    { class: "scores" },
    marks,
    scoresOf(step).map((score) => cell(words(score.name), score.value)),
  );
  const times =
    example.trace.filter((other) => other.path === step.path).length > 1
      ? h("span", { class: "quiet" }, ` ${visitName(step)}`)
      : null;
  return h(
    "li",
    { "data-step": String(step.number) },
    h(
      "a",
      { href: toStep(example, step), class: `row ${isBroken(example, step) ? "broken" : ""}` },
      h("span", { class: "at" }, String(step.number)),
      h(
        "span",
        {},
        h("b", {}, step.path),
        times,
        step.kind === "node" || step.kind === step.path ? null : h("span", { class: "quiet" }, ` ${step.kind}`),
        h("span", { class: "tie", "aria-hidden": "true" }),
      ),
      scores,
      h("span", { class: "what" }, clipped(outcome(example, step), 140)),
    ),
  );
}
