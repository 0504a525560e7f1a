// The conversation in the middle, and how one line of any conversation looks.

import { $, face, fill, h, keyed, nearEnd, toEnd } from "./dom.js";
import { S, called, group, isStaff } from "./model.js";
import { people, places, openSheet } from "./side.js";
import { stamp } from "./time.js";

const PAUSE = 5 * 60 * 1000; // a longer silence gets a time

export function drawHead(actions) {
  const here = group();
  const me = called(S.who);
  const title = here ? here.topic : `${me.name} 与楼铃的私信`;
  const about = here ? `${here.community} · ${here.grid}${here.noticed ? "" : " · 还没有发布告知，发言不会保存"}` : "只有楼铃看得到";
  const button = (text, label, draw) =>
    h("button", { type: "button", class: "quiet-button choose", onclick: () => openSheet(label, draw) }, text);
  fill(
    $("talk-head"),
    h("div", { class: "who" }, h("h2", {}, title), h("p", {}, about)),
    button("换群", "在哪里说", (list, done) => places(list, (key) => (actions.place(key), done()))),
    button("换人", "你是谁", (list, done) => people(list, (id) => (actions.who(id), done()))),
  );
}

export function drawTalk(actions) {
  const into = $("lines");
  const follow = into.drawn !== talkKey() || nearEnd(into);
  const lines = [...S.lines, ...S.sending.filter((one) => one.place === S.place && (one.place || one.sender.id === S.who))];
  drawLines(into, lines, S.before, { ...actions, me: S.who, older: actions.older });
  if (!lines.length) fill(into, emptyTalk());
  if (follow) toEnd(into);
  into.drawn = talkKey();
}

const talkKey = () => (S.place === "" ? `@${S.who}` : S.place);

function emptyTalk() {
  const hint = S.place === "" ? "可以回“列表”看待办，或写一句想说的话。" : "换成一位居民，说一句“电梯又停了”，看楼铃怎么办。";
  return h("div", { class: "empty" }, h("b", {}, "这里还没有消息"), hint);
}

// Lines with a time wherever there was a silence. Each item carries everything it shows, so unchanged ones stay.
export function drawLines(into, lines, before, view) {
  const items = [];
  let last = null;
  for (const line of lines) {
    if (line.command) continue;
    const at = Date.parse(line.at);
    if (last === null || at - last > PAUSE) items.push({ stamp: stamp(line.at, S.clock.now), key: `t${line.key}` });
    last = at;
    items.push({ line, key: line.key, mine: !line.bot && line.sender.id === view.me, me: view.me });
  }
  const older = before && [h("button", { type: "button", class: "quiet-button older", onclick: view.older }, "更早的消息")];
  keyed(into, items, (item) => item.key, (item) => (item.line ? oneLine(item, view) : h("div", { class: "stamp" }, item.stamp)), older || []);
}

function oneLine({ line, mine }, view) {
  if (line.recalled) return h("div", { class: "gone" }, `${mine ? "你" : line.sender.name}撤回了一条消息`);
  const kind = ["line", mine && "mine", line.bot && "bot", line.grave && "grave", line.sending && "sending"].filter(Boolean);
  const node = h("article", { class: kind.join(" ") });
  node.append(
    face(line.sender, isStaff(line.sender.id)),
    h("div", { class: "in" }, byline(line, view), bubble(line, node), digits(line, view), under(line, mine, view)),
  );
  return node;
}

function byline(line, view) {
  if (view.direct && !line.bot) return "";
  const mark = line.bot ? `机器人 · ${line.purpose}` : line.sender.duty;
  return h("div", { class: "by" }, line.bot ? h("b", {}, line.sender.name) : h("span", {}, line.sender.name), mark && h("span", { class: "duty" }, mark));
}

function bubble(line, node) {
  const quote = line.quote && h("span", { class: "quoted" }, line.quote.name ? `${line.quote.name}：` : "", line.quote.text);
  const at = (line.mentions ?? []).map((name) => h("span", { class: "at" }, `@${name} `));
  const text = line.kind && !["text", "recall"].includes(line.kind) && !line.text ? "（图片、语音等非文字消息）" : line.text;
  return h("div", { class: "bubble", onclick: () => node.classList.toggle("picked") }, quote, at, text);
}

function digits(line, view) {
  const prompt = line.prompt;
  if (!prompt?.open || prompt.of !== view.me || view.newest?.(prompt.id) === false) return "";
  const press = (option) => h(
    "button",
    { type: "button", class: "digit", onclick: () => view.answer(line, option), data: { digit: option.digit } },
    h("i", {}, option.digit),
    option.more ? `${option.label.replace("…", "")}……` : option.label,
  );
  return h("div", { class: "digits", role: "group", "aria-label": "回答" }, prompt.options.map(press));
}

function under(line, mine, view) {
  const acts = [];
  const act = (text, click) => h("button", { type: "button", onclick: click }, text);
  if (view.quote && line.id && !line.sending) acts.push(act("引用", () => view.quote(line)));
  if (view.mention && !mine) acts.push(act(line.bot ? "@楼铃" : "@TA", () => view.mention(line.sender)));
  if (view.recall && mine && line.id) acts.push(act("撤回", () => view.recall(line)));
  const of = (line.issues ?? []).map((issue) =>
    h("button", { type: "button", class: "of", onclick: () => view.issue(issue.id), title: "看这件诉求" }, `诉求 #${issue.number}`),
  );
  const note = line.sending ? h("span", { class: "stamp" }, "发送中") : line.unsure ? h("span", { class: "stamp" }, "不确定是否送达") : "";
  if (!acts.length && !of.length && !note) return "";
  return h("div", { class: "foot" }, of, note, acts.length ? h("span", { class: "acts" }, acts) : "");
}
