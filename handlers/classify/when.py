"""When somebody promised to come or be done: 下午三点, 3点半, 15:00, 明天上午, 半小时后, 今晚, 周五, 28号."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

from handlers.classify.normalise import normalise

_DIGITS = {"零": 0, "〇": 0, "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMBER = r"\d{1,2}|[零〇一二两三四五六七八九十]{1,3}"
_PARTS = {
    "凌晨": (0, 6), "清早": (5, 8), "早上": (5, 9), "早晨": (5, 9), "上午": (5, 12), "中午": (11, 13), "午后": (12, 15),
    "下午": (12, 18), "傍晚": (17, 19), "晚上": (18, 22), "夜里": (20, 23), "半夜": (0, 6), "今早": (5, 9),
    "明早": (5, 9), "今晚": (18, 22), "明晚": (18, 22), "下班前": (12, 18), "下班": (12, 18), "早": (5, 9),
    "晚": (18, 22),
}  # fmt: skip
"""Part of a day → (first hour, hour by which a promise for that part is due)."""
_DAYS = {
    "今天": 0, "今日": 0, "今早": 0, "今晚": 0, "今": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "明儿": 1, "明": 1,
    "大后天": 3, "后天": 2,
}  # fmt: skip
_END_OF_DAY = 18
_PART_WORDS = "|".join(sorted(_PARTS, key=len, reverse=True))
_DAY = re.compile(r"大后天|后天|今天|今日|今早|今晚|明天|明日|明早|明晚|明儿|(?:今|明)(?=上午|下午|早|晚|中午)")
_WEEKDAY = re.compile(r"(下下|下|这|本)?个?(?:周|星期|礼拜)([一二三四五六日天])")
_WEEKEND = re.compile(r"(下)?周末")
_DATE = re.compile(rf"(?:({_NUMBER})月)?({_NUMBER}|[二三]?十[一二三四五六七八九])(?:号|日)(?!楼|院|线|门|车)")
_CLOCK = re.compile(
    rf"({_PART_WORDS})?(?:的)?(?:({_NUMBER})(?:点钟|点|时(?!间|候))(半|一刻|三刻|(?:{_NUMBER})分?(?!\d))?|(\d{{1,2}})[:：](\d{{2}}))"
)
_PART = re.compile(_PART_WORDS)
_LATER = re.compile(
    rf"(半|{_NUMBER}|\d{{1,3}}|几)个?(半)?(小时|钟头|分钟|天|刻钟|工作日|周|星期)(半)?(?:之内|以内|内|左右|之后|以后|后|就|能|可)"
)
_SOON = re.compile(
    r"(?:再)?(?:过|等|需要|需|还要|大概|大约|最多|预计)(半|\d{1,3}|[一二两三四五六七八九十]{1,3})个?(半)?(小时|钟头|分钟|天)(半)?"
)
_UNITS = {"小时": 60, "钟头": 60, "分钟": 1, "刻钟": 15, "天": 1440, "工作日": 1440, "周": 10080, "星期": 10080}
_MENTIONS = (_CLOCK, _DAY, _WEEKDAY, _LATER, _SOON, _PART)


def mentions_time(text: str) -> bool:
    """Whether a normalised text names a time at all; no clock is needed to say so."""
    return any(pattern.search(text) for pattern in _MENTIONS)


def promised_time(text: str, now: datetime) -> datetime | None:
    """The moment by which ``text`` says something will have happened, or ``None``.

    ``now`` is aware, in the street's zone, and so is the result; it is never before ``now`` except when
    nothing later can be meant. A part of a day without an hour is due at that part's end, a day without a part
    at 18:00.
    Of several times the last counts ("9点到11点" is due at 11).
    """
    plain = normalise(text).text[:400]
    later = _LATER.search(plain) or _SOON.search(plain)
    if later:
        minutes = _minutes(later)
        if minutes:
            return now + timedelta(minutes=minutes)
    day = _day(plain, now)
    clocks = list(_CLOCK.finditer(plain))
    if clocks:
        return _at_clock(clocks, plain, day, now)
    part = _last_part(plain)
    if part is not None:
        return _on(day or now, 0, 0).replace(hour=_PARTS[part][1]) if day or now.hour < _PARTS[part][1] else None
    if day is None:
        return None
    due = _on(day, _END_OF_DAY, 0)
    return due if due > now else _on(day, 23, 59)


def _last_part(text: str) -> str | None:
    found = [match.group() for match in _PART.finditer(text) if len(match.group()) > 1]
    return found[-1] if found else None


def _minutes(found: re.Match[str]) -> int:
    unit = _UNITS[found[3]]
    amount = 0.5 if found[1] == "半" else float(number(found[1]) or (3 if found[1] == "几" else 0))
    if found[2] or found[4]:
        amount += 0.5
    return int(amount * unit)


def _day(text: str, now: datetime) -> datetime | None:
    """The day named, at ``now``'s time of day; ``None`` when none is."""
    named = _DAY.search(text)
    if named:
        return now + timedelta(days=_DAYS[named.group()])
    weekday = _WEEKDAY.search(text)
    if weekday:
        return now + timedelta(
            days=_days_to(weekday[1], "一二三四五六日天".index(weekday[2]) % 7 if weekday[2] != "天" else 6, now)
        )
    weekend = _WEEKEND.search(text)
    if weekend:
        return now + timedelta(days=_days_to(weekend[1], 6, now))
    date = _DATE.search(text)
    if date:
        return _date(number(date[1]) if date[1] else None, number(date[2]), now)
    return None


