// Where one speaks and who one is: the left column, and the sheets of a narrow screen.

import { $, face, fill, h } from "./dom.js";
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
  const grids = Map.groupBy ? Map.groupBy(S.street.groups, (one) => one.grid) : grouped(S.street.groups);
  const nodes = [pick(S.place === "", () => chosen(""), two("私信楼铃", "单独发给机器人"))];
  for (const [grid, groups] of grids) {
    nodes.push(h("p", { class: "pick-h" }, `${groups[0].community} · ${grid}`));
    for (const one of groups) {
      const open = one.open ? h("span", { class: "num", title: `${one.open} 件未了结` }, one.open) : null;
      nodes.push(pick(S.place === one.key, () => chosen(one.key), two(one.topic), open));
    }
  }
  fill(into, nodes);
}

function grouped(groups) {
  const found = new Map();
  for (const one of groups) found.set(one.grid, [...(found.get(one.grid) ?? []), one]);
  return found;
}

export function people(into, chosen) {
  const { residents, staff } = membersHere();
  const here = new Set([...residents, ...staff].map((one) => one.id));
  const nodes = [];
  if (residents.length) nodes.push(h("p", { class: "pick-h" }, "居民"));
  for (const one of residents) nodes.push(person(one.id, one.alias || one.name, "", chosen));
  if (staff.length) nodes.push(h("p", { class: "pick-h" }, "负责人和协同力量"));
  for (const one of staff) nodes.push(person(one.id, called(one.id).name, one.duty, chosen));
  const others = S.street.people.filter((one) => !here.has(one.id));
  if (others.length && group()) {
    const open = others.some((one) => one.id === S.who) || into.querySelector("details")?.open;
    const rest = others.map((one) => person(one.id, one.name, `${one.duty} · ${one.places[0] ?? ""}`, chosen));
    nodes.push(h("details", { class: "others", open }, h("summary", {}, "街道里的其他人"), rest));
  }
  fill(into, nodes);
}

function person(id, name, under, chosen) {
  const known = called(id);
  return pick(S.who === id, () => chosen(id), face({ id, name }, known.staff), two(name, under));
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
