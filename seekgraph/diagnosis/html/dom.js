// Making elements and words. Text from outside only ever becomes text nodes and attribute values, never markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "vars") for (const [key, each] of Object.entries(value)) element.style.setProperty(`--${key}`, each);
    else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const h = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);
const $ = (id) => document.getElementById(id);

const known = (value) => typeof value === "number" && Number.isFinite(value);
const limited = (value) => Math.min(1, Math.max(0, known(value) ? value : 0));
const figure = (value) => (known(value) ? value.toFixed(2) : "–");
const signed = (value) => (known(value) ? (value >= 0.005 ? "+" : value <= -0.005 ? "−" : "") + Math.abs(value).toFixed(2) : "–");
const percent = (value) => (known(value) ? `${Math.round(100 * value)} %` : "–");
const count = (value) => (known(value) ? value.toLocaleString("en-GB", { maximumFractionDigits: 0 }) : "–");
const money = (value) => (known(value) ? (value === 0 ? "0" : value < 0.01 ? value.toPrecision(2) : value.toFixed(2)) : "–");
const range = (low, high, form = figure) => (known(low) && known(high) ? `[${form(low)}, ${form(high)}]` : "");
const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
const words = (name) => String(name).replaceAll("_", " ");

function time(seconds) {
  if (!known(seconds)) return "–";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  return seconds < 1 ? `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(1)} s`;
}

function clipped(text, most) {
  const line = String(text).replace(/\s+/g, " ").trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

const rewardStep = (value) => (known(value) ? `r${Math.min(4, Math.floor(limited(value) * 5))}` : "none");
const roomStep = (value) => (known(value) ? `g${[0.01, 0.05, 0.1, 0.2].filter((edge) => value >= edge).length}` : "none");

const bar = (value, kind = "") =>
  h("span", { class: `bar ${kind}`, "aria-hidden": "true" }, h("i", { vars: { v: limited(value) } }));
const measure = (text, value, kind) => h("span", { class: "measure" }, h("b", {}, text), known(value) ? bar(value, kind) : null);
const cell = (name, value) =>
  h(
    "span",
    { class: `cell ${rewardStep(value)}`, title: `${name} ${figure(value)}` },
    h("span", { class: "unseen" }, `${name} `),
    figure(value),
  );
const entry = (name, ...what) => [h("dt", {}, name), h("dd", {}, ...what)];

// One stop for the tab key in a list; arrows, Home and End move inside it.
function roving(list, selector, next) {
  const stops = () => [...list.querySelectorAll(selector)].filter((stop) => !stop.closest("[hidden]"));
  const settle = (chosen) => stops().forEach((stop) => stop.setAttribute("tabindex", stop === chosen ? "0" : "-1"));
  list.addEventListener("focusin", (event) => {
    const stop = event.target.closest(selector);
    if (stop) settle(stop);
  });
  list.addEventListener("keydown", (event) => {
    const all = stops();
    const from = all.indexOf(event.target.closest(selector));
    if (from < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const ways = { Home: all[0], End: all.at(-1), ...next(all, from) };
    if (!(event.key in ways)) return;
    event.preventDefault();
    ways[event.key]?.focus();
  });
  const reset = () => settle(stops()[0]);
  reset();
  return reset;
}

const upAndDown = (all, from) => ({ ArrowUp: all[from - 1], ArrowDown: all[from + 1] });
