// What holds over all questions: the summary, the waterfall, classes, factors and pairs.

function drawHead() {
  $("name").textContent = D.flow.name || "a flow";
  const facts = [
    [words(metric.name), figure(metric.mean), range(metric.low, metric.high)],
    ["questions", count(D.n)],
    [
      known(metric.good) ? `failed (below ${+metric.good.toFixed(2)})` : "failed",
      count(D.failed),
      known(D.failed) && D.n ? percent(D.failed / D.n) : "",
    ],
    D.errors ? ["errors", count(D.errors)] : null,
  ];
  $("facts").replaceChildren(
    ...facts
      .filter(Boolean)
      .map(([name, value, more]) =>
        h(
          "li",
          {},
          h("span", { class: "quiet" }, `${name} `),
          h("b", {}, value),
          more ? h("span", { class: "quiet" }, ` ${more}`) : null,
        ),
      ),
  );
}

function drawSummary() {
  const told = [];
  const gains = inOrder.filter((node) => node.room > 0).sort((a, b) => b.room - a.room);
  if (gains.length) told.push(gainWords("Most would be gained at ", gains[0]));
  // An answer that is perfect whatever it is made from gains all there is: what comes before it says more.
  if (gains.length > 1 && gains[0].kind === "answer") told.push(gainWords("Before it, most would be gained at ", gains[1]));
  const blamed = inOrder.filter((node) => node.blame > 0).sort((a, b) => b.blame - a.blame)[0];
  if (blamed) told.push([`${percent(blamed.blame)} of the failed examples broke first at `, nodeLink(blamed.path), "."]);
  const falls = stages()
    .filter((stage) => stage.lost > 0.005)
    .sort((a, b) => b.lost - a.lost)[0];
  if (falls) told.push([`Between question and answer most is lost at “${words(falls.stage)}”: ${percent(falls.lost)}.`]);
  if (!told.length) told.push(["Nothing was lost: no example failed."]);
  $("summary").replaceChildren(...told.map((line) => h("p", {}, line)));
}

function gainWords(begin, { path, room, headroom: { low, high } }) {
  const wide = range(low, high, signed);
  const to = known(metric.mean) ? `, from ${figure(metric.mean)} to ${figure(metric.mean + room)}` : "";
  const sure = low > 0 ? "" : "; the interval includes nothing at all";
  return [
    begin,
    nodeLink(path),
    `: perfect there, ${words(metric.name)} would rise by ${figure(room)}${wide && ` ${wide}`}${to}${sure}.`,
  ];
}

function stages() {
  let before = null;
  return (D.waterfall ?? []).map((stage) => {
    const apart = known(before) && known(stage.share) ? before - stage.share : 0;
    const lost = Math.max(0, stage.lost ?? apart); // over the examples that both stages apply to
    before = known(stage.share) ? stage.share : before;
    return { ...stage, lost };
  });
}

function drawWaterfall() {
  const lines = stages().map(({ stage, share, low, high, lost }) => {
    const inside = [
      h("i", {}),
      lost ? h("i", { class: "lost" }) : null,
      known(low) && known(high) ? h("i", { class: "err" }) : null,
    ];
    const drawn = h(
      "span",
      { class: "step", "aria-hidden": "true", vars: { v: limited(share), d: lost, l: limited(low), h: limited(high) } },
      inside,
    );
    const told = [
      h("b", {}, percent(share)),
      lost >= 0.005 ? [" ", h("span", { class: "quiet" }, `−${Math.round(100 * lost)}`)] : null,
    ];
    return h(
      "li",
      {},
      h("span", {}, words(stage)),
      drawn,
      h("span", { class: "number", title: range(low, high, percent) }, told),
    );
  });
  const told =
    "Share of the gold that is still there at each stage; hatched: lost since the stage before; the line is the 95 % interval.";
  $("waterfall").replaceChildren(
    ...(lines.length
      ? [h("ol", { class: "fall" }, lines), h("p", { class: "note" }, told)]
      : [nothing("The questions have no gold to follow.")]),
  );
}

function drawClasses() {
  const all = Object.entries(D.classes ?? {})
    .filter(([, number]) => number > 0)
    .sort((a, b) => b[1] - a[1]);
  const sum = all.reduce((total, [, number]) => total + number, 0);
  const lines = all.map(([name, number]) => {
    const guessed = D.guesses?.[name] ?? 0;
    const drawn = h(
      "span",
      { class: "step", "aria-hidden": "true", vars: { v: (number - guessed) / sum, d: guessed / sum } },
      h("i"),
      guessed ? h("i", { class: "lost" }) : null,
    );
    const told = [
      h("b", {}, count(number)),
      " ",
      h("span", { class: "quiet" }, [percent(number / sum), guessed ? `, ${plural(guessed, "guess", "guesses")}` : ""]),
    ];
    return h("li", {}, h("span", {}, words(name)), drawn, h("span", { class: "number" }, told));
  });
  const told = Object.values(D.guesses ?? {}).some(Boolean) ? "Hatched: guesses, since no replay has confirmed them." : "";
  $("classes").replaceChildren(
    ...(lines.length
      ? [h("ul", { class: "fall classes" }, lines), h("p", { class: "note" }, told)]
      : [nothing("No example failed.")]),
  );
}

const FACTORS = {
  sufficiency: "runs that found all gold",
  use: "token F1 of those runs",
  refusal: "of the others, how many refused",
  precision: "refusals for lack of gold",
};

function drawFactors() {
  const lines = Object.entries(D.factors ?? {}).map(([name, factor]) => {
    const { mean, low, high } = known(factor) ? { mean: factor } : (factor ?? {});
    const drawn = h(
      "span",
      { class: "step", "aria-hidden": "true", vars: { v: limited(mean), l: limited(low), h: limited(high) } },
      h("i"),
      known(low) && known(high) ? h("i", { class: "err" }) : null,
    );
    return h(
      "li",
      {},
      h("span", {}, words(name), FACTORS[name] ? h("span", { class: "quiet small" }, FACTORS[name]) : null),
      drawn,
      h("span", { class: "number" }, h("b", {}, figure(mean)), " ", h("span", { class: "quiet" }, range(low, high))),
    );
  });
  $("factors").replaceChildren(lines.length ? h("ul", { class: "fall factors" }, lines) : nothing("None was computed."));
}

function drawPairs() {
  const all = [...(D.pairs ?? [])].sort((a, b) => (roomOf(b).mean ?? 0) - (roomOf(a).mean ?? 0));
  const rows = all.slice(0, 12).map((pair) => {
    const { mean, low, high } = roomOf(pair);
    const apart = pair.nodes.map((path) => signed(nodes.get(path)?.room)).join(" and ");
    return h(
      "tr",
      {},
      h(
        "th",
        { scope: "row", class: "name-cell" },
        pair.nodes.flatMap((path, index) => [index ? " + " : "", nodeLink(path)]),
      ),
      h("td", { class: "measure" }, `${signed(mean)} `, h("span", { class: "quiet" }, range(low, high, signed))),
      h("td", { class: "quiet" }, apart),
    );
  });
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      ["Perfect together", "Headroom", "Each alone"].map((name) => h("th", { scope: "col" }, name)),
    ),
  );
  $("pairs").replaceChildren(
    rows.length
      ? h("table", { "aria-labelledby": "pairs-heading" }, head, h("tbody", {}, rows))
      : nothing("No pair was computed."),
  );
}
