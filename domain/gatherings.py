"""What residents and staff write about reception days and activities, read without any look at the tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.words import GatheringKind

_DIGITS = {"一": 1, "两": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_COUNT = r"\d{1,2}|[一两俩二三四五六七八九十]"
_MOST_PEOPLE = 20  # of one sign-up: more is a slip of the finger
_LONGEST = 120  # code points of a reply that can be a sign-up

_SIGN_UP = re.compile(
    rf"^(?:我要|我想|我也|我家|我|帮我|帮忙)?(?:报名|预约)(?:参加|接访|活动)?"
    rf"(?:[\s,:、]*(?:#|第)?(?P<number>\d{{1,6}})(?!\d|\s*(?:个?人|位|口))(?:号|场)?)?"
    rf"(?:[\s,:、+]*(?P<people>{_COUNT})\s*(?:个?人|位|口人?))?"
    rf"(?:[\s,:、]+(?P<words>.+)|[.!~]*)$",
    re.DOTALL,
)
_CANCEL = re.compile(r"^(?:我)?(?:取消|退)(?:报名|预约)(?:了)?[\s,:#第]*(?P<number>\d{1,6})?(?:号|场)?[.!~]*$")
_QUOTED = re.compile(
    rf"^(?:\+\s*(?P<plus>\d{{1,2}})|(?:我)?(?:要|也|想)?(?:参加|去)|算我(?:一个|家)?|我(?:家)?(?:也)?(?P<people>{_COUNT})(?:个?人|位|口人?))[.!~]*$"
)
_QUOTED_CANCEL = re.compile(r"^(?:我)?(?:去不了|不去|来不了|没空)(?:了)?[.!~]*$")
_ASKS = re.compile(r"[?]|吗$|呢$|多少|什么|怎么|几点|哪里|哪儿|怎样|要不要|能不能|可以不")


@dataclass(frozen=True, slots=True)
class SignUp:
    """A resident wants a place (``people`` places), or gives it back when ``cancels``."""

    number: int | None = None
    people: int = 1
    words: str = ""
    cancels: bool = False


def read_sign_up(text: str, *, quoted: bool) -> SignUp | None:
    """«报名 2人», «预约 1», «取消预约»; quoting the announcement also «+1» and «我去». ``None``: something else."""
    said = unicodedata.normalize("NFKC", text).replace("。", ".").strip()
    if not said or len(said) > _LONGEST or _ASKS.search(said):
        return None
    gone = _CANCEL.match(said)
    if gone:
        return SignUp(_number(gone["number"]), cancels=True)
    found = _SIGN_UP.match(said)
    if found:
        return SignUp(_number(found["number"]), _people(found["people"]), (found["words"] or "").strip())
    if not quoted:
        return None
    if _QUOTED_CANCEL.match(said):
        return SignUp(cancels=True)
    short = _QUOTED.match(said)
    return SignUp(people=_people(short["plus"] or short["people"])) if short else None


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _people(said: str | None) -> int:
    count = int(said) if said and said.isdigit() else _DIGITS.get(said or "", 1)
    return min(max(count, 1), _MOST_PEOPLE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be announced. ``starts_at`` is local and aware; ``groups`` are words of topics, empty for all."""

    kind: GatheringKind
    title: str
    place: str
    starts_at: datetime
    online: bool = False
    hosts: str = ""
    places: int | None = None
    groups: tuple[str, ...] = ()


