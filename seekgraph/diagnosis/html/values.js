// What a channel holds, in a few words and in full.

const isPassage = (value) =>
  value !== null && typeof value === "object" && typeof value.text === "string" && "id" in value && "title" in value;
const isEvidence = (value) =>
  value !== null && typeof value === "object" && typeof value.claim === "string" && "passage_id" in value;
const MANY = 10;

function brief(value, gold) {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return clipped(value, 90);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) {
    if (!value.length) return "none";
    if (!value.every(isPassage)) return value.length === 1 ? brief(value[0], gold) : plural(value.length, "item");
    const golden = value.filter((each) => gold.has(each.id)).length;
    return plural(value.length, "passage") + (gold.size ? `, ${golden} of ${gold.size} gold` : "");
  }
  if (isEvidence(value)) return clipped(value.quote || value.claim, 90);
  if (Array.isArray(value.ids) && typeof value.query === "string")
    return `${plural(value.ids.length, "id")} for “${clipped(value.query, 60)}”`;
  if (typeof value.text === "string") return value.text ? clipped(value.text, 90) : value.refused ? "refused" : "empty";
  if (known(value.score)) return [figure(value.score), value.label].filter(Boolean).join(" ");
  const fields = Object.keys(value);
  return fields.length === 1 ? brief(value[fields[0]], gold) : plural(fields.length, "field");
}

function whole(value, gold, depth = 0) {
  if (value === null || value === undefined) return h("span", { class: "quiet" }, "nothing");
  if (typeof value === "string") return value ? h("p", { class: "text" }, value) : h("span", { class: "quiet" }, "empty text");
  if (typeof value === "number") return String(Number.isInteger(value) ? value : +value.toPrecision(6));
  if (typeof value !== "object") return String(value);
  if (depth > 8) return h("span", { class: "mono text" }, JSON.stringify(value));
  if (Array.isArray(value)) {
    if (!value.length) return h("span", { class: "quiet" }, "none");
    return value.every(isPassage)
      ? passages(value, gold)
      : listed(value, (each) => h("li", {}, whole(each, gold, depth + 1)), "items");
  }
  if (isPassage(value)) return passages([value], gold);
  if (isEvidence(value)) return evidence(value, gold);
  const told = Object.entries(value).filter(([, inner]) => !hollow(inner));
  if (depth && told.every(([, inner]) => typeof inner === "number"))
    return told.map(([name, inner]) => `${name} ${whole(inner, gold)}`).join(", ");
  return h(
    "dl",
    { class: "fields" },
    told.map(([name, inner]) => entry(name, whole(inner, gold, depth + 1))),
  );
}

const hollow = (value) =>
  value === null ||
  value === "" ||
  (typeof value === "object" && (Array.isArray(value) ? !value.length : !Object.keys(value).length));

function evidence(each, gold) {
  const told = [
    each.quote && each.claim !== each.quote ? each.claim : "",
    each.stance && each.stance !== "supports" ? each.stance : "",
  ];
  return h(
    "p",
    {},
    each.quote || each.claim,
    " ",
    marked(each.passage_id, gold),
    h("span", { class: "quiet" }, ["", ...told.filter(Boolean)].join(" · ")),
  );
}

const marked = (id, gold) => [
  h("span", { class: "quiet mono" }, id),
  gold.has(id) ? [" ", h("span", { class: "tag gold" }, "gold")] : [],
];

const passages = (all, gold) => listed(all, (each, rank) => passage(each, rank, gold), "passages");

function passage(each, rank, gold) {
  const told = [each.source, known(each.score) && each.score ? `score ${+each.score.toPrecision(4)}` : ""]
    .filter(Boolean)
    .join(" · ");
  const title = [h("span", { class: "quiet" }, `${rank + 1}. `), each.title || "untitled", " ", marked(each.id, gold)];
  return h(
    "li",
    {},
    h(
      "details",
      {},
      h("summary", {}, title),
      h("div", { class: "text" }, each.text),
      told ? h("div", { class: "text quiet" }, told) : null,
    ),
  );
}

// A list that shows its first items, and the rest when it is asked to.
function listed(all, made, look) {
  const list = h("ol", { class: look }, all.slice(0, MANY).map(made));
  if (all.length <= MANY) return list;
  const more = h("button", { type: "button" }, `Show all ${all.length}`);
  more.addEventListener("click", () => {
    list.append(...all.slice(MANY).map((each, index) => made(each, index + MANY)));
    list.children[MANY].querySelector("summary")?.focus();
    more.remove();
  });
  return h("div", {}, list, more);
}