def _days_to(which: str | None, weekday: int, now: datetime) -> int:
    ahead = weekday - now.weekday()
    if which in ("下", "下下"):
        return ahead + 7 * len(which)
    return ahead if ahead >= 0 else ahead + 7


def _date(month: int | None, day: int | None, now: datetime) -> datetime | None:
    if not day or day > 31 or (month is not None and not 1 <= month <= 12):
        return None
    year, at = now.year, month or now.month
    if month is None and day < now.day:
        at += 1
    elif month is not None and (month, day) < (now.month, now.day):
        year += 1
    if at > 12:
        year, at = year + 1, 1
    if day > calendar.monthrange(year, at)[1]:
        return None
    return now.replace(year=year, month=at, day=day)


def _at_clock(clocks: list[re.Match[str]], text: str, day: datetime | None, now: datetime) -> datetime | None:
    last = clocks[-1]
    part = next((clock[1] for clock in reversed(clocks) if clock[1]), None) or _part_before(text, clocks[0].start())
    hour = number(last[2]) if last[2] else int(last[4])
    minute = int(last[5]) if last[5] else _past_hour(last[3])
    if hour is None or hour > 24 or minute > 59:
        return None
    moment = _on(day or now, _hour(hour, part), minute)
    if day is None and moment <= now and part is None and hour < 12:
        moment += timedelta(hours=12)
    if day is None and moment <= now:
        moment += timedelta(days=1)
    return moment


def _part_before(text: str, end: int) -> str | None:
    found = [match.group() for match in _PART.finditer(text, max(0, end - 12), end)]
    return found[-1] if found else None


def _hour(hour: int, part: str | None) -> int:
    if part is None or hour >= 13:
        return hour
    first = _PARTS[part][0]
    if part == "中午":
        return hour + 12 if hour < 4 else hour
    return hour + 12 if first >= 12 and hour < 12 else hour


def _past_hour(words: str | None) -> int:
    if not words:
        return 0
    fixed = {"半": 30, "一刻": 15, "三刻": 45}
    return fixed.get(words, 0) or number(words.rstrip("分")) or 0


def _on(day: datetime, hour: int, minute: int) -> datetime:
    start = day.replace(hour=0, minute=minute, second=0, microsecond=0)
    return start.replace(hour=hour) if hour < 24 else start + timedelta(days=1)


def number(words: str | None) -> int | None:
    """A small number in digits or Chinese characters (up to 99), ``None`` when it is none."""
    if not words:
        return None
    if words.isdecimal():
        return int(words)
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return _DIGITS.get(words)
    high = 1 if not tens else _DIGITS.get(tens, 0)
    return high * 10 + (_DIGITS.get(ones, 0) if ones else 0)
