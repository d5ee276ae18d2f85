// What holds over all questions: the summary, the table of nodes, the waterfall, classes, factors, pairs, and the worst examples.

function drawHead() {
  $("name").textContent = D.flow.name || "a flow";
  const facts = [
    [words(metric.name), figure(metric.mean), range(metric.low, metric.high)],
    ["questions", count(D.n)],
    [known(metric.good) ? `failed (below ${+metric.good.toFixed(2)})` : "failed", count(D.failed), known(D.failed) && D.n ? percent(D.failed / D.n) : ""],
    D.errors ? ["errors", count(D.errors)] : null,
  ];
  $("facts").replaceChildren(...facts.filter(Boolean).map(([name, value, more]) => h("li", {}, h("span", { class: "quiet" }, `${name} `), h("b", {}, value), more ? h("span", { class: "quiet" }, ` ${more}`) : null)));
}

function drawSummary() {
  const told = [];
  const most = inOrder.filter((node) => known(node.room)).sort((a, b) => b.room - a.room)[0];
  if (most?.room > 0) {
    const to = known(metric.mean) ? `, from ${figure(metric.mean)} to ${figure(Math.min(1, metric.mean + most.room))}` : "";
    const sure = most.headroom.low > 0 ? "" : "; the interval includes nothing at all";
    const wide = range(most.headroom.low, most.headroom.high, signed);
    told.push(["Most would be gained at ", nodeLink(most.path), `: perfect there, ${words(metric.name)} would rise by ${figure(most.room)}${wide && ` ${wide}`}${to}${sure}.`]);
  }
  const blamed = inOrder.filter((node) => node.blame > 0).sort((a, b) => b.blame - a.blame)[0];
  if (blamed) told.push([`${percent(blamed.blame)} of the failed examples broke first at `, nodeLink(blamed.path), "."]);
  const falls = stages().filter((stage) => stage.lost > 0.005).sort((a, b) => b.lost - a.lost)[0];
  if (falls) told.push([`Between question and answer most is lost at “${words(falls.stage)}”: ${percent(falls.lost)}.`]);
  if (!told.length) told.push(["Nothing was lost: no example failed."]);
  $("summary").replaceChildren(...told.map((line) => h("p", {}, line)));
}

const nodeLink = (path) => (nodes.has(path) ? h("a", { href: toNode(path) }, path) : h("span", {}, path));

// The table of nodes

const COLUMNS = [
  { key: "path", name: "Node", of: (node) => inOrder.indexOf(node), rising: true },
  { key: "visits", name: "Visits", of: (node) => node.visits, number: true, show: (node) => count(node.visits) },
  { key: "reward", name: "Mean reward", short: "Reward", of: (node) => node.mean, show: (node) => measure(figure(node.mean), node.mean) },
  { key: "blame", name: "First failures", short: "Failures", of: (node) => node.blame ?? 0, show: (node) => measure(percent(node.blame ?? 0), node.blame ?? 0, "blame") },
  { key: "room", name: "Headroom", of: (node) => node.room, show: headroom, look: "headroom" },
  ...[
    ["searches", count], ["calls", count], ["tokens", count], ["usd", money], ["seconds", time],
  ].map(([line, form]) => ({ key: line, name: line === "usd" ? "USD" : line[0].toUpperCase() + line.slice(1), of: (node) => node.cost?.[line], number: true, cost: true, show: (node) => form(node.cost?.[line] ?? 0) })),
];
const sorting = { key: "room", down: true };
const rooms = inOrder.flatMap((node) => [node.headroom?.low, node.headroom?.high, node.headroom?.mean]).filter(known);
const [floor, ceiling] = [Math.min(0, ...rooms), Math.max(0.05, ...rooms)];
const across = (value) => limited((value - floor) / (ceiling - floor));

function headroom(node) {
  if (!known(node.room)) return h("span", { class: "quiet" }, "–");
  const { low, high } = node.headroom;
  const [l, m, z, r] = [across(low ?? node.room), across(node.room), across(0), across(high ?? node.room)];
  return h("span", { class: "headroom" }, h("b", {}, signed(node.room)), h("span", { class: "span", "aria-hidden": "true", vars: { l, h: r, m, z } }, h("i"), h("b")), h("span", { class: "interval" }, range(low, high, signed)));
}

