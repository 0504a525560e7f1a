"""How people write lengths of time, days and names in a command; full or half width, with or without spaces."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from handlers.classify import promised_time

_HAN = {"半": 0.5, "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_NUMBER = r"(?P<number>\d{1,3}(?:\.5)?|[半一两二三四五六七八九十])"
_LENGTH = re.compile(
    rf"{_NUMBER}\s*个?(?P<half>半)?\s*(?P<unit>小时|钟头|分钟|分|天|日|h|m|d)(?P<more>半)?", re.IGNORECASE
)
_UNITS = {"小时": 60, "钟头": 60, "h": 60, "分钟": 1, "分": 1, "m": 1, "天": 1440, "日": 1440, "d": 1440}

_DAY = r"(?:(?P<y{0}>\d{{4}})[.\-/年])?(?:(?P<m{0}>\d{{1,2}})[.\-/月])?(?P<d{0}>\d{{1,2}})[日号]?"
_DAYS = re.compile(_DAY.format(1) + r"(?:\s*(?:-|~|—|–|至|到)\s*" + _DAY.format(2) + ")?")
_NEAR = {"今天": 0, "明天": 1, "后天": 2, "大后天": 3}
_NEAR_DAYS = re.compile(r"(大后天|后天|明天|今天)(?:\s*(?:-|~|—|至|到)\s*(大后天|后天|明天|今天))?")
_AFTER = " ,;:、。."


def moment(text: str) -> datetime:
    """An instant as the trail writes it."""
    return datetime.fromisoformat(text)


def split_first(text: str) -> tuple[str, str]:
    """The first word and the rest: ``王强 他管灯`` → (王强, 他管灯)."""
    first, *rest = re.split(r"[\s,;:、。(]+", text.strip(_AFTER), maxsplit=1)
    return first, rest[0].strip(_AFTER + ")") if rest else ""


def until(text: str, local: datetime) -> tuple[datetime | None, str]:
    """Until when, and what else was said: ``2小时 等配件``, ``到下午三点 等配件``. ``local``: in the street's zone."""
    found = _LENGTH.match(text)
    if found:
        said = found["number"]
        number = _HAN[said] if said in _HAN else float(said)
        number += 0.5 if found["half"] or found["more"] else 0
        minutes = round(number * _UNITS[found["unit"].lower()])
        return local + timedelta(minutes=minutes), text[found.end() :].strip(_AFTER)
    first, rest = split_first(text)
    at = promised_time(first, local)
    return (at if at is not None and at > local else None), rest


def days(text: str, today: date) -> tuple[tuple[date, date] | None, str]:
    """The first and last day named, and the text without them. Days without a year are the next ones."""
    near = _NEAR_DAYS.search(text)
    if near:
        first = today + timedelta(days=_NEAR[near[1]])
        last = today + timedelta(days=_NEAR[near[2]]) if near[2] else first
        return (first, last), _without(text, near)
    for found in _DAYS.finditer(text):
        if found["m1"] is None:
            continue
        try:
            return _span(found, today), _without(text, found)
        except ValueError:
            return None, text
    return None, text


def _span(found: re.Match[str], today: date) -> tuple[date, date]:
    month = int(found["m1"])
    first = _coming(found["y1"], month, int(found["d1"]), today)
    if found["d2"] is None:
        return first, first
    if found["y2"] is None and found["m2"] is None:
        return first, first.replace(day=int(found["d2"]))
    return first, _coming(found["y2"], int(found["m2"] or month), int(found["d2"]), first)


def _coming(year: str | None, month: int, day: int, after: date) -> date:
    """The day of this year, or of the next when it is long over: in December people write of January."""
    if year:
        return date(int(year), month, day)
    found = date(after.year, month, day)
    return found if found >= after - timedelta(days=60) else date(after.year + 1, month, day)


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}".strip(_AFTER)
