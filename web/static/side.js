// Where one speaks and who one is: the left column, and the sheets of a narrow screen.

import { $, face, fill, h, keyed } from "./dom.js";
import { S, called, group, membersHere } from "./model.js";

export function drawSide(actions) {
  places($("places"), actions.place);
  people($("people"), actions.who);
}

function pick(on, click, ...inside) {
  return h("button", { type: "button", class: "pick", "aria-pressed": on ? "true" : "false", onclick: click }, ...inside);
}

function two(name, under) {
  return h("span", { class: "grow" }, h("span", { class: "name" }, name), under && h("span", { class: "under" }, under));
}

export function places(into, chosen) {
  const items = [{ key: "@", place: "", name: "私信楼铃", under: "单独发给机器人", on: S.place === "" }];
  let last = null;
  for (const one of [...S.street.groups].sort((a, b) => order(a.grid) - order(b.grid))) {
    if (one.grid !== last) items.push({ key: `grid ${one.grid}`, title: `${one.community} · ${one.grid}` });
    last = one.grid;
    items.push({ key: `group ${one.key}`, place: one.key, name: one.topic, open: one.open, on: S.place === one.key });
  }
  keyed(into, items, (item) => item.key, (item) => {
    if (item.title) return title(item);
    const open = item.open ? h("span", { class: "num", title: `${item.open} 件未了结` }, item.open) : null;
    return pick(item.on, () => chosen(item.place), two(item.name, item.under), open);
  });
}

const order = (grid) => S.street.groups.findIndex((one) => one.grid === grid);

const title = (item) => h("p", { class: "pick-h" }, item.title);

export function people(into, chosen) {
  const { residents, staff } = membersHere();
  const here = new Set([...residents, ...staff].map((one) => one.id));
  const items = [];
  const living = residents.map((one) => entry(one.id, one.alias || one.name, ""));
  const serving = staff.map((one) => entry(one.id, called(one.id).name, one.duty));
  if (living.length) living.unshift({ key: "residents", title: "居民" });
  if (serving.length) serving.unshift({ key: "staff", title: "负责人和协同力量" });
  items.push(...(group() ? [...living, ...serving] : [...serving, ...living]));
  const others = S.street.people.filter((one) => !here.has(one.id));
  if (others.length && group()) {
    items.push({ key: "others", others: others.map((one) => entry(one.id, one.name, `${one.duty} · ${one.places[0] ?? ""}`)) });
  }
  keyed(into, items, (item) => item.key, (item, old) => {
    if (item.title) return title(item);
    if (!item.others) return person(item, chosen);
    const open = old?.open || item.others.some((one) => one.on);
    return h("details", { class: "others", open }, h("summary", {}, "街道里的其他人"), item.others.map((one) => person(one, chosen)));
  });
}

const entry = (id, name, under) => ({ key: `person ${id}`, id, name, under, on: S.who === id, staff: called(id).staff });

function person(item, chosen) {
  return pick(item.on, () => chosen(item.id), face(item, item.staff), two(item.name, item.under));
}

export function openSheet(title, draw) {
  const sheet = $("sheet");
  const list = h("div", { class: "scroll" });
  draw(list, () => sheet.close());
  const close = h("button", { type: "button", class: "quiet-button", onclick: () => sheet.close() }, "关闭");
  fill(sheet, h("div", { class: "sheet-in" }, h("div", { class: "sheet-head" }, title, close), list));
  sheet.showModal();
  list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "center" });
}
