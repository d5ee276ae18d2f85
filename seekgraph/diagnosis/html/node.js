// What stands beside the overview while a node is open: its figures, what it would gain, and its visits.

function nodeDetails(node) {
  const { card } = node;
  const found = examples.flatMap((example) =>
    example.trace.filter((step) => step.path === node.path && step.kind !== "input").map((step) => [example, step]),
  );
  const rewards = Object.entries(node.reward ?? {});
  const cost = Object.entries(node.cost ?? {}).filter(([, value]) => value);
  const costs = cost.map(([line, value]) =>
    line === "seconds" ? time(value) : line === "usd" ? `${money(value)} USD` : `${count(value)} ${line}`,
  );
  return [
    h("h2", { tabindex: "-1", id: "details-heading" }, node.path),
    h(
      "dl",
      { class: "pairs-list" },
      entry("Visits", count(node.visits)),
      entry("Mean reward", known(node.mean) ? measure(figure(node.mean), node.mean) : "no reward applies here"),
      entry("First failures", `${percent(node.blame ?? 0)} of the failed examples broke here first`),
      entry("Headroom", headroom(node)),
      costs.length ? entry("Cost", costs.join(" · ")) : null,
      card?.reads.length ? entry("Reads", card.reads.join(", ")) : null,
      neighbours("Builds on", node.path, "to", "from"),
      neighbours("Feeds", node.path, "from", "to"),
    ),
    known(node.room) ? nodeWhatIf(node) : null,
    rewards.length
      ? [
          h("h3", {}, "Rewards"),
          h(
            "table",
            {},
            h(
              "tbody",
              {},
              rewards.map(([name, { mean, low, high }]) =>
                h(
                  "tr",
                  {},
                  h("th", { scope: "row" }, words(name)),
                  h("td", {}, measure(figure(mean), mean)),
                  h("td", { class: "quiet" }, range(low, high)),
                ),
              ),
            ),
          ),
        ]
      : null,
    h("h3", {}, `Visits in the worst examples (${found.length})`),
    found.length ? visitTable(found) : nothing("None of the examples whose traces are kept came here."),
    card?.lines.length
      ? [
          h("h3", {}, "Settings"),
          h(
            "ul",
            { class: "settings" },
            card.lines.map((line) => setting(line)),
          ),
        ]
      : null,
  ];
}

const setting = (line) =>
  line.length <= 100
    ? h("li", {}, line)
    : h("li", {}, h("details", {}, h("summary", {}, clipped(line, 60)), h("p", { class: "text quiet" }, line)));

// The nodes that wrote what this one read, or that read what it wrote, with the share of runs in which they did.
function neighbours(name, path, mine, theirs) {
  const all = (D.flow.edges ?? []).filter((edge) => edge[mine] === path).sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
  return all.length
    ? entry(
        name,
        all.flatMap((edge, index) => [
          index ? ", " : "",
          nodeLink(edge[theirs]),
          known(edge.share) ? ` ${percent(edge.share)}` : "",
        ]),
      )
    : null;
}

function nodeWhatIf(node) {
  const { low, high } = node.headroom;
  const pairs = (D.pairs ?? [])
    .filter((pair) => pair.nodes.includes(node.path))
    .sort((a, b) => (roomOf(b).mean ?? 0) - (roomOf(a).mean ?? 0));
  const base = metric.mean;
  const to = known(base) ? base + node.room : null;
  const single = examples
    .map((example) => [example, (example.what_if ?? []).find((each) => each.path === node.path)])
    .filter(([, each]) => each);
  const fixed = single.filter(([example, each]) => each.metric > (example.metric ?? 0));
  return [
    h("h3", {}, "What if it were perfect"),
    known(to) ? whatIfBar(base, to) : null,
    h(
      "p",
      {},
      `${words(metric.name)} `,
      h("b", {}, `${figure(base)} → ${figure(to)}`),
      h("span", { class: "quiet" }, known(base) && known(low) ? ` ${range(base + low, base + high)}` : ""),
    ),
    single.length
      ? h(
          "p",
          {},
          `Better in ${fixed.length} of the ${single.length} worst examples that it was computed for`,
          fixed.length ? ": " : ".",
          fixed
            .slice(0, 12)
            .flatMap(([example], index) => [index ? ", " : "", h("a", { href: toExample(example) }, String(example.id))]),
        )
      : null,
    pairs.length
      ? h(
          "ul",
          { class: "items" },
          pairs
            .slice(0, 5)
            .map((pair) =>
              h(
                "li",
                {},
                "with ",
                nodeLink(pair.nodes.find((path) => path !== node.path) ?? node.path),
                ` perfect too: ${signed(roomOf(pair).mean)}`,
              ),
            ),
        )
      : null,
  ];
}

function visitTable(found) {
  const rows = found.map(([example, step]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: toStep(example, step), "data-stop": true }, `${example.id} · ${visitName(step)}`)),
      h(
        "td",
        {},
        h(
          "span",
          { class: "measure" },
          scoresOf(step).map((score) => [cell(words(score.name), score.value), " "]),
        ),
      ),
      h(
        "td",
        {},
        step.error
          ? h("span", { class: "tag bad" }, "error")
          : isBroken(example, step)
            ? h("span", { class: "tag bad" }, "first failure")
            : h("span", { class: "quiet" }, clipped(outcome(example, step), 40)),
      ),
    ),
  );
  const table = h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["Visit", "Scores", "Outcome"].map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h("tbody", {}, rows),
  );
  roving(table, "[data-stop]", upAndDown);
  return table;
}
