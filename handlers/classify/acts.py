"""Stage six: the speech act, what a message does.

The words stand in ``handlers/rules/_acts.toml``. The order of decision is a table too: what settles an
issue is only believed when nothing before or after it denies, asks or postpones it
(没修好, 修好了没, 明天就修好了).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ahocorasick_rs import AhoCorasick

from domain.words import Act
from handlers.classify.normalise import normalise
from handlers.classify.pack import RuleError, shipped_table
from handlers.classify.when import mentions_time

_EDGES = re.compile(r"[，。！!；;、,.~～…\s]+")
_ADDRESSED = re.compile(r"@\S{1,20}(?:\s|$)")
_PARTICLES = "的了啊哦呀哈嘞呢吧嗯噢哟喽啦滴"
_DENIED = ("没", "没有", "还没", "未", "尚未", "不", "没给", "没人", "并没有", "没能", "没怎么", "没完全", "从没", "不能", "没法", "无法", "等", "等着")  # fmt: skip
_POSTPONED = re.compile(
    r"(?:预计|估计|大概|大约|争取|尽快|马上|就能|才能|能|会|将|要|准备|打算|明天|后天|明早|明晚|今晚|下午|晚上|待会|一会儿?|稍后|周[一二三四五六日天]|等|之前|以前|前)[^，。！!？?,]{0,8}$"
)
_ASKED_BEFORE = re.compile(r"(?:什么时候|啥时候|几时|几点|多久|怎么还|有没有|是不是|是否|何时|到底)[^，。！!]{0,10}$")
_MARKED = re.compile(r"^(?:了|啦)?(?:吗|么|嘛|没有|没|不)|^[了啦]?\s*[?？]")
_GOES = re.compile(r"到|来|去|修|换|处理|恢复|上门|安排|看|解决|送|通|弄")
_QUESTION_END = re.compile(r"[?？]\s*$|(?:吗|么|呢|嘛)[\s。！!~～]*$")

MATTER_ACTS = frozenset(
    {Act.REPORT, Act.QUESTION, Act.REQUEST, Act.CHASE, Act.JOIN, Act.REOPEN, Act.NOTICE, Act.RESOLVED, Act.PROMISE}
)
"""Acts that a message with a matter in it may keep; any other becomes ``report``."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One speech-act word found in a normalised text."""

    act: Act
    start: int
    end: int


class ActTable:
    """The speech-act words of one pack. Raises ``RuleError`` for a table that cannot be used."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        known = {str(act): act for act in Act}
        mistakes = [
            f"_acts.toml: unknown act [{name}]; known are {', '.join(known)}" for name in table if name not in known
        ]
        if mistakes:
            raise RuleError(mistakes)
        self.words = [(word, known[name]) for name, entry in table.items() for word in entry.get("words", ())]
        self.whole = {word: known[name] for name, entry in table.items() for word in entry.get("whole", ())}
        self.patterns = [
            (re.compile(pattern), known[name]) for name, entry in table.items() for pattern in entry.get("patterns", ())
        ]

        self.unless = {known[name]: tuple(entry["unless"]) for name, entry in table.items() if "unless" in entry}

    def whole_act(self, text: str) -> Act | None:
        """The act of a message that is one set expression and nothing else."""
        if len(text) > 40:
            return None
        core = _EDGES.sub("", _ADDRESSED.sub("", text)).rstrip("?？")
        asked = "?" in text or "？" in text
        act = self.whole.get(core) or self.whole.get(core.rstrip(_PARTICLES)) if core else None
        if act in (Act.RESOLVED, Act.ACKNOWLEDGEMENT) and asked:
            return Act.CHASE if act is Act.RESOLVED else Act.QUESTION
        return act

    def decide(self, text: str, cues: Sequence[Cue]) -> Act:
        """The act of a normalised text from its cues."""
        whole = self.whole_act(text)
        if whole is not None:
            return whole
        found = {cue.act for cue in cues}
        if len(text) <= 400:
            found.update(act for pattern, act in self.patterns if act not in found and pattern.search(text))
        found.difference_update(
            act for act, words in self.unless.items() if act in found and any(w in text for w in words)
        )
        settled = _settled(text, [cue for cue in cues if cue.act is Act.RESOLVED], cues)
        found.discard(Act.RESOLVED)
        if settled is not None:
            found.add(settled)
        return _first(text, found)


def _first(text: str, found: set[Act]) -> Act:
    """The order of decision."""
    asking = _QUESTION_END.search(text) is not None
    if Act.NOTICE in found:
        return Act.NOTICE
    for act in (Act.REOPEN, Act.RESOLVED):
        if act in found:
            return act
    if Act.ACKNOWLEDGEMENT in found or Act.PROMISE in found:
        promised = Act.PROMISE in found or (mentions_time(text) and _GOES.search(text))
        if not asking:
            return Act.PROMISE if promised else Act.ACKNOWLEDGEMENT
    for act in (Act.CHASE, Act.JOIN, Act.ASK_BACK):
        if act in found:
            return act
    if not asking and Act.QUESTION not in found and mentions_time(text) and _promises(text):
        return Act.PROMISE
    for act in (Act.THANKS, Act.STORY, Act.REQUEST, Act.QUESTION):
        if act in found and not (act is Act.THANKS and asking):
            return act
    return Act.QUESTION if asking else Act.CHAT


_COMING = re.compile(r"(?:师傅|维修|工作人员|物业|他们|工人|厂家|我们|我|电梯公司|水务|供电局).{0,12}(?:到|过去|过来|来|去|上门|处理|修|恢复)|(?:能|可以|会|就)(?:修好|恢复|来水|来电|到)|[点时]半?(?:左右|前|之前|以前)?(?:到|来|过去|过来|去|上门|修|恢复|处理)")  # fmt: skip


def _promises(text: str) -> bool:
    return len(text) <= 60 and _COMING.search(text) is not None


def _settled(text: str, resolved: Iterable[Cue], cues: Sequence[Cue]) -> Act | None:
    """What the words of completion amount to, read in their surroundings; the last one speaks."""
    outcome: Act | None = None
    for cue in sorted(resolved, key=lambda cue: cue.end):
        if any(
            other.act in (Act.REOPEN, Act.CHASE) and other.start <= cue.start and cue.end <= other.end for other in cues
        ):
            continue
        before = text[max(0, cue.start - 12) : cue.start]
        after = text[cue.end : cue.end + 6]
        if before.endswith(_DENIED):
            outcome = Act.CHASE if before.endswith(("还没", "还没有", "等", "等着")) else Act.REOPEN
        elif _ASKED_BEFORE.search(before) or _MARKED.search(after):
            outcome = Act.CHASE
        elif _POSTPONED.search(before):
            outcome = Act.PROMISE
        else:
            outcome = Act.RESOLVED
    return outcome


@cache
def _shipped() -> tuple[ActTable, AhoCorasick]:
    table = ActTable(shipped_table("acts"))
    return table, AhoCorasick([word for word, _ in table.words])


def speech_act(text: str) -> Act:
    """What ``text`` does, by the shipped words alone; used where no matter is looked for (staff replies)."""
    table, automaton = _shipped()
    plain = normalise(text).text
    cues = [
        Cue(table.words[number][1], start, end)
        for number, start, end in automaton.find_matches_as_indexes(plain, overlapping=True)
    ]
    return table.decide(plain, cues)
