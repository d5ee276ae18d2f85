// The address says what is open (#/node/path, #/example/3, #/example/3/7), so that Back works and a place can be pointed at.

let view = {};
let opener = null;

function viewOf(hash) {
  const [, kind, first, second] = hash.split("/");
  if (kind === "node") {
    const node = inOrder.find((each) => token(each.path) === first);
    return node ? { node: node.path } : {};
  }
  const example = kind === "example" ? examples[Number(first) - 1] : undefined;
  if (!example) return {};
  return { example, step: example.trace[Number(second) - 1] };
}

function go(hash) {
  if (location.hash !== hash) history.pushState(null, "", hash);
  show();
}

function follow(event) {
  const link = event.target.closest('a[href^="#/"]');
  if (!link || event.defaultPrevented || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
}

function show() {
  if (location.hash && !location.hash.startsWith("#/")) return; // a place in the page, not a thing to open
  const wasOpen = !$("details").hidden;
  if (!wasOpen) opener = document.activeElement;
  view = viewOf(location.hash);
  const open = Boolean(view.node || view.example);
  $("details").hidden = !open;
  document.body.toggleAttribute("data-open", open);
  markGraph(view);
  markRow(view.node ?? view.step?.path ?? null);
  modal();
  if (open) {
    $("details").replaceChildren(detailsHead(), ...detailsBody());
    $("details").scrollTop = 0;
    $("details-heading").focus({ preventScroll: true });
  } else if (wasOpen) {
    $("details").replaceChildren();
    (opener?.isConnected && opener !== document.body ? opener : $("main")).focus({ preventScroll: true });
  }
}

function detailsBody() {
  const made = view.node
    ? nodeDetails(nodes.get(view.node))
    : view.step
      ? visitDetails(view.example, view.step)
      : exampleDetails(view.example);
  return made.flat(3).filter(Boolean);
}

function detailsHead() {
  const crumbs = view.node
    ? [
        ["Node", null],
        [view.node, null],
      ]
    : [[`Example ${view.example.id}`, view.step ? toExample(view.example) : null]];
  if (view.step) crumbs.push([`${view.step.path} ${view.step.kind === "node" ? visitName(view.step) : view.step.kind}`, null]);
  const trail = crumbs.map(([name, href]) => h("li", {}, href ? h("a", { href }, name) : name));
  const all = view.step && nodes.has(view.step.path) ? h("a", { href: toNode(view.step.path) }, "all visits") : null;
  const close = h("button", { type: "button", "aria-label": "Close details", on: { click: leave } }, "Close");
  return h("div", { class: "head" }, h("nav", { "aria-label": "Breadcrumb" }, h("ol", { class: "crumbs" }, trail)), all, close);
}

const leave = () => go("#/");

// Where the details cover the page, what is below them is out of reach.
const covering = matchMedia("(max-width: 62.4375rem)");
function modal() {
  const over = covering.matches && !$("details").hidden;
  for (const part of [...document.querySelectorAll(".top, .skip"), $("flow"), $("main")]) part.toggleAttribute("inert", over);
  if (over) filled($("details"), { role: "dialog", "aria-modal": "true" }, []);
  else ["role", "aria-modal"].forEach((name) => $("details").removeAttribute(name));
}

function escape(event) {
  if (event.key !== "Escape" || event.defaultPrevented || $("details").hidden) return;
  event.preventDefault();
  if (view.step) go(toExample(view.example));
  else leave();
}

const say = (text) => ($("say").textContent = text);

// Light and dark: as the system says, unless the reader says otherwise.

const THEMES = ["auto", "light", "dark"];
function theme(next) {
  let now = next;
  try {
    if (next) localStorage.setItem("seekgraph-theme", next);
    now = next ?? localStorage.getItem("seekgraph-theme");
  } catch {
    // a page from disk may have no storage: the choice then lasts as long as the page
  }
  if (!THEMES.includes(now)) now = "auto";
  document.documentElement.setAttribute("data-theme", now);
  $("theme").textContent = `Theme: ${now}`;
}
$("theme").addEventListener("click", () => theme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % 3]));

theme();
for (const draw of [
  drawHead,
  drawSummary,
  drawGraph,
  drawLegend,
  drawNodes,
  drawWaterfall,
  drawClasses,
  drawFactors,
  drawPairs,
  drawExamples,
])
  draw();
$("footer").textContent = "Made by seekgraph diagnose. Arrow keys move in the graph and in lists, Enter opens, Escape goes back.";
const measureTop = () => document.documentElement.style.setProperty("--top", `${document.querySelector(".top").offsetHeight}px`);
measureTop();
addEventListener("resize", measureTop);
addEventListener("hashchange", show);
addEventListener("click", follow);
addEventListener("keydown", escape);
covering.addEventListener("change", modal);
show();
