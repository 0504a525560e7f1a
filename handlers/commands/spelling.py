"""How commands are really typed, brought into the one form that the table of commands knows.

Full and half width, traditional characters, the number before or after, politeness around, other words for the same:
«请把#12转给李娜处理» is ``#12 转给 李娜``. Pure: whether a word is a name on the roster is the caller's to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from domain.prompts import normal
from handlers.classify.normalise import simplified

IsName = Callable[[str], bool]

_AROUND = " 「」『』“”\"'《》〈〉[]()【】〔〕"
_TRAILING = " 。.!~,;…"
_BOT = re.compile(r"^@?楼铃[\s,:]*(?=\S)|[\s,]+@?楼铃$")
_KIND = (
    r"(?:请(?!假)|麻烦(?:您|你)?|帮我|帮忙|劳驾|给我|我要|我想|想|需要|要(?!求)|可以|建议|申请|先"
    r"|把(?:它|他|这个|这件|这条|此件)?|将(?:其|它)?|这个|这件|这条|此件)"
)
_POLITE = re.compile(rf"^(?:{_KIND}\s*)+(?=\S)")
_SOFT = re.compile(r"(?:\s*(?:一下|下|吧|呢|啊|呀|哈|谢谢|了))+$")

_NUMBER_FORMS = (
    re.compile(
        r"(?:编号|诉求|工单|no\.?|№)\s*[#:]?\s*(\d{1,4})(?:号|件)?(?!\d|[楼栋幢座院单门点小分天月日.])", re.IGNORECASE
    ),
    re.compile(r"^(?:第\s*)?(\d{1,4})\s*(?:号(?!楼)|#|件)(?![楼栋幢座院单门\d])"),
    re.compile(r"(?<=[查看情把将给])\s*(?:第\s*)?(\d{1,4})\s*(?:号|#|件)(?![楼栋幢座院单门\d])"),
    re.compile(r"^(?:查看|查询|看看|查一下|看一下|看下|查|看|详情|进展|进度|情况)\s*#?(\d{1,4})$"),
)
"""Other ways to name an issue than ``#12``; said to the bot alone, where 12号 is no building."""
_HASH = re.compile(r"#\s*(\d{1,4})(?!\d)号?")
_TOGETHER = re.compile(r"#\s*(\d{1,4})\s*(?:和|与|跟|、)\s*#\s*(\d{1,4})\s*(?:合并|合到一起|合成一件|合成一个)")

_COUNCIL = (
    r"(?:(?:提交?|报|进|到|交|送|上|列入|放到?|拿到|转到?|申报)(?:居民)?议事会(?:议程)?"
    r"|(?:列入|上)议程|上会|议事会|议一议|大家议)"
    r"(?:讨论|研究|审议|议一议|一议)?"
)
_PASS_ON = r"(?:转办|转交|转派|转单|移交|改派|指派|分派|派单|转|派|交|分)(?:给|由|到)?"
_DONE_BY = re.compile(r"(?:来|去)?(?:办理?|处理|跟进|负责|看看|解决)(?:一下)?$")
_QUIET = (
    r"(?:静默|静音|免打扰|暂停提醒|暂停(?=\s*[\d半一两二三四五六七八九十])|暂缓"
    r"|先?(?:别|不要)(?:再)?催(?:了)?|(?:别|不要)提醒(?:了)?)"
)

_HEADS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), head)
    for words, head in (
        (
            r"^(?:看看|看下|看一下|看|查看|查询|查|发|我的|我)?(?:列表|列个表|列一下|(?:诉求|工单|任务|问题|待办)(?:列表|清单)"
            r"|待办(?:事项)?(?:列表)?|清单|(?<=我的)(?:工单|任务|诉求))(?:一下|呢|吧)?\??$",
            "列表",
        ),
        (
            r"^(?:未办结?|没办完|(?:还)?(?:有)(?:哪些|什么|几件)(?:没办(?:完|结)?)?|还剩几件)(?:的)?(?:呢)?\??$",
            "列表",
        ),
        (r"^(?:列表|待办|清单)\s*第?\s*([\d一二三四五六七八九十]{1,2})\s*页?$", r"列表 \1"),
        (r"^第\s*([\d一二三四五六七八九十]{1,2})\s*页$", r"列表 \1"),
        (
            r"^(?:看|查看|给我|要|需要|使用|操作)?(?:帮助(?:一下)?|帮帮我|帮忙|help|使用说明|操作说明|说明|用法|菜单|目录|功能|\?+)\?*$",
            "帮助",
        ),
        (r"^(?:怎么|咋|如何)(?:使?用|操作)(?:啊|呢|的)?\??$", "帮助"),
        (r"^(?:所有|全部|有哪些|有什么|能用什么|有啥)?(?:命令|指令|功能)(?:列表|大全|清单)?\??$", "帮助"),
        (r"^(?:你)?(?:(?:会|能|可以)(?:做|干)?|做|干)(?:什么|啥)\??$", "帮助"),
        (
            r"^(?:的)?(?:查看|查询|看看|看一下|查一下|看下|查|看|详情|进展|进度|状态|(?:具体|什么|啥|目前)?情况|(?:现在)?(?:怎么样|咋样)|到哪(?:一?步|里)?)(?:了|呢)?\??$",
            "查看",
        ),
        (rf"^{_COUNCIL}(?:吧|了)?(?=$|[\s,:、。])", "上会"),
        (rf"^(.+?)[\s,]+{_QUIET}\s*([\d半一两二三四五六七八九十到至].*)$", r"静默 \2 \1"),
        (rf"^{_QUIET}[\s,:]*", "静默 "),
    )
)
"""Heads of a command as people write them → the word of the table. The first that fits."""

