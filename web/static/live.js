// Live updates: the service says that something happened; the page reads what it shows.

import { get } from "./api.js";
import { $ } from "./dom.js";

const GATHER = 120; // ms: a burst of changes is read once

export function follow(changed, told) {
  const source = new EventSource("/api/sandbox/events");
  source.onopen = () => link("up", "实时");
  source.onmessage = (event) => {
    link("up", "实时");
    told(JSON.parse(event.data));
    changed();
  };
  source.onerror = () => {
    link("down", "已断开，正在重连");
    if (source.readyState === EventSource.CLOSED) again(changed, told);
  };
  addEventListener("pagehide", () => source.close());
}

// The browser gives up when the service answers but refuses: after a restart the link has another token.
async function again(changed, told) {
  try {
    await get("state");
  } catch (error) {
    if (error.status === 403) {
      link("down", "链接已失效，请打开新打印的链接");
      return;
    }
  }
  setTimeout(() => follow(changed, told), 3000);
}

export function link(state, text) {
  $("link").className = `link ${state}`;
  $("link").querySelector("b").textContent = text;
  $("link").title = text;
}

// Run `work` soon; never twice at once, and once more when something happened meanwhile.
export function gathered(work) {
  let timer = null;
  let running = false;
  let again = false;
  async function run() {
    timer = null;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (again) {
        again = false;
        soon();
      }
    }
  }
  function soon() {
    timer ??= setTimeout(run, GATHER);
  }
  return soon;
}
