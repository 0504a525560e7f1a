// Talking to the service: JSON in and out, one clear line when it says no.

export class Refused extends Error {
  constructor(line, status) {
    super(line);
    this.status = status;
  }
}

async function ask(path, options = {}, seconds = 20) {
  let answer;
  try {
    answer = await fetch(`/api/sandbox/${path}`, { ...options, signal: seconds ? AbortSignal.timeout(seconds * 1000) : null });
  } catch (error) {
    throw new Refused(error.name === "TimeoutError" ? "服务很久没有回答，请稍后再试" : "连不上服务，请确认楼铃还在运行", 0);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body.error ?? `请求失败（${answer.status}）`, answer.status);
  return body;
}

export const get = (path) => ask(path);

export const post = (path, body, seconds = 60) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }, seconds);

export const part = encodeURIComponent;
