// The sandbox page: who does what when something is chosen, written or heard.

import { Refused, get, part, post } from "./api.js";
import { drawHead, drawTalk } from "./chat.js";
import { makeClock, tick } from "./clock.js";
import { drawComposer, makeComposer, mention, quote } from "./composer.js";
import { $, fill, h, toast } from "./dom.js";
import { drawIssues } from "./issues.js";
import { follow, gathered, link } from "./live.js";
import { S, called, choose, firstPerson, group, recalled, remember, residentOf, tellClock, tellDirects } from "./model.js";
import { drawPhone, makePhone } from "./phone.js";
import { drawSide } from "./side.js";

const actions = {
  place(key) {
    choose(key, S.who);
    S.lines = [];
    S.before = null;
    tab("chat");
    draw();
    soon();
  },
  who(id) {
    const resident = residentOf(id);
    if (resident && S.place !== "" && resident.group !== S.place) choose(resident.group, id);
    S.who = id;
    remember();
    if (S.place === "") S.lines = [];
    draw();
    soon();
    $("say").focus({ preventScroll: true });
  },
  issue(id) {
    S.chosen = id;
    if (S.detail?.id !== id) S.detail = null;
    if (id) tab("issues");
    drawIssues(actions);
    soon();
    if (id) document.querySelector(`[data-issue="${id}"]`)?.scrollIntoView({ block: "nearest" });
  },
  person(id) {
    S.person = id;
    S.thread = [];
    S.threadBefore = null;
    markSeen();
    drawPhone(actions);
    soon();
  },
  quote,
  mention,
  answer(line, option) {
    return say({ sender: S.who, group: S.place || null, text: String(option.digit), quote: S.place ? line.id : null });
  },
  async recall(line) {
    await tried(() => post("recall", { sender: line.sender.id, group: S.place || null, message: line.id }));
    soon();
  },
  say,
  older: () => pageBack(talkPath(), "lines", "before"),
  olderThread: () => pageBack(threadPath(), "thread", "threadBefore"),
};

const soon = gathered(() => tried(refresh));

async function tried(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.status === 403 ? "页面的令牌失效了，请重新打开启动时打印的链接" : error.message, true);
    return null;
  }
}

let counter = 0;

async function say(line, quoted = null) {
  counter += 1;
  const me = called(line.sender);
  const shown = {
    key: `s${counter}`, id: "", at: S.clock.now, bot: false, sending: true, place: line.group ?? "", text: line.text, kind: "text",
    sender: { id: me.id, name: me.name, duty: me.staff ? me.note : "" }, issues: [],
    quote: quoted && { name: quoted.sender.name, text: quoted.text },
  };
  S.sending.push(shown);
  drawTalk(actions);
  drawPhone(actions);
  const done = await tried(() => post("say", line));
  if (done && !done.kept) toast("这句话没有保存：群里还没有发布告知，或者这位居民已经“退出”");
  await tried(refresh);
  S.sending = S.sending.filter((one) => one !== shown);
  drawTalk(actions);
  drawPhone(actions);
  return Boolean(done);
}

async function advance(body) {
  tellClock({ ...S.clock, start: S.clock.now, until: S.clock.now });
  tick();
  const done = await tried(() => post("advance", body, 0));
  tellClock(done ? done.clock : { ...S.clock, start: null, until: null });
  tick();
  soon();
}

const talkPath = () => (S.place === "" ? `directs/${part(S.who)}/messages` : `groups/${group().id}/messages`);
const threadPath = () => `directs/${part(S.person)}/messages`;

async function pageBack(path, lines, before) {
  const found = await tried(() => get(`${path}?before=${part(S[before])}`));
  if (!found) return;
  S[lines] = [...found.lines, ...S[lines]];
  S[before] = found.before;
  draw();
}

// The newest page as it is now, behind the older ones that were paged back to.
function joined(old, before, page) {
  const first = page.lines[0];
  const at = first ? old.findIndex((line) => line.key === first.key) : -1;
  return at > 0 ? [[...old.slice(0, at), ...page.lines], before] : [page.lines, page.before];
}

async function refresh() {
  const place = S.place;
  const [who, person, chosen] = [S.who, S.person, S.chosen];
  const [street, talk, issues, directs, thread, detail] = await Promise.all([
    get("state"), S.who || place ? get(talkPath()) : { lines: [], before: null }, get("issues"), get("directs"),
    person ? get(threadPath()) : null, chosen ? get(`issues/${chosen}`) : null,
  ]);
  S.street = street;
  if (S.clock === null || !S.clock.until) tellClock(street.clock);
  if (S.place === place && (place !== "" || S.who === who)) [S.lines, S.before] = joined(S.lines, S.before, talk);
  S.issues = issues.issues;
  tellDirects(directs.people);
  if (thread && S.person === person) [S.thread, S.threadBefore] = joined(S.thread, S.threadBefore, thread);
  if (detail && S.chosen === chosen) S.detail = detail;
  if (!S.person && S.directs.length) actions.person(firstPerson());
  markSeen();
  draw();
}

function markSeen() {
  const shown = S.tab === "direct" || getComputedStyle($("thread").parentElement).display !== "none";
  if (shown && S.person) S.seen[S.person] = S.directs?.find((one) => one.person === S.person)?.count ?? 0;
}

function draw() {
  drawSide(actions);
  drawHead(actions);
  drawTalk(actions);
  drawComposer();
  drawIssues(actions);
  drawPhone(actions);
  tick();
}

function tab(name) {
  S.tab = name;
  document.body.dataset.tab = name;
  for (const button of document.querySelectorAll(".tabs button")) button.setAttribute("aria-pressed", String(button.dataset.tab === name));
  markSeen();
  for (const id of ["lines", "thread"]) $(id).drawn = null; // what was hidden could not be scrolled
}

async function start() {
  fill($("lines"), h("p", { class: "empty" }, "正在打开街道……"));
  try {
    S.street = await get("state");
  } catch (error) {
    link("down", "没有连上");
    const again = h("button", { type: "button", class: "quiet-button", onclick: start }, "再试一次");
    fill($("lines"), h("div", { class: "empty", role: "alert" }, h("b", {}, "打不开沙盒"), h("p", {}, error.message), again));
    return;
  }
  tellClock(S.street.clock);
  const kept = recalled();
  const known = kept.place === "" || S.street.groups.some((one) => one.key === kept.place);
  choose(known ? kept.place : (S.street.groups[0]?.key ?? ""), kept.who ?? null);
  makeComposer(actions);
  makePhone(actions);
  makeClock(advance);
  for (const button of document.querySelectorAll(".tabs button")) {
    button.addEventListener("click", () => (tab(button.dataset.tab), draw()));
  }
  draw();
  const told = ({ now, start: from, until }) => (tellClock({ now, start: from, until }), tick());
  follow(soon, told);
  soon();
}

start();
