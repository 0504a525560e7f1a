"""What each prompt asks and which answers it takes: a digit, the label, or one of a few plain words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from domain.words import Category, PromptKind, zh


class Choice(StrEnum):
    """What an answered prompt leads to."""

    IS_ISSUE = "is_issue"
    OTHER_CATEGORY = "other_category"
    NOT_A_MATTER = "not_a_matter"
    OWN_MATTER = "own_matter"
    RESOLVED = "resolved"
    HANDLING = "handling"
    COMMUNITY = "community"
    COUNCIL = "council"
    REFER = "refer"
    SATISFIED = "satisfied"
    SO_SO = "so_so"
    NOT_RESOLVED = "not_resolved"
    SETTLED = "settled"
    NOT_SETTLED = "not_settled"
    CAN_HANDLE = "can_handle"
    NEEDS_HELP = "needs_help"
    NOT_OURS = "not_ours"
    PICK = "pick"


@dataclass(frozen=True, slots=True)
class Option:
    """One numbered answer. ``words`` are plain ways to say it; ``takes_text`` wants something after the digit."""

    digit: int
    label: str
    choice: Choice
    words: tuple[str, ...] = ()
    takes_text: bool = False


OPTIONS: dict[PromptKind, tuple[Option, ...]] = {
    PromptKind.IS_ISSUE: (
        Option(1, "是诉求", Choice.IS_ISSUE, ("是", "是的", "对", "属实", "是诉求")),
        Option(2, "是别的类别（如：2 漏水）", Choice.OTHER_CATEGORY, ("别的类别", "是别的类别"), takes_text=True),
        Option(3, "不是诉求", Choice.NOT_A_MATTER, ("不是", "不是诉求", "闲聊", "没事")),
        Option(4, "自己的事", Choice.OWN_MATTER, ("自己的事", "私事", "他自己的事")),
    ),
    PromptKind.HANDLED: (
        Option(1, "已解决", Choice.RESOLVED, ("已解决", "解决了", "处理好了", "修好了", "办好了", "已处理")),
        Option(2, "处理中", Choice.HANDLING, ("处理中", "在处理", "正在处理", "收到", "好的", "马上")),
        Option(3, "需社区协调", Choice.COMMUNITY, ("需社区协调", "需要社区协调", "社区协调")),
        Option(4, "上议事会", Choice.COUNCIL, ("上议事会", "上会", "议事会")),
        Option(5, "转给…（如：5 王强）", Choice.REFER, ("转给",), takes_text=True),
    ),
    PromptKind.SATISFIED: (
        Option(1, "满意", Choice.SATISFIED, ("满意", "很满意", "非常满意")),
        Option(2, "一般", Choice.SO_SO, ("一般", "一般般", "还行")),
        Option(3, "没解决", Choice.NOT_RESOLVED, ("没解决", "不满意", "还没解决", "没有解决")),
    ),
    PromptKind.NEIGHBOUR_ANSWER: (
        Option(1, "已经解决，可以了结", Choice.SETTLED, ("已解决", "可以了结", "解决了")),
        Option(2, "还要跟进", Choice.NOT_SETTLED, ("还要跟进", "继续", "没解决")),
    ),
    PromptKind.PARTNER: (
        Option(1, "能处理", Choice.CAN_HANDLE, ("能处理", "可以处理", "能办", "我来处理", "我来办")),
        Option(2, "需协助", Choice.NEEDS_HELP, ("需协助", "需要协助", "要帮忙", "需要帮助")),
        Option(3, "不归我", Choice.NOT_OURS, ("不归我", "不归我管", "不归我们管", "不是我们管")),
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that a prompt understood. ``text`` is what stood after the digit, ``issue_number`` after ``#``."""

    option: Option
    text: str = ""


_NUMBERED = re.compile(r"^(?P<digit>\d{1,2})(?!\.\d)(?:[\s、.,:)]+(?P<rest>.{0,60}))?$")
_NAMED = re.compile(r"^#\s*(?P<issue>\d{1,4})[\s:,]*(?P<rest>.{0,200})$", re.DOTALL)
_END = " 。.!~,了吧啊哈"
_ANYWHERE = re.compile(r"(?<![\d#])#\s*(\d{1,4})(?!\d|\s*(?:号楼|单元|楼|栋|幢|座|室))")
_BETWEEN = " \n、,，;；:：和及跟与"


