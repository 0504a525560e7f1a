// Times are shown as the street's zone writes them, whatever the zone of this browser.

const DAYS = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

export const hour = (iso) => iso.slice(11, 16);

export const dayOf = (iso) => iso.slice(0, 10);

export function date(iso) {
  const [year, month, day] = dayOf(iso).split("-").map(Number);
  return `${month}月${day}日 ${DAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()]}`;
}

export function stamp(iso, now) {
  const days = Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(iso))) / 86400000);
  if (days === 0) return hour(iso);
  if (days === 1) return `昨天 ${hour(iso)}`;
  if (days === -1) return `明天 ${hour(iso)}`;
  const [, month, day] = dayOf(iso).split("-").map(Number);
  return `${month}月${day}日 ${hour(iso)}`;
}

// An instant written in the zone of `like`, to the second.
export function isoLike(ms, like) {
  const zone = like.slice(-6);
  const sign = zone[0] === "-" ? -1 : 1;
  const shift = /^[+-]\d\d:\d\d$/.test(zone) ? sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) : 0;
  return new Date(ms + shift * 60000).toISOString().slice(0, 19) + (shift ? zone : "Z");
}

export function left(ms) {
  if (ms <= 0) return "马上";
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}小时${minutes % 60 ? `${minutes % 60}分` : ""}`;
  return `${Math.floor(hours / 24)}天${hours % 24 ? `${hours % 24}小时` : ""}`;
}

export function lasted(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return "不到1分钟";
  if (minutes < 60) return `${minutes}分钟`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}小时${minutes % 60 ? `${minutes % 60}分` : ""}`;
  return `${Math.floor(minutes / 1440)}天`;
}
