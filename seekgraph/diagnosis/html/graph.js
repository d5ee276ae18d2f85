// The flow as a graph. Its places were found in advance; here it is painted, and its nodes are buttons.

const FLAG = "M0 0v9.5M0 .5h6.5l-2 2.25 2 2.25H0z";
const drawn = new Map();

function drawGraph() {
  const smallest = graph.width * (matchMedia("(max-width: 40rem)").matches ? 0.95 : 0.85);
  const picture = s("svg", {
    viewBox: `0 0 ${graph.width} ${graph.height}`,
    role: "group",
    "aria-label": `Graph of ${D.flow.name || "the flow"}: arrow keys move between nodes, Enter opens one`,
  });
  picture.style.width = "100%";
  picture.style.minWidth = `${smallest}px`;
  picture.style.maxWidth = `${graph.width * 1.1}px`;
  for (const box of graph.boxes)
    picture.append(s("rect", { class: "frame", x: box.x, y: box.y, width: box.width, height: box.height, rx: 6 }));
  for (const edge of graph.edges) {
    const [x, y] = edge.tip;
    picture.append(
      s("path", { class: `way ${edge.kind}`, d: edge.way }),
      s("path", { class: "tip", d: `M${x} ${y}l-3.5 -6.5h7z` }),
      edge.label && edge.kind !== "back" ? s("text", { class: "mark", x: x + 6, y: y - 9 }, clipped(edge.label, 26)) : "",
    );
  }
  for (const box of graph.boxes) picture.append(s("text", { class: "caption", x: box.x + 10, y: box.y + 14 }, box.label));
  for (const card of graph.cards) picture.append(drawCard(card));
  const stops = [...drawn.values()].filter((each) => each.node).map((each) => each.group);
  $("graph").replaceChildren(picture);
  roving($("graph"), "[role=button]", () => around(stops)); // an SVG that listens for focus would become a stop itself
  for (const { group, card, node } of drawn.values()) if (!node) fit(group.querySelector("text"), card.title, card.width - 12);
  $("graph").scrollLeft = ($("graph").scrollWidth - $("graph").clientWidth) / 2;
}

// Shortens a text in the picture until it is at most so wide; of a path the end says most.
function fit(text, full, most) {
  const wide = text.getComputedTextLength();
  if (wide <= most) return;
  for (let length = Math.ceil((full.length * most) / wide); length > 1; length -= 1) {
    text.textContent = full.includes("/") ? `…${full.slice(1 - length)}` : clipped(full, length);
    if (text.getComputedTextLength() <= most) return;
  }
}

function drawCard(card) {
  const node = nodes.get(card.id);
  const { x, y, width, height } = card;
  const rectangle = (look, more = {}) => s("rect", { class: look, x, y, width, height, rx: 5, ...more });
  const text = (look, left, top, what, more = {}) => s("text", { class: look, x: x + left, y: y + top, ...more }, what);
  if (!node) {
    const shape = rectangle("body", { rx: card.kind === "input" || card.kind === "output" ? height / 2 : 5 });
    const inside = text("", width / 2, height / 2 + 4, card.title, { "text-anchor": "middle" });
    const group = s("g", { class: card.chosen ? "card plain" : "card plain away" }, s("title", {}, card.title), shape, inside);
    drawn.set(card.id, { group, node: null, card });
    return group;
  }
  const split = 82;
  const parts = {
    reward: s("rect", { x: x + 1.5, y: y + 26, width: split - 2, height: height - 27.5, rx: 3 }),
    room: s("rect", { x: x + split + 0.5, y: y + 26, width: width - split - 2, height: height - 27.5, rx: 3 }),
    rewardText: text("", 8, 41.5, ""),
    roomText: text("", split + 7, 41.5, ""),
  };
  const corner = text("corner", width - 8, 17, "", { "text-anchor": "end" });
  const group = s(
    "g",
    {
      class: card.chosen ? "card" : "card away",
      role: "button",
      tabindex: "-1",
      on: { click: () => go(toNode(card.id)), keydown: pressed },
    },
    s("title", {}, [card.title, ...card.lines].join("\n")),
    rectangle("body"),
    parts.reward,
    parts.room,
    text("name", 8, 17.5, card.title),
    parts.rewardText,
    parts.roomText,
    corner,
    rectangle("ring", { x: x - 3.5, y: y - 3.5, width: width + 7, height: height + 7, rx: 8 }),
  );
  drawn.set(card.id, { group, node, card, corner, parts });
  return group;
}

function pressed(event) {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  event.currentTarget.dispatchEvent(new MouseEvent("click"));
}

