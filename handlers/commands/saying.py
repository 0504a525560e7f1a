"""How people write lengths of time, days and names in a command; full or half width, with or without spaces."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from handlers.classify import promised_time
from handlers.classify.when import number

_NUMBER = r"(?P<number>\d{1,3}(?:\.5)?|半|[一两二三四五六七八九十]{1,3})"
_LENGTH = re.compile(
    rf"{_NUMBER}\s*个?(?P<half>半)?\s*(?P<unit>小时|钟头|分钟|分|天|日|h|m|d)(?P<more>半)?", re.IGNORECASE
)
_UNITS = {"小时": 60, "钟头": 60, "h": 60, "分钟": 1, "分": 1, "m": 1, "天": 1440, "日": 1440, "d": 1440}

_HAN = re.compile(r"[一二三四五六七八九十]{1,3}(?=[月日号])")
_DAYS_ALONE = re.compile(r"(?<![\d.月/-])(1[3-9]|2\d|3[01])\s*[-~—–到至]\s*(\d{1,2})\s*[日号]")
_DAY = re.compile(
    r"(?P<near>大后天|后天|明天|今天|明日|今日)"
    r"|(?P<week>下下|下|这|本)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    r"|(?<![\d.])(?:(?P<y>20\d\d)\s*[.\-/年]\s*)?(?P<m>1[0-2]|0?[1-9])\s*[.\-/月]\s*(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)\s*[日号]?"
    r"|(?<!\d)(?P<alone>\d{1,2})\s*[日号]"
)
_LAST = re.compile(r"(?P<alone>3[01]|[12]\d|0?[1-9])(?!\d)\s*[日号]?")
_UNTIL = re.compile(r"\s*(?:起|开始)?\s*[-~—–―至到、]+\s*")
_NEAR = {"今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}
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
        amount = 0.5 if said == "半" else float(said) if said[0].isdigit() else float(number(said) or 0)
        amount += 0.5 if found["half"] or found["more"] else 0
        minutes = round(amount * _UNITS[found["unit"].lower()])
        return local + timedelta(minutes=minutes), reason(text[found.end() :])
    first, *more = re.split(r"[\s,;、。(]+", text.strip(_AFTER), maxsplit=1)
    rest = more[0] if more else ""
    at = promised_time(first, local)
    return (at if at is not None and at > local else None), reason(rest)


def reason(text: str) -> str:
    """Why, without the words that only lead to it: ``吧，因为等配件`` → ``等配件``."""
    return _WHY.sub("", text.strip(_AFTER + "()")).strip(_AFTER)


_WHY = re.compile(r"^(?:吧|了|先|的)?[\s,;:、。]*(?:因为|由于|原因是?|理由是?)?[\s,;:、。]*")


def days(text: str, today: date) -> tuple[tuple[date, date] | None, str]:
    """The first and last day named, and the text without them. Days without a year are the next ones."""
    said = _HAN.sub(lambda found: str(number(found[0])), text)
    said = _DAYS_ALONE.sub(r"\1号-\2号", said)
    begin = _DAY.search(said)
    if begin is None:
        return None, text
    after = _UNTIL.match(said, begin.end())
    end = (_DAY.match(said, after.end()) or _LAST.match(said, after.end())) if after else None
    try:
        first = _date(begin, today)
        last = _date(end, first if end["alone"] else today, since=first) if end else first
    except ValueError:
        return None, text
    rest = said[(end or begin).end() :]
    return (first, last), f"{said[: begin.start()]} {rest}".strip(_AFTER)


def _date(found: re.Match[str], today: date, since: date | None = None) -> date:
    """The day that a match names; of a span's end not before ``since``, where a week or month is not said.

    Raises ``ValueError`` for a day that does not exist.
    """
    said = found.groupdict()
    if said.get("near"):
        return today + timedelta(days=_NEAR[said["near"]])
    if said.get("weekday"):
        ahead = "一二三四五六日天".index(said["weekday"].replace("天", "日")) - today.weekday()
        weeks = len(said["week"]) if said["week"] in ("下", "下下") else int(ahead < 0)
        day = today + timedelta(days=ahead + 7 * weeks)
        return day + timedelta(days=7) if since is not None and day < since else day
    if said.get("m"):
        return _coming(said["y"], int(said["m"]), int(said["d"]), since or today)
    day = today.replace(day=int(said["alone"]))
    return day if since is not None or day >= today else _coming(None, today.month % 12 + 1, day.day, today)


def _coming(year: str | None, month: int, day: int, after: date) -> date:
    """The day of this year, or of the next when it is long over: in December people write of January."""
    if year:
        return date(int(year), month, day)
    found = date(after.year, month, day)
    return found if found >= after - timedelta(days=60) else date(after.year + 1, month, day)
