"""Planned outages in a notice's words: what will be off, from when until when, or that it is off no more.

«停水通知：明天9:00—17:00…», «今晚22点到明早6点停电检修», «预计18:00恢复供水». Pure: the caller says who may announce.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from domain.words import Category as C
from handlers.classify.normalise import normalise
from handlers.classify.when import number

_LONGEST = 400  # code points looked at: a notice says at its beginning what is off and when
_MOST_DAYS = 7  # what is off for longer is no outage to be waited for
_FARTHEST = timedelta(days=60)  # a date without a year lies less than this back or ahead of everything else
_EVENING = 22  # of a day without an end, the hour after which it is not waited for any more

_OFF: dict[C, str] = {
    C.WATER: r"(?<!不)(?:停|断)(?:自来)?水|(?:暂停|停止|中断|停)(?:供水|用水)",
    C.POWER: r"(?<!不)(?:停|断)电(?!梯|视|话|动|瓶)|(?:暂停|停止|中断|停)(?:供电|送电|用电)",
    C.GAS: r"(?<!不)(?:停|断)(?:燃气|煤气|天然气|气)|(?:暂停|停止|中断|停)(?:供气|用气)",
    C.HEATING: r"(?<!不)(?:停|断)(?:暖|热(?!水))|(?:暂停|停止|中断|停)(?:供暖|供热)",
    C.NETWORK: r"(?:断|停)网|网络.{0,4}(?:中断|暂停|割接|升级|检修)",
    C.ELEVATOR: r"电梯.{0,14}(?:停运|停用|停梯|关停|检修|维保|年检|保养|(?:暂停|停止)(?:使用|运行))",
}
"""What a notice calls an outage, by category."""
_IS_OFF = {category: re.compile(words) for category, words in _OFF.items()}

OFF_RULES: dict[C, tuple[str, ...]] = {
    C.WATER: ("outage", "vague", "talk", "talk.announced", "talk.cut2", "petition.cut", "everyday.none"),
    C.POWER: ("outage", "vague", "talk", "talk.dark", "everyday.dark"),
    C.GAS: ("outage", "no_gas", "talk.stove", "everyday.out"),
    C.HEATING: ("outage", "cold", "room", "vague", "talk", "everyday.off", "everyday.lukewarm"),
    C.NETWORK: ("down", "tv", "vague", "talk", "everyday.down"),
    C.ELEVATOR: ("stopped", "vague", "petition.out", "everyday.out", "everyday.stairs"),
}
"""The rules that say no more than that it is off: what else residents tell of during an outage is another matter."""

_CALLED_OFF = re.compile(r"取消|不停[水电气暖网]?了|不再停|暂不停|不用停|停[水电气暖网]结束|提前恢复|已(?:经)?恢复")
_MOVED = re.compile(r"(?:延长|延迟|延后|延期|推迟|顺延|延|改|调整|变更|提前)(?:了)?(?:至|到|为|成)")
_ASKED = re.compile(r"[?？]|吗|什么时候|几点|是不是|有没有|会不会|如果|要是|万一")

_NUMBER = r"\d{1,2}|[零一二两三四五六七八九十]{1,3}"
_PARTS = {
    "凌晨": (0, 6), "清晨": (5, 8), "早上": (6, 9), "早晨": (6, 9), "上午": (8, 12), "中午": (11, 13),
    "下午": (12, 18), "傍晚": (17, 19), "晚上": (18, 22), "夜间": (22, 30), "夜里": (22, 30), "半夜": (0, 6),
    "晚": (18, 22), "早": (6, 9),
}  # fmt: skip
"""Part of a day → the hours it lasts; past 24 it ends on the next day."""
_DAYS = {"前天": -2, "昨": -1, "今": 0, "明": 1, "后天": 2, "大后天": 3}
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_TOKEN = re.compile(
    r"(?P<day>大后天|后天|前天|(?:昨|今|明)(?:天|日|晚|早|儿)?(?=天|日|晚|早|[上下中]午|凌晨|夜|傍晚|\d|[零一二两三四五六七八九十]|\W|$|全天|"
    r"[停断暂起开因进将对]))"
    r"|(?P<next>次日|第二天|翌日)"
    r"|(?<![(（])(?P<week>下下|下|这|本)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    rf"|(?:(?P<year>20\d\d)[年./-])?(?P<month>{_NUMBER})月(?P<date>{_NUMBER})(?:日|号)?"
    r"|(?:(?P<year2>20\d\d)[./-])?(?<![\d.:：])(?P<month2>1[0-2]|0?[1-9])[./](?P<date2>3[01]|[12]\d|0?[1-9])"
    rf"(?=日|号|[^\d.小个米元度吨%号楼]|$)(?:日|号)?"
    rf"|(?P<date3>{_NUMBER})(?:日|号)(?![楼栋幢座院门线机泵表])"
    rf"|(?P<part>{_PART})?(?:的)?(?:(?P<hour>\d{{1,2}})[:：](?P<minute>\d{{2}})"
    rf"|(?P<hour2>{_NUMBER})(?:点钟|点|时(?![间候段刻]))(?P<past>半|整|\d{{1,2}}分?(?!\d))?)"
    rf"|(?P<alone>{_PART})"
)
_SPOKEN_RANGE = re.compile(r"(?<![\d:：.月])(\d{1,2})(?=\s*[-—–~～至到]{1,2}\s*\d{1,2}\s*(?:点|时))")
_SHORT_RANGE = re.compile(r"早上?(\d{1,2})点?\s*[-—–~～至到]?\s*晚上?(\d{1,2})(?:点|(?=\D|$))")
_BETWEEN = re.compile(
    r"^\s*(?:分|左右)?\s*(?:[-—–~～]{1,2}|至|到|起至|起到|开始到|开始至)[^，,。；;\d]{0,6}(?:\d{1,2}[月日号]?){0,2}\D{0,3}$"
)
_UNTIL_BEFORE = re.compile(r"(?:至|到|截至|截止|预计|预计在|大约|大概|争取|恢复.{0,6})\s*$")
_UNTIL_AFTER = re.compile(
    r"^\s*(?:分)?(?:左右|之前|以前|前|许)?[，,]?(?:就?能|可|会|将|才)?(?:全部|陆续|逐步)?(?:恢复|来[水电气暖]|通[水电气]|送[水电]|供[水电气暖热]|完工|结束|修好|正常|可以用)"
)
_LASTS = re.compile(rf"(半|{_NUMBER}|\d{{1,3}})个?(半)?(小时|钟头|天)")
_COMES_BACK = re.compile(rf"(?:{_PART})[^，。,;；]{{0,4}}(?:恢复|来[水电气暖]|[通送供][水电气暖热])")
_WHOLE_DAY = re.compile(r"全天|整天|一整天")


@dataclass(frozen=True, slots=True)
class Announced:
    """What will be off. Times are local and aware; ``surely``: the notice itself names the end; ``instead``: it
    moves an outage announced before."""

    categories: tuple[C, ...]
    starts_at: datetime
    ends_at: datetime
    surely: bool
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """An outage announced before ends at another time, or is called off (``None``). No category: whichever is on."""

    categories: tuple[C, ...]
    ends_at: datetime | None


def off_in(text: str) -> tuple[C, ...]:
    """The categories that a normalised text says are off."""
    return tuple(category for category, words in _IS_OFF.items() if words.search(text))


def announced_outage(text: str, now: datetime) -> Announced | None:
    """The outage that ``text`` announces, or ``None``: nothing is off, no time is said, or the time is over.

    ``now`` is local and aware.
    """
    plain = normalise(text).text[:_LONGEST]
    categories = off_in(plain)
    if not categories or _ASKED.search(plain) or _CALLED_OFF.search(plain):
        return None
    moved = list(_MOVED.finditer(plain))
    span = _span(plain[moved[-1].end() :] if moved else plain, now)
    if span is None or (moved and not span[2]):
        return None
    starts, ends, surely = span
    if not (starts < ends and ends > now and ends - starts <= timedelta(days=_MOST_DAYS) and starts < now + _FARTHEST):
        return None
    return Announced(categories, starts, ends, surely, bool(moved))


def changed_outage(text: str, now: datetime) -> Changed | None:
    """«停水取消了», «检修延长到20:00», «预计晚上8点恢复供水»: a change of an outage announced before."""
    plain = normalise(text).text[:_LONGEST]
    if _ASKED.search(plain):
        return None
    categories = off_in(plain) or tuple(c for c, names in _NAMED.items() if any(name in plain for name in names))
    if _CALLED_OFF.search(plain):
        return Changed(categories, None) if categories else None
    moved = list(_MOVED.finditer(plain))
    found, _days, _part = _moments(plain[moved[-1].end() :] if moved else plain, now)
    if not found or not (moved or _UNTIL_BEFORE.search(plain[: found[-1].start]) or _is_end(plain, found[-1])):
        return None
    return Changed(categories, found[-1].at) if found[-1].at > now else None


_NAMED = {
    C.WATER: ("水",),
    C.POWER: ("电力", "供电", "送电", "来电", "通电", "停电"),
    C.GAS: ("燃气", "煤气", "天然气", "供气", "通气"),
    C.HEATING: ("暖", "供热"),
    C.NETWORK: ("网络", "宽带", "断网"),
    C.ELEVATOR: ("电梯",),
}


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    start: int
    end: int


def _span(text: str, now: datetime) -> tuple[datetime, datetime, bool] | None:
    """From when until when, and whether the end is said."""
    text = _SHORT_RANGE.sub(r"早上\1点-晚上\2点", _SPOKEN_RANGE.sub(r"\1点", text))
    found, days, part = _moments(text, now)
    for first, second in pairwise(found):
        if _BETWEEN.match(text[first.end : second.start]):
            return first.at, second.at, True
    lasts = _lasts(text)
    if len(found) > 1:
        return found[0].at, found[-1].at, True
    if found:
        only = found[0]
        if _UNTIL_BEFORE.search(text[: only.start]) or _is_end(text, only):
            begins = only.at.replace(hour=0, minute=0)
            return (now if begins <= now else begins), only.at, True
        if lasts:
            return only.at, only.at + lasts, True
        return only.at, max(only.at.replace(hour=_EVENING, minute=0), only.at + timedelta(hours=6)), False
    if not days:
        return (now, now + lasts, True) if lasts else None
    return _days_span(text, days[0], days[-1], part, now)


def _days_span(text: str, opens: datetime, last: datetime, part: str, now: datetime) -> tuple[datetime, datetime, bool]:
    """A span in whole days or parts of one; ``opens`` and ``last`` are midnights."""
    if part and opens == last:
        begin, end = _PARTS[part]
        begin = 0 if _COMES_BACK.search(text) else begin  # «大概下午来水» says only when it ends
        return opens + timedelta(hours=begin), opens + timedelta(hours=end), True
    if opens == last and re.search(r"[至到]|截止", text) and opens > now:
        opens = now
    return opens, last + timedelta(days=1), opens != last or bool(_WHOLE_DAY.search(text))


def _is_end(text: str, moment: _Moment) -> bool:
    return bool(_UNTIL_AFTER.match(text[moment.end :]))


def _moments(text: str, now: datetime) -> tuple[list[_Moment], list[datetime], str]:
    """Every clock time in its day, the days named (their midnights), and the part of a day said without an hour."""
    found: list[_Moment] = []
    days: list[datetime] = []
    part, fresh, spread = "", False, False  # fresh: a day was named since the last hour; spread: the next is of its end
    for token in _TOKEN.finditer(text):
        day = _day(token, now, days)
        if day is not None:
            days.append(day)
            fresh = True
            part = {"晚": "晚上", "早": "早上"}.get((token["day"] or "")[-1:], "")
            continue
        if token["alone"]:
            part = token["alone"]
            continue
        if token["date"] or token["date2"] or token["date3"]:
            return [], [], ""  # a day that does not exist: what was meant is not guessed
        hour, minute = number(token["hour"] or token["hour2"]), _past(token)
        if hour is None or hour > 24 or minute > 59:
            continue
        part = token["part"] or part
        both = not found and len(days) > 1  # «25日至26日，9:00至17:00»: the first hour is of the first day
        today = days[0 if both else -1] if days else now.replace(hour=0, minute=0, second=0, microsecond=0)
        before = found[-1].at if found and not fresh and not spread else None
        at = _clock(today, hour, minute, part, before)
        spread = both
        found.append(_Moment(at, token.start(), token.end()))
        fresh = False
    return found, days, part


def _clock(day: datetime, hour: int, minute: int, part: str, before: datetime | None) -> datetime:
    """The moment of an hour; after ``before`` when it ends a span: «晚上10点到6点» ends in the morning."""
    said = day + timedelta(hours=_hour(hour, part), minutes=minute)
    if before is None:
        return said
    plain = day + timedelta(hours=hour, minutes=minute)
    later = [said, plain, *([plain + timedelta(hours=12)] if hour < 12 else []), plain + timedelta(days=1)]
    return next((one for one in later if one >= before), said)


def _hour(hour: int, part: str) -> int:
    if not part or hour > 12:
        return hour
    if part == "中午":
        return hour + 12 if hour < 4 else hour
    if part in ("夜间", "夜里", "晚上", "晚"):
        return hour + 12 if 5 <= hour < 12 else hour + 24 if hour == 12 else hour + 24 if hour < 5 else hour
    return hour + 12 if part in ("下午", "傍晚") and hour < 12 else hour


def _past(token: re.Match[str]) -> int:
    if token["minute"]:
        return int(token["minute"])
    said = token["past"] or ""
    return 30 if said == "半" else int(said.rstrip("分")) if said[:1].isdigit() else 0


def _day(token: re.Match[str], now: datetime, days: list[datetime]) -> datetime | None:
    """The midnight of the day that a token names."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if token["day"]:
        word = token["day"]
        return midnight + timedelta(days=_DAYS[word if word in _DAYS else word[0]])
    if token["next"]:
        return (days[-1] if days else midnight) + timedelta(days=1)
    if token["weekday"]:
        ahead = "一二三四五六日天".index(token["weekday"]) % 7 if token["weekday"] != "天" else 6
        ahead -= midnight.weekday()
        weeks = len(token["week"]) if (token["week"] or "") in ("下", "下下") else int(ahead < 0)
        return midnight + timedelta(days=ahead + 7 * weeks)
    month, date = number(token["month"] or token["month2"]), number(token["date"] or token["date2"] or token["date3"])
    if not date:
        return None
    year = token["year"] or token["year2"]
    if month is None:
        base = days[-1] if days else midnight
        month, year = base.month, year or str(base.year)
    return _dated(midnight, int(year) if year else None, month, date)


def _dated(midnight: datetime, year: int | None, month: int, date: int) -> datetime | None:
    known = year or midnight.year
    if not 1 <= month <= 12 or date > calendar.monthrange(known, month)[1]:
        return None
    at = midnight.replace(year=known, month=month, day=date)
    return at if year or at >= midnight - _FARTHEST else _dated(midnight, known + 1, month, date)


def _lasts(text: str) -> timedelta | None:
    found = _LASTS.search(text)
    if not found:
        return None
    amount = 0.5 if found[1] == "半" else float(number(found[1]) or 0)
    hours = (amount + (0.5 if found[2] else 0)) * (24 if found[3] == "天" else 1)
    return timedelta(hours=hours) if 0 < hours <= _MOST_DAYS * 24 else None
