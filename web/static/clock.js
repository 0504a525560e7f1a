// The sandbox clock: what time the street has, moving it, and every countdown on the page.

import { $, fill, h } from "./dom.js";
import { S, clockMs } from "./model.js";
import { date, hour, isoLike, left } from "./time.js";

const STEPS = [
  { label: () => "+5 分钟", body: { minutes: 5 } },
  { label: () => "+30 分钟", body: { minutes: 30 } },
  { label: () => "+4 小时", body: { minutes: 240 } },
  { label: (now) => (now < "18:00" ? "到 18:00" : "到明天 18:00"), body: { to: "18:00" } },
  { label: (now) => (now < "08:30" ? "到 8:30" : "到明早 8:30"), body: { to: "08:30" } },
];

export function makeClock(advance) {
  const button = (step) => h("button", { type: "button", class: "quiet-button", onclick: () => advance(step.body), data: { step: JSON.stringify(step.body) } });
  fill($("steps"), STEPS.map(button));
  setInterval(tick, 500);
}

export function tick() {
  if (!S.clock) return;
  const ms = clockMs();
  const now = isoLike(ms, S.clock.now);
  text($("clock-time"), hour(now));
  $("clock-time").dateTime = now;
  text($("clock-date"), date(now));
  [...$("steps").children].forEach((button, index) => {
    text(button, STEPS[index].label(hour(now)));
    button.disabled = Boolean(S.clock.until);
  });
  progress(ms);
  for (const node of document.querySelectorAll("[data-until]")) text(node, left(Date.parse(node.dataset.until) - ms));
}

function progress(ms) {
  const run = $("clock-run");
  const moving = Boolean(S.clock.until);
  run.hidden = !moving;
  document.body.classList.toggle("moving", moving);
  if (!moving) return;
  const start = Date.parse(S.clock.start);
  const share = Math.min(1, Math.max(0.02, (ms - start) / Math.max(1, Date.parse(S.clock.until) - start)));
  run.firstElementChild.style.transform = `scaleX(${share})`;
  run.setAttribute("aria-valuenow", String(Math.round(share * 100)));
}

function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}