// The nearest card in each direction: straight ahead counts more than aside.
function around(stops) {
  const here = drawn.get([...drawn.keys()].find((id) => drawn.get(id).group === document.activeElement))?.card;
  if (!here) return {};
  const middle = (card) => [card.x + card.width / 2, card.y + card.height / 2];
  const [x, y] = middle(here);
  const nearest = (ahead, aside) => {
    let best = null;
    let least = Infinity;
    for (const { group, card, node } of drawn.values()) {
      if (!node || card === here || !stops.includes(group)) continue;
      const [dx, dy] = [middle(card)[0] - x, middle(card)[1] - y];
      if (ahead(dx, dy) < 8) continue;
      const far = ahead(dx, dy) + 2 * Math.abs(aside(dx, dy));
      if (far < least) [best, least] = [group, far];
    }
    return best;
  };
  return {
    ArrowDown: nearest(
      (dx, dy) => dy,
      (dx) => dx,
    ),
    ArrowUp: nearest(
      (dx, dy) => -dy,
      (dx) => dx,
    ),
    ArrowRight: nearest(
      (dx) => dx,
      (dx, dy) => dy,
    ),
    ArrowLeft: nearest(
      (dx) => -dx,
      (dx, dy) => dy,
    ),
  };
}

// Shows in the graph what is open beside it: a node, or the way of one example through the flow.
function markGraph({ node = null, example = null, step = null, perfect = null } = {}) {
  for (const [path, { group, node: of, card, corner, parts }] of drawn) {
    if (!of) continue;
    const figures = example ? figuresIn(example, path) : of;
    const { visits, mean, room } = figures;
    parts.reward.setAttribute("class", rewardStep(mean));
    parts.room.setAttribute("class", roomStep(room));
    parts.rewardText.textContent = known(mean) ? `reward ${figure(mean)}` : "no reward";
    parts.roomText.textContent = known(room) ? `headroom ${signed(room)}` : "no headroom";
    const broken = example?.broken?.path === path || (example && !example.broken && example.blame?.path === path);
    group.classList.toggle("away", !card.chosen || (Boolean(example) && !visits));
    group.classList.toggle("perfect", perfect === path);
    group.toggleAttribute("aria-current", false);
    if (path === (step?.path ?? node)) group.setAttribute("aria-current", "true");
    const said = example
      ? perfect === path
        ? "made perfect"
        : broken
          ? "first failure"
          : `×${visits}`
      : of.blame
        ? percent(of.blame)
        : "";
    const flagged = example ? broken && perfect !== path : Boolean(of.blame);
    corner.setAttribute("class", `corner ${flagged ? "blame" : perfect === path ? "said" : ""}`);
    corner.textContent = said;
    group.querySelector(".flag")?.remove();
    const corners = said ? corner.getComputedTextLength() + 4 : 0;
    if (flagged)
      group.append(
        s("path", { class: "flag", d: FLAG, transform: `translate(${card.x + card.width - 16 - corners} ${card.y + 8})` }),
      );
    const name = group.querySelector(".name");
    name.textContent = card.title;
    fit(name, card.title, card.width - 20 - corners - (flagged ? 12 : 0));
    group.setAttribute("aria-label", nodeWords(of, figures, example ? { broken } : null));
  }
}

// What the graph says of a node while one example is open: its visits there, their mean score, and what the example would gain.
function figuresIn(example, path) {
  const steps = example.trace.filter((each) => each.path === path && each.kind !== "input");
  const values = steps.flatMap((step) => (step.scores ?? []).map((score) => score.value)).filter(known);
  const what = (example.what_if ?? []).find((each) => each.path === path);
  return {
    visits: steps.length,
    mean: values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null,
    room: known(what?.metric) && known(example.metric) ? what.metric - example.metric : null,
  };
}

function nodeWords(node, { visits, mean, room, headroom }, here) {
  const told = [node.path];
  if (here)
    told.push(
      visits ? plural(visits, "visit") + " in this example" : "not visited in this example",
      ...(here.broken ? ["first failure of this example"] : []),
    );
  else told.push(plural(visits, "visit"), `${percent(node.blame ?? 0)} of first failures`);
  told.push(known(mean) ? `mean reward ${figure(mean)}` : "no reward");
  const wide = known(headroom?.low) && known(headroom?.high) ? ` from ${signed(headroom.low)} to ${signed(headroom.high)}` : "";
  if (known(room)) told.push(`headroom ${signed(room)}${wide}`);
  return told.join(", ");
}

function drawLegend() {
  const scale = (name) =>
    h(
      "span",
      { class: "scale", "aria-hidden": "true" },
      [0, 1, 2, 3, 4].map((each) => h("i", { class: `${name}${each}` })),
    );
  $("legend").replaceChildren(
    h("div", {}, "reward 0", scale("r"), "1: the mean over visits and rewards"),
    h("div", {}, "headroom 0", scale("g"), `+0.20 and more: what ${metric.name} would gain if the node were perfect`),
    h(
      "div",
      {},
      s("svg", { viewBox: "-1 0 8 10", "aria-hidden": "true" }, s("path", { d: FLAG })),
      "share of the failed examples that broke here first",
    ),
  );
}