def normal(text: str) -> str:
    """Half-width digits, ``#`` and punctuation (①, ３, ＃ and ： become 1, 3, # and :), no spaces around."""
    return unicodedata.normalize("NFKC", text).strip()


def named_issue(text: str) -> tuple[int | None, str]:
    """Split ``#12 已修好`` into the issue number and the rest; (None, text) when no number leads."""
    found = _NAMED.match(normal(text))
    return (int(found["issue"]), found["rest"].strip()) if found else (None, normal(text))


def named_issues(text: str) -> list[tuple[int, str]]:
    """Every ``#12`` of a text with the words that are about it.

    Words follow their number (``#1 收到，#2 修好了``); numbers that stand together share what follows
    (``#1、#2 都收到``), and before the first number what is said is about all (``收到 #1 #2``). Empty without a number.
    """
    plain = normal(text)
    found = list(_ANYWHERE.finditer(plain))
    if not found:
        return []
    first = plain[: found[0].start()].strip(_BETWEEN)
    ends = [each.start() for each in found[1:]] + [len(plain)]
    said = [plain[each.end() : end].strip(_BETWEEN) for each, end in zip(found, ends, strict=True)]
    for at in range(len(said) - 2, -1, -1):
        said[at] = said[at] or said[at + 1]
    return [(int(each[1]), words or first) for each, words in zip(found, said, strict=True)]


def is_digit_answer(text: str) -> bool:
    """Whether the text is a bare digit (perhaps with a word after it), the form of an answer to a prompt."""
    return _NUMBERED.match(normal(text)) is not None


def understand(text: str, options: tuple[Option, ...]) -> Answer | None:
    """The option a reply means: its digit, its label or one of its words; ``None`` when it says something else."""
    _issue, said = named_issue(text)
    found = _NUMBERED.match(said.rstrip(" 。.!~"))
    if found:
        rest = (found["rest"] or "").strip()
        chosen = [option for option in options if option.digit == int(found["digit"])]
        if not chosen or (rest and not chosen[0].takes_text):
            return None
        return Answer(chosen[0], rest)
    bare = said.strip(_END)
    for option in options:
        for word in option.words:
            if bare in (word, word.strip(_END)):
                return Answer(option)
            if option.takes_text and bare.startswith(word) and bare != word:
                return Answer(option, bare.removeprefix(word).lstrip(": "))
    return None


_CATEGORY_WORDS = {zh(category): category for category in Category} | {
    "停水": Category.WATER,
    "水": Category.WATER,
    "停电": Category.POWER,
    "电": Category.POWER,
    "煤气": Category.GAS,
    "天然气": Category.GAS,
    "暖气": Category.HEATING,
    "网络": Category.NETWORK,
    "漏水": Category.LEAK,
    "下水道": Category.DRAINAGE,
    "路灯": Category.LIGHTING,
    "楼道灯": Category.LIGHTING,
    "门禁": Category.ACCESS,
    "监控": Category.ACCESS,
    "垃圾": Category.GARBAGE,
    "卫生": Category.GARBAGE,
    "噪声": Category.NOISE,
    "扰民": Category.NOISE,
    "装修": Category.CONSTRUCTION,
    "违建": Category.CONSTRUCTION,
    "车位": Category.PARKING,
    "充电": Category.EV_CHARGING,
    "飞线": Category.EV_CHARGING,
    "消防通道": Category.FIRE,
    "高空抛物": Category.FALLING,
    "狗": Category.PETS,
    "树": Category.GREENERY,
    "道路": Category.ROAD,
    "井盖": Category.ROAD,
    "邻里": Category.NEIGHBOUR,
    "物业": Category.PROPERTY_SERVICE,
    "老人": Category.CARE,
    "求助": Category.CARE,
    "咨询": Category.CONSULT,
}


def category_named(text: str) -> Category | None:
    """The category a person named in plain words (漏水, 停车 …)."""
    return _CATEGORY_WORDS.get(text.strip(_END))
