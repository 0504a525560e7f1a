// The direct messages, person by person, like looking over their shoulder; a digit answers as that person.

import { $, face, fill, h, keyed, nearEnd, toEnd } from "./dom.js";
import { drawLines } from "./chat.js";
import { S, called, unread } from "./model.js";

export function makePhone(actions) {
  const box = h("textarea", {
    id: "reply", rows: 1, maxlength: 1000, "aria-label": "以此人的身份回复楼铃", enterkeyhint: "send",
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      submit(actions);
    },
  });
  const send = h("button", { type: "button", class: "send", id: "reply-send", onclick: () => submit(actions) }, "回复");
  fill($("answer"), h("div", { class: "write" }, box, send));
}

async function submit(actions) {
  const box = $("reply");
  const text = box.value.trim();
  if (!text || !S.person) return;
  box.value = "";
  const done = await actions.say({ sender: S.person, group: null, text });
  if (!done && !box.value) box.value = text;
}

export function drawPhone(actions) {
  const people = S.directs ?? [];
  const items = people.map((one) => ({ ...called(one.person), on: one.person === S.person, unread: unread(one.person) }));
  keyed($("faces"), items, (one) => one.id, (one) => tab(one, actions));
  const all = people.reduce((sum, one) => sum + unread(one.person), 0);
  $("dot-direct").hidden = !all;
  $("answer").hidden = !S.person;
  if (S.directs !== null && !people.length) {
    const hint = "有诉求时，楼铃会先私信网格长；没人回应就一级一级往上找。消息都会出现在这里。";
    $("thread").drawn = null;
    return fill($("thread"), h("div", { class: "empty" }, h("b", {}, "还没有私信"), hint));
  }
  return S.person ? thread(actions) : undefined;
}

function tab(one, actions) {
  const badge = one.unread ? h("span", { class: "badge" }, one.unread > 99 ? "99+" : one.unread) : "";
  const picture = face(one, one.staff);
  picture.append(badge);
  return h(
    "button",
    { type: "button", class: "face-tab", role: "tab", "aria-selected": one.on ? "true" : "false", onclick: () => actions.person(one.id),
      "aria-label": `${one.name} ${one.note}${one.unread ? `，${one.unread} 条未读` : ""}` },
    picture, h("span", {}, short(one.name)), h("small", {}, one.note),
  );
}

const short = (name) => (name.length > 5 ? `…${name.slice(-4)}` : name);

function thread(actions) {
  const into = $("thread");
  const follow = into.drawn !== S.person || nearEnd(into);
  $("reply").placeholder = `${called(S.person).name} 回复……`;
  const last = new Map(S.thread.filter((line) => line.prompt).map((line) => [line.prompt.id, line.key]));
  const lines = S.thread.map((line) => (line.prompt && last.get(line.prompt.id) !== line.key ? { ...line, prompt: null } : line));
  const open = lines.filter((line) => line.prompt?.open).length;
  const answer = (line, option) => reply(line, option, open, actions);
  const own = S.sending.filter((one) => one.place === "" && one.sender.id === S.person);
  drawLines(into, [...lines, ...own], S.threadBefore, { me: S.person, direct: true, answer, issue: actions.issue, older: actions.olderThread });
  if (follow) toEnd(into);
  into.drawn = S.person;
}

// With several questions open a bare digit means the newest: then the issue is named too.
function reply(line, option, open, actions) {
  const number = line.issues?.[0]?.number;
  const text = `${open > 1 && number ? `#${number} ` : ""}${option.digit}`;
  if (!option.more) return actions.say({ sender: S.person, group: null, text });
  $("reply").value = `${text} `;
  $("reply").focus();
  return undefined;
}