_STAND_IN = re.compile(r"(?:代班|替班|顶班|代岗|代理)(?:人)?(?:给)?|替我")
_DAYS = re.compile(r"\d\s*[.月/日号-]|明天|后天|今天|周[一二三四五六日天]|十[日号月]|[一二三四五六七八九]月")


def plain(text: str, *, direct: bool) -> str:
    """One line, half width, simplified, the issue's number in front; ``direct``: said to the bot alone."""
    table = simplified()
    said = normal("".join(table.get(letter, letter) for letter in text.replace("\u2005", " ")))
    said = said.replace("\u3000", " ")
    if said.startswith("@") and not said.startswith("@楼铃"):
        said = said.partition(" ")[2].strip() or said
    said = _BOT.sub("", said).strip()
    bare = said.strip(_AROUND)
    said = bare if bare and len(bare) <= 12 and said[0] in _AROUND else said
    if direct:
        said = _hashed(said)
    return _number_first(said)


def _hashed(said: str) -> str:
    if _HASH.search(said):
        return said
    for form in _NUMBER_FORMS:
        found = form.search(said)
        if found:
            return f"{said[: found.start()]}#{found[1]} {said[found.end() :]}".strip()
    return said


def _number_first(said: str) -> str:
    """``把#12转给李娜`` → ``#12 转给李娜``, ``合并#12和#15`` → ``#12 合并 #15``; what names several else stays."""
    both = _TOGETHER.search(said)
    if both:
        return f"#{both[1]} 合并 #{both[2]}"
    found = list(_HASH.finditer(said))
    if not found or (len(found) > 1 and not re.match(rf"^(?:{_KIND}\s*)*(?:合并|合到)", said)):
        return said
    first = found[0]
    before, after = said[: first.start()].strip(" ,:"), said[first.end() :].lstrip(" 号,:、")
    if not before:
        return f"#{first[1]} {after}".strip()
    after = re.sub(r"^(?:和|与|跟|到|进|入)\s*(?=#)", "", after)
    return f"#{first[1]} {before} {after}".strip()


def head(rest: str, is_name: IsName) -> str:
    """The words behind the number, beginning with the word of the table where they are a command at all."""
    said = rest.strip(_TRAILING).strip()
    said = said.lstrip("、:, ") if said[:1] in "、:," else said
    stands_in = _stands_in(said, is_name)
    if stands_in:
        return stands_in
    said = _POLITE.sub("", said)
    for form, word in _HEADS:
        found = form.match(said)
        if found:
            return (found.expand(word) + said[found.end() :]).strip()
    return _passed_on(said, is_name) or said


_TO = re.compile(rf"^(?P<how>{_PASS_ON}|[给让由叫])[\s:,]*@?(?P<name>\S.*)$")


def _passed_on(said: str, is_name: IsName) -> str:
    """``让李娜处理``, ``派单 网格员李娜吧`` → ``转给 李娜``; nothing that names nobody of the roster.

    «给李娜 打过电话» is a sentence: after 给 and 让 the name stands alone or does something.
    """
    found = _TO.match(said)
    if found is None:
        return ""
    first, *reason = re.split(r"[\s,;:、。(]+", found["name"].rstrip(")"), maxsplit=1)
    name = name_in(first, is_name)
    weak = len(found["how"]) == 1 and found["how"] in "给让由叫" and bool(reason) and not _DONE_BY.search(first)
    return f"转给 {name} {' '.join(reason)}".strip() if name and not weak else ""


_TITLES = re.compile(
    r"^(?:网格长|网格员|楼栋长|楼长|社区书记|书记|物业|民警|片警|调解员|红色管家|同志)|(?:网格长|网格员|楼栋长|楼长|书记|主任|同志|师傅|警官)$"
)


def name_in(said: str, is_name: IsName) -> str:
    """The name in ``李娜吧``, ``李娜处理``, ``网格员李娜``; empty when none of the roster stands there."""
    said = said.lstrip("@").strip()
    for _ in range(3):
        if is_name(said):
            return said
        shorter = _TITLES.sub("", _SOFT.sub("", _DONE_BY.sub("", said)))
        if shorter == said:
            return ""
        said = shorter
    return said if is_name(said) else ""


def _stands_in(said: str, is_name: IsName) -> str:
    """``6.25-6.30 由李娜代班``, ``请假6.25-6.30，李娜代班`` → ``代班 李娜 6.25-6.30``; only with a day and a name."""
    found = _STAND_IN.search(said)
    if found is None or not _DAYS.search(said) or said.startswith(("取消", "代班列表")):
        return ""
    rest = f"{said[: found.start()]} {said[found.end() :]}"
    rest = re.sub(r"^\s*(?:请假|休假)", " ", rest)
    words = [word for word in re.split(r"[\s,;:、]+", rest) if word]
    names = [name for word in words if (name := _only_name(word, is_name))]
    return f"代班 {rest.strip(' :,、')}" if names or found.start() == 0 else ""


_SAYS_DAYS = re.compile(r"[下这本]{0,2}(?:周|星期|礼拜)[一二三四五六日天]|大?后天|[今明]天|[\d.\-~—/年月日号到至起从]+")


def _only_name(word: str, is_name: IsName) -> str:
    """The name inside a word that may hold days too: ``6.25-6.30李娜``, ``由李娜``."""
    letters = re.sub(r"^[由请让叫给@]+", "", _SAYS_DAYS.sub("", word))
    return letters if is_name(letters) else ""
