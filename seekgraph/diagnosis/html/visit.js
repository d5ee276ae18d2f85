// What stands beside the overview while one visit is open: what it read, wrote and scored, and why.

function visitDetails(example, step) {
  const scores = scoresOf(step);
  const usage = Object.entries(step.usage ?? {})
    .filter(([, value]) => value)
    .map(([line, value]) => `${words(line)} ${line === "usd" ? money(value) : count(value)}`);
  const told = [
    known(step.seconds) ? time(step.seconds) : null,
    step.memo === "hit" ? "from the memo" : null,
    step.attempts > 1 ? `${step.attempts} attempts` : null,
    ...usage,
  ].filter(Boolean);
  const what = (example.what_if ?? []).find((each) => each.path === step.path && known(each.metric));
  const [before, after] = [example.trace[step.number - 2], example.trace[step.number]];
  return [
    h(
      "h2",
      { tabindex: "-1", id: "details-heading" },
      step.path,
      h("span", { class: "quiet" }, step.kind === "node" ? ` ${visitName(step)}` : ` ${step.kind}`),
    ),
    h(
      "p",
      { class: "quiet" },
      [`step ${step.number} of ${example.trace.length}`, step.round ? `round ${step.round}` : null, ...told]
        .filter(Boolean)
        .join(" · "),
    ),
    step.error
      ? h(
          "div",
          { class: "panel bad" },
          h("p", {}, h("b", {}, step.error.code), ` ${step.error.type ?? ""}`),
          h("p", { class: "text" }, step.error.message),
        )
      : null,
    blamePanel(example, step),
    what ? h("div", { class: "panel room" }, whatIfWords(example, what)) : null,
    scores.length
      ? [
          h("h3", {}, "Scored"),
          h(
            "table",
            {},
            h(
              "tbody",
              {},
              scores.map((score) =>
                h(
                  "tr",
                  {},
                  h("th", { scope: "row" }, words(score.name)),
                  h("td", {}, measure(figure(score.value), score.value)),
                  h("td", { class: "quiet" }, score.feedback || ""),
                ),
              ),
            ),
          ),
        ]
      : null,
    step.decision !== null && step.decision !== undefined
      ? [h("h3", {}, "Decided"), h("p", {}, outcome(example, { ...step, error: null }))]
      : null,
    channels("Read", example, step, step.read ?? {}, (channel) => sources(example, step.parents?.[channel] ?? [])),
    channels("Wrote", example, step, step.writes ?? {}, (channel) => readers(example, step, channel)),
    h(
      "nav",
      { class: "nav", "aria-label": "Steps of this trace" },
      before ? h("a", { href: toStep(example, before), rel: "prev" }, `← ${before.number} ${before.path}`) : h("span"),
      after ? h("a", { href: toStep(example, after), rel: "next" }, `${after.number} ${after.path} →`) : h("span"),
    ),
  ];
}

function channels(heading, example, step, values, told) {
  const all = Object.entries(values);
  if (!all.length) return null;
  return [
    h("h3", {}, heading),
    all.map(([channel, value]) =>
      h(
        "details",
        { class: "channel", open: heading === "Wrote" || all.length === 1 },
        h("summary", {}, h("b", {}, channel), h("span", { class: "quiet" }, ` ${clipped(brief(value, example.gold), 80)}`)),
        h("div", {}, told(channel), whole(value, example.gold), typeof value === "string" ? goldIn(step, channel) : null),
      ),
    ),
  ];
}

// Where a value is told in words only, which gold passages it names.
function goldIn(step, channel) {
  const ids = step.gold?.[channel] ?? [];
  return ids.length ? h("p", { class: "from" }, h("span", { class: "tag gold" }, "gold"), ` ${ids.join(", ")}`) : null;
}

function sources(example, ids) {
  const steps = ids.map((id) => example.steps.get(id)).filter(Boolean);
  return steps.length ? h("p", { class: "from" }, "from ", linked(example, steps)) : null;
}

function readers(example, step, channel) {
  const steps = step.uses.filter((other) => (other.parents?.[channel] ?? []).includes(step.id));
  return h("p", { class: "from" }, steps.length ? ["read by ", linked(example, steps)] : "read by no later step");
}