_KINDS = {"接访": GatheringKind.RECEPTION, "活动": GatheringKind.ACTIVITY}
_WHEN = re.compile(
    r"(?:(?P<year>20\d\d)[.\-/年])?(?P<month>\d{1,2})(?:[.\-/]|月)(?P<day>\d{1,2})(?:日|号)?"
    r"\s*(?P<part>上午|下午|晚上|晚)?\s*(?P<hour>\d{1,2})(?:[:点](?P<minute>\d{1,2})?分?)(?:\s*(?:-|~|至|到)\s*\d{1,2}[:点](?:\d{1,2})?)?"
)
_DATE = re.compile(r"(?:(?P<year>20\d\d)[.\-/年])?(?P<month>\d{1,2})(?:[.\-/]|月)(?P<day>\d{1,2})(?:日|号)?")
_PLACES = re.compile(r"(?:限|名额)?\s*(\d{1,4})\s*(?:个名额|人|位|名)(?!代表)")
_GROUPS = re.compile(r"(?:发到|发给|发往|群)[\s:]*(?P<names>.+)$")
_AT = re.compile(r"(?:地点[\s:]*|在)(?P<place>[^\s,。;]+)")
_HOSTS = re.compile(r"(?:接访人|主办|接待)[\s:]*(?P<hosts>[^\s,。;]+)")
_OLDEST = timedelta(days=60)  # a date without a year that lies longer ago than this means next year


def read_draft(text: str, now: datetime) -> Draft | None:
    """«接访 12.3 14:00 线下 社区一楼会议室 限8人», «活动 12月5日9点 义诊 地点小广场»; ``None`` when it lacks a time.

    ``now`` is local and aware; so is the result. Raises ``ValueError`` for a day that does not exist.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    kind = next((kind for word, kind in _KINDS.items() if said.startswith(word)), None)
    rest = said[2:].lstrip("日 :,")
    when = _WHEN.search(rest)
    if kind is None or when is None:
        return None
    starts_at = moment(when, now)
    left = f"{rest[: when.start()]} {rest[when.end() :]}".replace(",", " ")
    groups, left = _take(_GROUPS, left, "names")
    place, left = _take(_AT, left, "place")
    hosts, left = _take(_HOSTS, left, "hosts")
    found = _PLACES.search(left)
    places = int(found[1]) if found else None
    left = left.replace(found[0], " ") if found else left
    online = "线上" in left
    words = left.replace("线上", " ").replace("线下", " ").split()
    if kind is GatheringKind.RECEPTION and not place and words:
        place, words = words[0], words[1:]
    names = tuple(name for name in re.split(r"[、,\s]+", groups) if name)
    return Draft(kind, " ".join(words)[:60], place[:60], starts_at, online, hosts[:60], places, names)


def moment(found: re.Match[str], now: datetime) -> datetime:
    """The local moment of a match of a date with an hour. Raises ``ValueError`` for one that does not exist."""
    parts = found.groupdict()
    hour = int(parts.get("hour") or 0)
    if parts.get("part") in ("下午", "晚上", "晚") and hour < 12:
        hour += 12
    year = int(parts["year"]) if parts.get("year") else now.year
    at = now.replace(
        year=year,
        month=int(parts["month"]),
        day=int(parts["day"]),
        hour=hour,
        minute=int(parts.get("minute") or 0),
        second=0,
        microsecond=0,
    )
    if not parts.get("year") and at < now - _OLDEST:
        at = at.replace(year=year + 1)
    return at


def read_moment(text: str, now: datetime) -> tuple[datetime, str] | None:
    """The first date with an hour («11.28 19:00»), and the text without it. Raises ``ValueError`` as ``moment``."""
    found = _WHEN.search(text)
    return (moment(found, now), f"{text[: found.start()]} {text[found.end() :]}".strip()) if found else None


def read_day(text: str, now: datetime) -> tuple[datetime, str] | None:
    """The last date («12.10前»), at the end of working hours, and the text without it. Raises ``ValueError``."""
    found = list(_DATE.finditer(text))
    if not found:
        return None
    last = found[-1]
    left = f"{text[: last.start()]} {text[last.end() :].lstrip().removeprefix('之前').removeprefix('前')}".strip()
    return moment(last, now).replace(hour=18), left


def _take(form: re.Pattern[str], text: str, name: str) -> tuple[str, str]:
    found = form.search(text)
    return (found[name].strip(), f"{text[: found.start()]} {text[found.end() :]}") if found else ("", text)
