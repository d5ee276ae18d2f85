// What several views say in the same way.

const scoresOf = (step) => (step.scores ?? []).filter((score) => known(score.value));
const visitName = (step) => `visit ${step.visit}`;
const isBroken = (example, step) => example.broken === step;
const nothing = (why) => h("p", { class: "note" }, why);
const nodeLink = (path) => (nodes.has(path) ? h("a", { href: toNode(path) }, path) : h("span", {}, path));

const linked = (example, steps) =>
  steps.flatMap((step, index) => [
    index ? ", " : "",
    h("a", { href: toStep(example, step) }, `${step.path}${step.visit > 1 ? ` ${visitName(step)}` : ""}`),
  ]);

const golds = (example) => (example.golds ?? []).join(" / ") || "unknown";

function answered(example) {
  const { answer } = example;
  if (answer === null || answer === undefined || answer === "") return example.refused ? "refused" : "nothing";
  return typeof answer === "string" ? answer : answer.refused ? `refused: ${answer.text}` : brief(answer, example.gold);
}

function outcome(example, step) {
  if (step.error) return `${step.error.code}: ${step.error.message}`;
  if (step.decision !== null && step.decision !== undefined)
    return step.decision === true ? "yes" : step.decision === false ? "no" : String(step.decision);
  return Object.entries(step.writes ?? {})
    .map(([channel, value]) => `${channel}: ${brief(value, example.gold)}`)
    .join(" · ");
}

const roomOf = (pair) => (known(pair.headroom) ? { mean: pair.headroom } : (pair.headroom ?? {}));
const rooms = inOrder.flatMap((node) => [node.headroom?.low, node.headroom?.high, node.headroom?.mean]).filter(known);
const [lowest, highest] = [Math.min(0, ...rooms), Math.max(0.05, ...rooms)];
const across = (value) => limited(0.05 + (0.9 * (value - lowest)) / (highest - lowest)); // room for the dots at both ends

function headroom(node) {
  if (!known(node.room)) return h("span", { class: "quiet" }, "–");
  const { low, high } = node.headroom;
  const [l, m, z, r] = [across(low ?? node.room), across(node.room), across(0), across(high ?? node.room)];
  return h(
    "span",
    { class: "headroom" },
    h("b", {}, signed(node.room)),
    h("span", { class: "span", "aria-hidden": "true", vars: { l, h: r, m, z } }, h("i"), h("b")),
    h("span", { class: "interval" }, range(low, high, signed)),
  );
}

const whatIfBar = (from, to) =>
  h(
    "div",
    { class: "whatif", "aria-hidden": "true", vars: { a: limited(Math.min(from, to)), b: limited(Math.max(from, to)) } },
    h("i"),
    h("b"),
    h("b", { class: "to" }),
  );

function whatIfWords(example, each) {
  const gained = each.metric - (example.metric ?? 0);
  const said =
    Math.abs(gained) < 1e-9
      ? `the example scores the same, ${figure(each.metric)}`
      : `the example scores ${figure(each.metric)} instead of ${figure(example.metric)}`;
  const answer =
    each.answer === undefined || each.answer === null
      ? null
      : h(
          "p",
          {},
          h("span", { class: "quiet" }, "answered then "),
          typeof each.answer === "string" ? each.answer : brief(each.answer, example.gold),
        );
  return [
    h("p", {}, "With ", h("b", {}, each.path), ` made perfect and the rest run again, ${said}.`),
    known(example.metric) ? whatIfBar(example.metric, each.metric) : null,
    answer,
  ].filter(Boolean);
}
