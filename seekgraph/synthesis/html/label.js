// Text from outside only ever becomes text nodes and values of fields, never markup.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const rows = data.rows;
const store = `seekgraph-label-${data.name}-${rows.map((row) => row.id).join()}`.slice(0, 400);
const decisions = new Map();
let at = 0;

// What was decided survives a closed tab where the browser lets a page from disk keep something; saving works without.
try {
  for (const each of JSON.parse(localStorage.getItem(store) ?? "[]")) decisions.set(each.id, each);
} catch (_) {
  decisions.clear();
}
function keep() {
  try {
    localStorage.setItem(store, JSON.stringify([...decisions.values()]));
  } catch (_) {
    return;
  }
}

function shown(row) {
  const made = decisions.get(row.id);
  return made && made.verdict === "accept"
    ? { question: made.question, answer: made.answers[0] ?? "", gold: made.supporting_ids }
    : { question: row.question, answer: row.answer, gold: row.gold };
}

function passage(each, chosen, number) {
  const box = document.createElement("div");
  box.className = "passage";
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "checkbox", value: each.id, checked: chosen, id: `passage-${number}` });
  label.htmlFor = input.id;
  label.append(input, ` ${each.id}`);
  const text = document.createElement("pre");
  text.textContent = each.text;
  box.append(label, text);
  return box;
}

function show() {
  $("name").textContent = data.name;
  const done = [...decisions.values()].length;
  $("progress").textContent = `${done} of ${rows.length} decided`;
  $("save").disabled = done === 0;
  for (const id of ["question", "answer", "accept", "reject", "back", "next"]) $(id).disabled = rows.length === 0;
  if (rows.length === 0) {
    $("place").textContent = "There are no drafts to look at.";
    return;
  }
  const row = rows[at], now = shown(row), made = decisions.get(row.id);
  $("place").textContent = `${at + 1} of ${rows.length} · ${row.kind}`;
  $("question").value = now.question;
  $("answer").value = now.answer;
  $("passages").replaceChildren(...row.passages.map((each, number) => passage(each, now.gold.includes(each.id), number)));
  $("decided").textContent = made ? (made.verdict === "accept" ? "accepted" : "rejected") : "not decided";
  for (const verdict of ["accept", "reject"]) $(verdict).setAttribute("aria-pressed", String(made?.verdict === verdict));
}

function decide(verdict) {
  if (rows.length === 0) return;
  const row = rows[at];
  const question = $("question").value.trim();
  if (verdict === "accept" && !question) return;
  const answer = $("answer").value.trim();
  const offered = row.passages.map((each) => each.id);
  const ticked = [...document.querySelectorAll("#passages input:checked")].map((each) => each.value);
  const gold = [...row.gold.filter((id) => ticked.includes(id) || !offered.includes(id)), ...ticked.filter((id) => !row.gold.includes(id))];
  const whole = { id: row.id, verdict, question, answers: answer ? [answer] : [], supporting_ids: gold };
  decisions.set(row.id, verdict === "accept" ? whole : { id: row.id, verdict });
  keep();
  move(1);
}

function move(step) {
  at = Math.min(Math.max(at + step, 0), Math.max(rows.length - 1, 0));
  show();
}

function save() {
  const text = JSON.stringify({ questions: data.name, decisions: [...decisions.values()] }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `${data.name.replace(/\.jsonl$/, "")}.decisions.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

$("accept").addEventListener("click", () => decide("accept"));
$("reject").addEventListener("click", () => decide("reject"));
$("back").addEventListener("click", () => move(-1));
$("next").addEventListener("click", () => move(1));
$("save").addEventListener("click", save);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || ["TEXTAREA", "INPUT"].includes(event.target.tagName)) return;
  const act = { a: () => decide("accept"), r: () => decide("reject"), ArrowLeft: () => move(-1), ArrowRight: () => move(1) }[event.key];
  if (act) act();
});
show();