function drawNodes() {
  const shown = COLUMNS.filter((column) => !column.cost || inOrder.some((node) => column.of(node)));
  const head = shown.map((column) => {
    const button = h("button", { type: "button", on: { click: () => sortBy(column) } }, column.name);
    const sorted = column.key === sorting.key ? (sorting.down ? "descending" : "ascending") : null;
    return h("th", { scope: "col", role: "columnheader", class: `${column.number ? "number" : ""} ${column.cost ? "cost-cell" : ""}`, "aria-sort": sorted, "data-key": column.key }, button);
  });
  const { of } = COLUMNS.find((column) => column.key === sorting.key);
  const sorted = [...inOrder].sort((a, b) => (sorting.down ? -1 : 1) * ((of(a) ?? -Infinity) - (of(b) ?? -Infinity)) || inOrder.indexOf(a) - inOrder.indexOf(b));
  const rows = sorted.map((node) => {
    const name = h("th", { scope: "row", role: "rowheader", class: "name-cell" }, h("a", { href: toNode(node.path), "data-stop": true }, node.path));
    const cells = shown.slice(1).map((column) =>
      h("td", { role: "cell", class: `${column.number ? "number" : ""} ${column.cost ? "cost-cell" : ""}`, "data-label": column.short ?? column.name, "data-key": column.key, "data-zero": column.cost && !column.of(node) }, column.show(node)));
    return h("tr", { role: "row", "data-path": node.path }, name, cells);
  });
  const table = h("table", { class: "nodes", role: "table", "aria-labelledby": "nodes-heading" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)), h("tbody", { role: "rowgroup" }, rows));
  $("nodes").replaceChildren(table);
  roving(table, "[data-stop]", upAndDown);
}

function sortBy(column) {
  const same = sorting.key === column.key;
  sorting.down = same ? !sorting.down : !column.rising;
  sorting.key = column.key;
  drawNodes();
  document.querySelector(`th[data-key="${column.key}"] button`).focus();
  say(`Sorted by ${column.name}, ${sorting.down ? "most first" : "least first"}`);
  markRow(view.node ?? view.step?.path ?? null);
}

const markRow = (path) => document.querySelectorAll("table.nodes tr[data-path]").forEach((row) => row.toggleAttribute("data-current", row.getAttribute("data-path") === path));

// The waterfall and other bars

function stages() {
  let before = null;
  return (D.waterfall ?? []).map((stage) => {
    const lost = known(before) && known(stage.share) ? Math.max(0, before - stage.share) : 0;
    before = known(stage.share) ? stage.share : before;
    return { ...stage, lost };
  });
}

function drawWaterfall() {
  const lines = stages().map(({ stage, share, low, high, lost }) => {
    const inside = [h("i", {}), lost ? h("i", { class: "lost" }) : null, known(low) && known(high) ? h("i", { class: "err" }) : null];
    const drawn = h("span", { class: "step", "aria-hidden": "true", vars: { v: limited(share), d: lost, l: limited(low), h: limited(high) } }, inside);
    const told = [h("b", {}, percent(share)), lost >= 0.005 ? [" ", h("span", { class: "quiet" }, `−${Math.round(100 * lost)}`)] : null];
    return h("li", {}, h("span", {}, words(stage)), drawn, h("span", { class: "number", title: range(low, high, percent) }, told));
  });
  const told = "Share of the gold that is still there at each stage; hatched: lost since the stage before; the line is the 95 % interval.";
  $("waterfall").replaceChildren(...(lines.length ? [h("ol", { class: "fall" }, lines), h("p", { class: "note" }, told)] : [nothing("The questions have no gold to follow.")]));
}

const nothing = (why) => h("p", { class: "note" }, why);

function drawClasses() {
  const all = Object.entries(D.classes ?? {}).filter(([, number]) => number > 0).sort((a, b) => b[1] - a[1]);
  const sum = all.reduce((total, [, number]) => total + number, 0);
  const lines = all.map(([name, number]) => {
    const guessed = D.guesses?.[name] ?? 0;
    const drawn = h("span", { class: "step", "aria-hidden": "true", vars: { v: (number - guessed) / sum, d: guessed / sum } }, h("i"), guessed ? h("i", { class: "lost" }) : null);
    const told = [h("b", {}, count(number)), " ", h("span", { class: "quiet" }, [percent(number / sum), guessed ? `, ${plural(guessed, "guess", "guesses")}` : ""])];
    return h("li", {}, h("span", {}, words(name)), drawn, h("span", { class: "number" }, told));
  });
  const told = "Hatched: guesses, since no replay has confirmed them.";
  $("classes").replaceChildren(...(lines.length ? [h("ul", { class: "fall classes" }, lines), h("p", { class: "note" }, told)] : [nothing("No example failed.")]));
}

