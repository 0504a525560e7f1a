// Writing: Enter sends, a quote and mentions go with the line, examples to try.

import { $, face, fill, h } from "./dom.js";
import { S, called, group, isStaff, membersHere } from "./model.js";

const BOT = "louling";
let box;

export function makeComposer(actions) {
  const tries = h("div", { class: "tries", id: "tries" });
  const quoting = h("div", { class: "quoting", id: "quoting", hidden: true });
  box = h("textarea", {
    id: "say", rows: 1, maxlength: 1000, "aria-label": "写消息", enterkeyhint: "send",
    onkeydown: (event) => keys(event, actions), oninput: grow,
  });
  const at = h("button", { type: "button", class: "quiet-button", id: "at", title: "提到某人", "aria-label": "提到某人", onclick: toggleMentions }, "@");
  const send = h("button", { type: "button", class: "send", id: "send", onclick: () => submit(actions) }, "发送");
  fill($("composer"), tries, quoting, h("div", { class: "write", id: "write" }, at, box, send));
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#write")) closeMentions();
  });
}

export function drawComposer() {
  const me = called(S.who);
  box.placeholder = S.who ? `${me.name} 说……` : "先选一个人";
  box.disabled = !S.who;
  $("send").disabled = !S.who;
  $("at").hidden = S.place === "";
  const side = isStaff(S.who) ? "staff" : "resident";
  const lines = S.street.examples[S.place === "" ? `direct_${side}` : side] ?? [];
  const print = JSON.stringify(lines);
  if ($("tries").print !== print) {
    $("tries").print = print;
    const chip = (text) => h("button", { type: "button", class: "try", onclick: () => put(text) }, text);
    fill($("tries"), h("span", {}, "试一试"), lines.map(chip));
  }
  drawQuote();
}

export function drawQuote() {
  const into = $("quoting");
  into.hidden = !S.quote;
  if (!S.quote) return;
  const cancel = h("button", { type: "button", "aria-label": "不引用了", onclick: () => ((S.quote = null), drawQuote()) }, "✕");
  fill(into, h("span", {}, `引用 ${S.quote.sender.name}：${S.quote.text}`), cancel);
}

export function quote(line) {
  S.quote = line;
  drawQuote();
  box.focus();
}

export function mention(person) {
  const id = person.id || BOT;
  const name = person.id ? person.name : "楼铃";
  S.mentions.set(name, id);
  const gap = box.value && !/\s$/.test(box.value) ? " " : "";
  put(`${box.value}${gap}@${name} `);
}

export function put(text) {
  box.value = text;
  grow();
  box.focus();
  box.setSelectionRange(text.length, text.length);
}

function grow() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 140)}px`;
}

function keys(event, actions) {
  if (event.key === "Escape") closeMentions();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit(actions);
}

async function submit(actions) {
  const text = box.value.trim();
  if (!text || !S.who) return;
  const mentions = [...S.mentions].filter(([name]) => text.includes(`@${name}`)).map(([, id]) => id);
  const kept = { text, quote: S.quote, mentions: new Map(S.mentions) };
  S.quote = null;
  S.mentions.clear();
  put("");
  drawQuote();
  const done = await actions.say({ sender: S.who, group: S.place || null, text, quote: kept.quote?.id ?? null, mentions }, kept.quote);
  if (!done && !box.value) {
    S.quote = kept.quote; // nothing that was written is lost
    kept.mentions.forEach((id, name) => S.mentions.set(name, id));
    put(text);
    drawQuote();
  }
}

function closeMentions() {
  document.querySelector(".mention-list")?.remove();
}

function toggleMentions() {
  if (document.querySelector(".mention-list")) return closeMentions();
  if (!group()) return undefined;
  const { residents, staff } = membersHere();
  const all = [{ id: "", name: "楼铃" }, ...residents.map((one) => ({ id: one.id, name: one.alias || one.name })), ...staff.map((one) => ({ id: one.id, name: called(one.id).name, duty: one.duty }))];
  const pick = (one) => h(
    "button",
    { type: "button", class: "pick", onclick: () => (closeMentions(), mention(one)) },
    face(one, Boolean(one.duty)),
    h("span", { class: "grow" }, h("span", { class: "name" }, one.name), one.duty && h("span", { class: "under" }, one.duty)),
  );
  const list = h("div", { class: "mention-list scroll" }, all.filter((one) => one.id !== S.who).map(pick));
  $("write").append(list);
  return list.querySelector("button")?.focus();
}
