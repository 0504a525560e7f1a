"""Stage seven: where. Building, unit, floor, room and shared spot out of a message or a group alias."""

from __future__ import annotations

import re

from domain.hearing import Place
from handlers.classify.normalise import normalise
from handlers.classify.when import number

NOWHERE = Place()
_SMALL = r"\d{1,3}|[一二三四五六七八九十]{1,3}"
_BUILDING = re.compile(rf"((?:{_SMALL})|(?<![a-z])[a-z]\d{{0,2}}|[东西南北])\s*(?:号楼|#楼|栋|幢|座|号院|#)")
_UNIT = re.compile(rf"({_SMALL}|[东西南北中])\s*(?:单元|门洞)")
_FLOOR = re.compile(rf"(负?(?:{_SMALL})|-\d|b\d|顶|底)\s*(?:楼|层)(?![长主盘栋])")
_ROOM = re.compile(
    r"(?<![\d.:：-])(\d{3,4})\s*(?:室|户|房)|(?:单元|号楼|栋|幢|座)\s*(\d{3,4})(?!\d|年|块|元|多|个|米|平|户)"
)
_CODE = re.compile(r"(?<![\d.:：/-])(\d{1,3})[-—–_/](?:(\d{1,2})[-—–_/])?(\d{3,4})(?![\d.:：/-]|年|块|元|米|点)")
_PAIR = re.compile(r"(?<![\d.:：/-])(\d{1,3})[-—–](\d{1,2})(?![\d.:：/点时号月日天年个-])")
_SPOTS = [
    "地下车库",
    "地下停车场",
    "地库",
    "停车场",
    "车库",
    "车棚",
    "充电棚",
    "楼道",
    "楼梯间",
    "楼梯口",
    "电梯间",
    "电梯厅",
    "电梯口",
    "大厅",
    "门厅",
    "大堂",
    "单元门口",
    "小区门口",
    "东门",
    "西门",
    "南门",
    "北门",
    "正门",
    "后门",
    "大门口",
    "侧门",
    "门卫",
    "岗亭",
    "广场",
    "花园",
    "凉亭",
    "健身区",
    "健身器材",
    "儿童乐园",
    "游乐区",
    "滑梯",
    "篮球场",
    "垃圾站",
    "垃圾房",
    "垃圾桶旁",
    "垃圾点",
    "垃圾亭",
    "天台",
    "楼顶",
    "顶楼",
    "屋顶",
    "地下室",
    "设备间",
    "水泵房",
    "泵房",
    "配电房",
    "配电室",
    "消防通道",
    "围墙",
    "路口",
    "马路边",
    "绿化带",
    "草坪",
    "河边",
    "菜场",
    "快递柜",
    "驿站",
]


def _any_of(words: list[str]) -> re.Pattern[str]:
    """Finds what ``"|".join(words)`` finds, grouped by first characters: a character is tried once, not per word."""
    beginning: dict[str, list[str]] = {}
    for word in words:
        beginning.setdefault(word[0], []).append(word[1:])
    return re.compile("|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in beginning.items()))


_SPOT = _any_of(_SPOTS)


def place_of(text: str) -> Place:
    """The place a normalised text names, as far as the words say it."""
    if _NAMING.isdisjoint(text):
        return NOWHERE
    building = unit = room = floor = ""
    numbered = _DIGIT.search(text) is not None
    if numbered and _HYPHEN.search(text):
        building, unit, room = _code(text)
    if not building and _BUILDING_MARK.search(text):
        building = _group(_BUILDING, text)
    if not unit and ("单元" in text or "门洞" in text):
        unit = _group(_UNIT, text)
    if "楼" in text or "层" in text:
        floor = _group(_FLOOR, text)
    if numbered and not room and _DIGITS.search(text):
        room = _group(_ROOM, text)
    found = _SPOT.search(text)
    spot = found.group() if found else ""
    if not (building or unit or room or floor or spot):
        return NOWHERE
    return Place(_arabic(building), _arabic(unit), _floor(floor), room, spot)


_NAMING = frozenset("0123456789栋幢座#号单门楼层") | frozenset(spot[0] for spot in _SPOTS)
"""Every place has one of these."""
_DIGIT = re.compile("[0-9]")
_HYPHEN = re.compile(r"\d[-—–_/]\d")
_BUILDING_MARK = re.compile("[栋幢座#]|号楼|号院")
_DIGITS = re.compile(r"\d{3}")


def place_from_alias(alias: str) -> Place:
    """The home in a group alias: ``3-2-501 王``, ``3栋501``, ``2单元1203小李``, ``5-1801``."""
    text = normalise(alias).text[:60]
    place = place_of(text)
    if place.building or place.room:
        return Place(place.building, place.unit, place.floor, place.room)
    pair = _PAIR.search(text)
    return Place(building=pair[1], unit=pair[2]) if pair else Place(unit=place.unit, floor=place.floor)


def _code(text: str) -> tuple[str, str, str]:
    found = _CODE.search(text)
    return (found[1], found[2] or "", found[3]) if found else ("", "", "")


def _group(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), "") if found else ""


def _arabic(words: str) -> str:
    value = number(words) if words and words[0] in "一二三四五六七八九十" else None
    return words if value is None else str(value)


def _floor(words: str) -> str:
    if words.startswith("负"):
        return f"-{_arabic(words[1:])}"
    return f"-{words[1:]}" if words[:1] == "b" else _arabic(words)
