// The table of nodes, sorted by any column.

const COLUMNS = [
  { key: "path", name: "Node", of: (node) => inOrder.indexOf(node), rising: true },
  { key: "visits", name: "Visits", of: (node) => node.visits, number: true, show: (node) => count(node.visits) },
  {
    key: "reward",
    name: "Mean reward",
    short: "Reward",
    of: (node) => node.mean,
    show: (node) => measure(figure(node.mean), node.mean),
  },
  {
    key: "blame",
    name: "First failures",
    short: "Failures",
    of: (node) => node.blame ?? 0,
    show: (node) => measure(percent(node.blame ?? 0), node.blame ?? 0, "blame"),
  },
  { key: "room", name: "Headroom", of: (node) => node.room, show: headroom, look: "headroom" },
  ...[
    ["searches", count],
    ["calls", count],
    ["tokens", count],
    ["usd", money],
    ["seconds", time],
  ].map(([line, form]) => ({
    key: line,
    name: line === "usd" ? "USD" : line[0].toUpperCase() + line.slice(1),
    of: (node) => node.cost?.[line],
    number: true,
    cost: true,
    show: (node) => form(node.cost?.[line] ?? 0),
  })),
];

const sorting = { key: rooms.length ? "room" : "blame", down: true };

function drawNodes() {
  const shown = COLUMNS.filter((column) => !column.cost || inOrder.some((node) => column.of(node)));
  const head = shown.map((column) => {
    const button = h("button", { type: "button", on: { click: () => sortBy(column) } }, column.name);
    const sorted = column.key === sorting.key ? (sorting.down ? "descending" : "ascending") : null;
    return h(
      "th",
      {
        scope: "col",
        role: "columnheader",
        class: `${column.number ? "number" : ""} ${column.cost ? "cost-cell" : ""}`,
        "aria-sort": sorted,
        "data-key": column.key,
      },
      button,
    );
  });
  const { of } = COLUMNS.find((column) => column.key === sorting.key);
  const sorted = [...inOrder].sort(
    (a, b) => (sorting.down ? -1 : 1) * ((of(a) ?? -Infinity) - (of(b) ?? -Infinity)) || inOrder.indexOf(a) - inOrder.indexOf(b),
  );
  const rows = sorted.map((node) => {
    const name = h(
      "th",
      { scope: "row", role: "rowheader", class: "name-cell" },
      h("a", { href: toNode(node.path), "data-stop": true }, node.path),
    );
    const cells = shown.slice(1).map((column) =>
      h(
        "td",
        {
          role: "cell",
          class: `${column.number ? "number" : ""} ${column.cost ? "cost-cell" : ""}`,
          "data-label": column.short ?? column.name,
          "data-key": column.key,
          "data-zero": column.cost && !column.of(node),
        },
        column.show(node),
      ),
    );
    return h("tr", { role: "row", "data-path": node.path }, name, cells);
  });
  const table = h(
    "table",
    { class: "nodes", role: "table", "aria-labelledby": "nodes-heading" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    h("tbody", { role: "rowgroup" }, rows),
  );
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

const markRow = (path) =>
  document
    .querySelectorAll("table.nodes tr[data-path]")
    .forEach((row) => row.toggleAttribute("data-current", row.getAttribute("data-path") === path));
