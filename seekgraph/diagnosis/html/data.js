// The diagnosis, with its repeated parts put back, and what every view asks of it.

const given = JSON.parse($("data").textContent);

function unpacked(value, pool) {
  if (Array.isArray(value)) return value.map((inner) => unpacked(inner, pool));
  if (value === null || typeof value !== "object") return value;
  if (Object.hasOwn(value, given.mark)) return pool[value[given.mark]];
  const made = Object.create(null); // a key such as __proto__ is a key like any other
  for (const [key, inner] of Object.entries(value)) made[key] = unpacked(inner, pool);
  return made;
}

const pool = [];
for (const each of given.pool) pool.push(unpacked(each, pool));
const D = unpacked(given.data, pool);
const graph = given.graph;

const token = (text) => encodeURIComponent(String(text).toWellFormed?.() ?? String(text));
const toNode = (path) => `#/node/${token(path)}`;
const toExample = (example) => `#/example/${example.number}`;
const toStep = (example, step) => `#/example/${example.number}/${step.number}`;

const cards = new Map(graph.cards.map((card) => [card.id, card]));
const nodes = new Map(Object.entries(D.nodes ?? {}).map(([path, node]) => [path, { path, ...node, card: cards.get(path) }]));
for (const node of nodes.values()) {
  const values = Object.values(node.reward ?? {})
    .map((reward) => reward.mean)
    .filter(known);
  node.mean = values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
  node.room = node.headroom?.mean ?? null;
}
const order = graph.cards.map((card) => card.id).filter((id) => nodes.has(id));
const inOrder = [...order, ...[...nodes.keys()].filter((path) => !cards.has(path))].map((path) => nodes.get(path));

const metric = { name: "score", ...D.metric };
const examples = (D.examples ?? []).map((example, index) => {
  const steps = new Map();
  const made = { ...example, number: index + 1, steps, gold: new Set(example.supporting_ids ?? []) };
  made.trace = (example.trace ?? []).map((step, place) => {
    const whole = { ...step, ...step.values, number: place + 1, uses: [] }; // whole values, where they were kept
    steps.set(step.id, whole);
    return whole;
  });
  for (const step of made.trace) {
    step.sources = new Set(Object.values(step.parents ?? {}).flat());
    for (const source of step.sources) steps.get(source)?.uses.push(step);
  }
  made.broken = steps.get(example.blame?.step) ?? null;
  return made;
});

// The steps that the last one which wrote an answer was built from, each with the step that read it, nearest first.
function behind(example) {
  const last = example.trace.findLast((step) => step.writes && "answer" in step.writes) ?? example.trace.at(-1);
  const found = new Map(last ? [[last, null]] : []);
  for (const step of found.keys()) {
    for (const id of step.sources) {
      const source = example.steps.get(id);
      if (source && !found.has(source)) found.set(source, step);
    }
  }
  return found;
}

// The shortest way from a step to the answer that was built from it; empty where none was.
function wayOn(example, from) {
  const found = behind(example);
  const way = [];
  for (let step = found.has(from) ? from : null; step; step = found.get(step)) way.push(step);
  return way;
}
