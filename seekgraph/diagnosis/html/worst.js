// The worst examples, narrowed to a class of failure where the reader wants.

function drawExamples() {
  if (!examples.length) return $("examples").replaceChildren(nothing(D.failed ? "No example was kept." : "No example failed."));
  const kinds = [...new Set(examples.map((example) => example.blame?.class).filter(Boolean))];
  const pick = h(
    "select",
    { id: "class-filter" },
    h("option", { value: "" }, `all (${examples.length})`),
    kinds.map((kind) =>
      h("option", { value: kind }, `${words(kind)} (${examples.filter((example) => example.blame?.class === kind).length})`),
    ),
  );
  const rows = examples.map((example) => {
    const { blame } = example;
    return h(
      "tr",
      { "data-class": blame?.class ?? "" },
      h("td", { class: "number" }, figure(example.metric)),
      h(
        "td",
        { class: "question" },
        h("a", { href: toExample(example), "data-stop": true }, example.question),
        h("div", { class: "answers" }, "expected ", h("b", {}, golds(example)), " · answered ", h("b", {}, answered(example))),
      ),
      h(
        "td",
        { class: "blamed" },
        blame
          ? [
              h("div", {}, nodeLink(blame.path)),
              h("div", { class: "quiet" }, `${words(blame.class ?? "unknown")}, ${blame.confirmed ? "confirmed" : "a guess"}`),
            ]
          : h("span", { class: "quiet" }, "not found"),
      ),
      h("td", { class: "quiet mono id", title: example.id }, clipped(example.id, 20)),
    );
  });
  const head = h(
    "tr",
    {},
    h("th", { scope: "col", class: "number", "aria-label": words(metric.name) }, "Score"),
    ["Question", "Broke first at"].map((name) => h("th", { scope: "col" }, name)),
    h("th", { scope: "col", class: "id" }, "Id"),
  );
  const table = h("table", { class: "worst", "aria-labelledby": "examples-heading" }, h("thead", {}, head), h("tbody", {}, rows));
  const tools =
    kinds.length > 1 ? h("div", { class: "tools" }, h("label", { for: "class-filter" }, "Class of failure", pick)) : null;
  $("examples").replaceChildren(...[tools, table].filter(Boolean));
  const reset = roving(table, "[data-stop]", upAndDown);
  pick.addEventListener("change", () => {
    for (const row of rows) row.hidden = Boolean(pick.value) && row.getAttribute("data-class") !== pick.value;
    reset();
    say(plural(rows.filter((row) => !row.hidden).length, "example"));
  });
}
