// What the page knows, and the only place that changes it.

export const S = {
  street: null, // groups, people, residents, examples
  clock: null, // {now, start, until} as the service last told
  heardAt: 0, // when it told, in this browser's time
  place: null, // key of the chosen group; "" is the direct message to the bot
  who: null, // id of the person this browser plays
  lines: [], // the conversation in the middle, oldest first
  before: null, // cursor of the page before it
  sending: [], // own lines on their way
  quote: null, // the line that is being quoted
  mentions: new Map(), // name → id mentioned in the text that is being written
  issues: null,
  chosen: null, // id of the issue that is looked at
  detail: null,
  directs: null, // who has direct messages, in an order that does not jump about
  person: null, // whose phone is shown
  thread: [],
  threadBefore: null,
  seen: {}, // direct messages seen, by person
  tab: "chat",
};

export const group = () => S.street.groups.find((one) => one.key === S.place) ?? null;

export const staffOf = (id) => S.street.people.find((one) => one.id === id) ?? null;

export const residentOf = (id) => S.street.residents.find((one) => one.id === id) ?? null;

export function called(id) {
  const staff = staffOf(id);
  if (staff) return { id, name: staff.name, note: dutyHere(id) || staff.duty, staff: true };
  const resident = residentOf(id);
  if (resident) return { id, name: resident.alias || resident.name, note: "居民", staff: false };
  return { id, name: id, note: "", staff: false };
}

export function dutyHere(id) {
  return group()?.staff.find((one) => one.id === id)?.duty ?? "";
}

export const isStaff = (id) => Boolean(staffOf(id));

// The sandbox clock now, in milliseconds: as told, plus what passed since. While it moves it stands still between tellings.
export function clockMs() {
  const told = Date.parse(S.clock.now);
  return S.clock.until ? told : told + (performance.now() - S.heardAt);
}

export function tellClock(clock) {
  S.clock = clock;
  S.heardAt = performance.now();
}

export function membersHere() {
  const here = group();
  if (!here) return { residents: S.street.residents, staff: S.street.people.map((one) => ({ id: one.id, duty: one.duty })) };
  return { residents: S.street.residents.filter((one) => one.group === here.key), staff: here.staff };
}

export function choose(place, who) {
  S.place = place;
  const resident = residentOf(who);
  const fits = who && (place === "" || !resident || resident.group === place);
  const first = membersHere().residents[0] ?? membersHere().staff[0];
  S.who = fits ? who : (first?.id ?? null);
  S.quote = null;
  S.mentions.clear();
  remember();
}

export function remember() {
  try {
    sessionStorage.setItem("louling", JSON.stringify({ place: S.place, who: S.who }));
  } catch {
    // a private window may refuse: the page works without
  }
}

export function recalled() {
  try {
    return JSON.parse(sessionStorage.getItem("louling")) ?? {};
  } catch {
    return {};
  }
}

// Who is known keeps their place; newcomers come first.
export function tellDirects(people) {
  const old = new Map((S.directs ?? []).map((one, index) => [one.person, index]));
  const place = (one) => old.get(one.person) ?? -1;
  S.directs = [...people].sort((a, b) => place(a) - place(b));
}

// Whose phone to show first: a grid head, for whom the bell rings first.
export function firstPerson() {
  const heads = new Set(S.street.people.filter((one) => one.duty === "网格长").map((one) => one.id));
  return (S.directs.find((one) => heads.has(one.person)) ?? S.directs[0])?.person ?? null;
}

export function unread(person) {
  const entry = S.directs?.find((one) => one.person === person);
  return Math.max(0, (entry?.count ?? 0) - (S.seen[person] ?? 0));
}