function drawFactors() {
  const lines = Object.entries(D.factors ?? {}).map(([name, factor]) => {
    const { mean, low, high } = known(factor) ? { mean: factor } : (factor ?? {});
    const drawn = h("span", { class: "step", "aria-hidden": "true", vars: { v: limited(mean), l: limited(low), h: limited(high) } }, h("i"), known(low) && known(high) ? h("i", { class: "err" }) : null);
    return h("li", {}, h("span", {}, words(name)), drawn, h("span", { class: "number" }, h("b", {}, figure(mean)), " ", h("span", { class: "quiet" }, range(low, high))));
  });
  $("factors").replaceChildren(lines.length ? h("ul", { class: "fall factors" }, lines) : nothing("None was computed."));
}

const roomOf = (pair) => (known(pair.headroom) ? { mean: pair.headroom } : (pair.headroom ?? {}));

function drawPairs() {
  const all = [...(D.pairs ?? [])].sort((a, b) => (roomOf(b).mean ?? 0) - (roomOf(a).mean ?? 0));
  const rows = all.slice(0, 12).map((pair) => {
    const { mean, low, high } = roomOf(pair);
    const apart = pair.nodes.map((path) => signed(nodes.get(path)?.room)).join(" and ");
    return h("tr", {}, h("th", { scope: "row", class: "name-cell" }, pair.nodes.flatMap((path, index) => [index ? " + " : "", nodeLink(path)])), h("td", { class: "measure" }, `${signed(mean)} `, h("span", { class: "quiet" }, range(low, high, signed))), h("td", { class: "quiet" }, apart));
  });
  const head = h("thead", {}, h("tr", {}, ["Perfect together", "Headroom", "Each alone"].map((name) => h("th", { scope: "col" }, name))));
  $("pairs").replaceChildren(rows.length ? h("table", { "aria-labelledby": "pairs-heading" }, head, h("tbody", {}, rows)) : nothing("No pair was computed."));
}

// The worst examples

function drawExamples() {
  if (!examples.length) return $("examples").replaceChildren(nothing("No example failed."));
  const kinds = [...new Set(examples.map((example) => example.blame?.class).filter(Boolean))];
  const pick = h("select", { id: "class-filter" }, h("option", { value: "" }, `all (${examples.length})`), kinds.map((kind) => h("option", { value: kind }, `${words(kind)} (${examples.filter((example) => example.blame?.class === kind).length})`)));
  const rows = examples.map((example) => {
    const { blame } = example;
    return h("tr", { "data-class": blame?.class ?? "" },
      h("td", { class: "number" }, figure(example.metric)),
      h("td", { class: "question" }, h("a", { href: toExample(example), "data-stop": true }, example.question), h("div", { class: "answers" }, "expected ", h("b", {}, golds(example)), " · answered ", h("b", {}, answered(example)))),
      h("td", { class: "blamed" }, blame ? [h("div", {}, nodeLink(blame.path)), h("div", { class: "quiet" }, `${words(blame.class ?? "unknown")}, ${blame.confirmed ? "confirmed" : "a guess"}`)] : h("span", { class: "quiet" }, "not found")),
      h("td", { class: "quiet mono id", title: example.id }, clipped(example.id, 20)));
  });
  const head = h("tr", {}, h("th", { scope: "col", class: "number", "aria-label": words(metric.name) }, "Score"), ["Question", "Broke first at"].map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col", class: "id" }, "Id"));
  const table = h("table", { class: "worst", "aria-labelledby": "examples-heading" }, h("thead", {}, head), h("tbody", {}, rows));
  const tools = kinds.length > 1 ? h("div", { class: "tools" }, h("label", { for: "class-filter" }, "Class of failure", pick)) : null;
  $("examples").replaceChildren(...[tools, table].filter(Boolean));
  const reset = roving(table, "[data-stop]", upAndDown);
  pick.addEventListener("change", () => {
    for (const row of rows) row.hidden = Boolean(pick.value) && row.getAttribute("data-class") !== pick.value;
    reset();
    say(plural(rows.filter((row) => !row.hidden).length, "example"));
  });
}

const golds = (example) => (example.golds ?? []).join(" / ") || "unknown";
function answered(example) {
  const { answer } = example;
  if (answer === null || answer === undefined || answer === "") return example.refused ? "refused" : "nothing";
  return typeof answer === "string" ? answer : answer.refused ? `refused: ${answer.text}` : brief(answer, example.gold);
}
