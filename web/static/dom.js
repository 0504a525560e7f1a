// Building nodes. Text is always text: nothing a person wrote is ever parsed as markup.

export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name in PROPERTIES) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...flat(children));
  return node;
}

const PROPERTIES = { value: 1, disabled: 1, hidden: 1, open: 1 };

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

export function fill(parent, ...children) {
  parent.replaceChildren(...flat(children));
}

export const $ = (id) => document.getElementById(id);

const REACHED = "button, summary, a, textarea";

// Where the keyboard is inside a node that is about to be replaced: its place among what can be reached.
function focusIn(node) {
  if (!node?.contains(document.activeElement)) return -1;
  return [node, ...node.querySelectorAll(REACHED)].indexOf(document.activeElement);
}

// Bring a container to these items, touching only what changed, so that focus and scroll stay.
export function keyed(parent, items, keyOf, build, before = []) {
  const old = new Map([...parent.children].filter((node) => node.dataset.key).map((node) => [node.dataset.key, node]));
  let focus = null;
  const nodes = items.map((item) => {
    const key = String(keyOf(item));
    const print = JSON.stringify(item);
    const known = old.get(key);
    if (known && known.print === print) return known;
    const node = build(item, known);
    node.dataset.key = key;
    node.print = print;
    const at = focusIn(known);
    if (at >= 0) focus = [node, at];
    return node;
  });
  const wanted = [...flat(before), ...nodes];
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
  if (focus) [focus[0], ...focus[0].querySelectorAll(REACHED)][focus[1]]?.focus({ preventScroll: true });
}

export function toast(text, bad = false) {
  if ([...$("toasts").children].some((shown) => shown.textContent === text)) return;
  const node = h("div", { class: bad ? "toast bad" : "toast" }, text);
  $("toasts").append(node);
  setTimeout(() => node.remove(), bad ? 6000 : 3200);
}

const TINTS = ["", "t1", "t2", "t3"];

export function face(person, staff = false) {
  if (!person.id) return h("span", { class: "face bot", "aria-hidden": "true" }, h("img", { src: "/static/bell.svg", alt: "" }));
  const name = person.name.trim();
  const tint = TINTS[[...person.id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % TINTS.length];
  return h("span", { class: `face ${staff ? "staff" : tint}`, "aria-hidden": "true" }, initial(name));
}

function initial(name) {
  const han = [...name].filter((letter) => /\p{Script=Han}/u.test(letter));
  return han[0] ?? [...name][0] ?? "·";
}

export function nearEnd(node) {
  return node.scrollHeight - node.scrollTop - node.clientHeight < 90;
}

export function toEnd(node) {
  node.scrollTop = node.scrollHeight;
}
