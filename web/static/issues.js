// What the bot made of it: a card an issue; the chosen one shows why, what next and what happened.

import { $, fill, h, keyed } from "./dom.js";
import { S } from "./model.js";
import { hour, lasted, stamp } from "./time.js";

const LIVE = new Set(["suspected", "open", "answered", "council"]);
let known = null;

export function drawIssues(actions) {
  const into = $("issues");
  if (!S.issues) return;
  const open = S.issues.filter((one) => LIVE.has(one.state.code)).length;
  $("issue-count").textContent = S.issues.length ? `${open} 件未了结` : "";
  $("dot-issues").hidden = !S.issues.some((one) => one.state.code === "open");
  if (!S.issues.length) {
    return fill(into, h("div", { class: "empty" }, h("b", {}, "还没有诉求"), "居民在群里说到停水、电梯、漏水这类事情，楼铃就在这里登记一件。"));
  }
  const fresh = new Set(known ? S.issues.filter((one) => !known.has(one.id)).map((one) => one.id) : []);
  known = new Set(S.issues.map((one) => one.id));
  const items = S.issues.map((one) => ({ one: { ...one, seconds: LIVE.has(one.state.code) ? 0 : one.seconds }, detail: one.id === S.chosen ? (S.detail ?? {}) : null, day: S.clock.now.slice(0, 10) }));
  return keyed(into, items, (item) => item.one.id, (item, old) => card(item, actions, fresh.has(item.one.id), old));
}

function card({ one, detail }, actions, fresh, old) {
  const node = h("article", { class: ["issue", detail && "is-open", fresh && "fresh"].filter(Boolean).join(" "), data: { issue: one.id } });
  const top = h(
    "button",
    { type: "button", class: "issue-top", "aria-expanded": detail ? "true" : "false", onclick: () => actions.issue(detail ? null : one.id) },
    h("span", { class: "issue-line" }, h("span", { class: "cat" }, one.category.zh), h("span", { class: "no" }, `#${one.number}`),
      one.urgency.code !== "normal" && h("span", { class: `tag ${one.urgency.code}` }, one.urgency.zh),
      h("span", { class: `tag state ${one.state.code}` }, one.state.zh)),
    h("span", { class: "issue-said" }, one.summary || "（无文字）"),
    h("span", { class: "issue-where" }, [`${one.building}${one.place ? ` ${one.place}` : ""}`, one.people > 1 && `${one.people} 人反映`, one.assignee && `${one.assignee} 负责`].filter(Boolean).join(" · ")),
    nextLine(one),
  );
  node.append(top);
  if (detail) node.append(body(one, detail, actions, old));
  return node;
}

function nextLine(one) {
  if (!one.next) return h("span", { class: "issue-next" }, h("span", { class: "what" }, one.why ? `原因：${one.why}` : `用时 ${lasted(one.seconds)}`));
  const to = one.next.to.length ? ` → ${one.next.to.join("、")}` : "";
  return h(
    "span", { class: "issue-next" },
    h("span", { class: one.next.escalation ? "what grave" : "what" }, `${one.next.what}${to}`),
    h("span", { class: "left", data: { until: one.next.at } }),
  );
}

function body(one, detail, actions, old) {
  if (detail.id !== one.id) return h("div", { class: "issue-body" }, h("p", { class: "empty" }, "正在取……"));
  const sendsOpen = Boolean(old?.querySelector("details")?.open);
  return h(
    "div", { class: "issue-body" },
    part("原话和依据", evidence(detail)),
    part("这件事", facts(one, detail)),
    part(one.state.code === "open" ? "没人回应的话" : "接下来", ahead(detail)),
    part("经过", trail(detail.timeline)),
    detail.prompts.length ? part("提问", prompts(detail.prompts)) : "",
    detail.sends.length ? h("section", { class: "part" }, sends(detail.sends, sendsOpen)) : "",
    h("p", { class: "part" }, h("button", { type: "button", class: "quiet-button", onclick: () => actions.place(groupKey(one.group.id)) }, "到这个群里看")),
  );
}

const groupKey = (id) => S.street.groups.find((group) => group.id === id)?.key ?? "";

const part = (title, ...inside) => h("section", { class: "part" }, h("h3", {}, title), ...inside);

function evidence(detail) {
  const pieces = detail.evidence.pieces.map((piece) => (piece.role ? h("mark", { class: piece.role }, piece.text) : piece.text));
  const words = detail.evidence.words.map((word) =>
    h("li", {}, h("b", {}, `“${word.keyword}”`), ` ${word.role_zh} `, h("code", {}, word.rule)),
  );
  const later = detail.reports_list.slice(1).map((one) => h("li", {}, h("b", {}, one.by), `：${one.text}`));
  return [
    h("p", { class: "said" }, pieces.length ? pieces : "（已撤回或没有文字）"),
    words.length ? h("ul", { class: "why" }, words) : "",
    later.length ? h("ul", { class: "why" }, later) : "",
  ];
}

function facts(one, detail) {
  const rows = [
    ["反映人", `${one.reporter}${one.people > 1 ? ` 等 ${one.people} 人` : ""}`],
    ["三事分流", one.tier.zh],
    ["负责人", one.assignee || "还没有"],
    ["回应时限", `${stamp(detail.response_at, S.clock.now)}${one.answered ? "（已回应）" : ""}`],
    ["承诺时间", detail.promise_at && stamp(detail.promise_at, S.clock.now)],
    ["办结时限", stamp(detail.resolution_at, S.clock.now)],
  ];
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function ahead(detail) {
  if (!detail.ahead.length) return h("p", { class: "none" }, "这件事已经了结，不再响铃。");
  const same = (one, index) => index > 0 && one.to.join() === detail.ahead[index - 1].to.join();
  const step = (one, index) => h(
    "li", { class: one.escalation ? "grave" : one.at ? "" : "after" },
    h("time", {}, one.at ? stamp(one.at, S.clock.now) : "……"),
    h("div", {}, one.what, index === 0 && h("span", { class: "left" }, " ", h("span", { data: { until: one.at } })), one.to.length ? h("small", {}, same(one, index) ? "同上" : one.to.join("、")) : ""),
  );
  return h("ol", { class: "trail ahead" }, detail.ahead.map(step));
}

const GRAVE = new Set(["issue_escalated", "issue_raised", "issue_reopened", "nobody_on_duty", "send_failed"]);
const GOOD = new Set(["issue_resolved", "issue_closed"]);

function trail(events) {
  const one = (event) => h(
    "li", { class: GRAVE.has(event.what) ? "grave" : GOOD.has(event.what) ? "good" : "" },
    h("time", {}, event.at.slice(0, 10) === S.clock.now.slice(0, 10) ? hour(event.at) : stamp(event.at, S.clock.now)),
    h("div", {}, event.text, h("small", {}, event.by)),
  );
  return h("ol", { class: "trail" }, events.map(one));
}

function prompts(list) {
  const row = (one) => h(
    "li", {},
    h("span", { class: "grow" }, `${one.of}：${one.kind}？`),
    h("span", { class: `tag ${{ open: "open", answered: "resolved" }[one.state] ?? ""}` }, one.state_zh),
  );
  return h("ul", { class: "rows" }, list.map(row));
}

function sends(list, open) {
  const row = (one) => h("li", {}, `${stamp(one.at, S.clock.now)} → ${one.to} · ${one.purpose} · ${one.state_zh}`, h("p", {}, one.text));
  return h("details", { open }, h("summary", {}, `发出的消息（${list.length}）`), h("ul", { class: "sends" }, list.map(row)));
}
