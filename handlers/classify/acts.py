"""Stage six: the speech act, what a message does.

The words stand in ``handlers/rules/_acts.toml``. The order of decision is a table too: what settles an
issue is only believed when nothing before or after it denies, asks or postpones it
(没修好, 修好了没, 明天就修好了).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick

from domain.errors import RuleError
from domain.words import Act
from handlers.classify.normalise import normalise
from handlers.classify.pack import shipped_table
from handlers.classify.when import mentions_time

_EDGES = re.compile(r"[，。！!；;、,.~～…\s]+")
_ADDRESSED = re.compile(r"@\S{1,20}(?:\s|$)")
_NO_OPENING = frozenset("，。！!；;、,.~～…@?？ \n")
"""Characters that may stand before the first one of a set expression: edges, marks and an @name."""
_PARTICLES = "的了啊哦呀哈嘞呢吧嗯噢哟喽啦滴"
_DENIED = ("没", "没有", "未", "不", "没给", "没人", "没能", "没怎么", "没完全", "不能", "没法", "无法", "等", "等着")
_POSTPONED = re.compile(
    r"(?:预计|估计|大概|大约|争取|尽快|马上|就能|才能|能|会|将|要|准备|打算|明天|后天|明早|明晚|今晚|下午|晚上|待会|一会儿?|"
    r"稍后|周[一二三四五六日天]|等|之前|以前|(?<!提)前)[^，。！!？?,]{0,8}$"
)
_ASKED_BEFORE = re.compile(r"(?:什么时候|啥时候|几时|几点|多久|怎么还|有没有|是不是|是否|何时|到底)[^，。！!]{0,10}$")
_MARKED = re.compile(r"^(?:了|啦)?(?:吗|么|嘛|没有|没|不)|^[了啦]?\s*[?？]")
_GOES = re.compile(r"到|来|去|修|换|处理|恢复|上门|安排|看|解决|送|通|弄")
_ASKING = frozenset("?？吗么呢嘛")
_QUESTION_END = re.compile(r"[?？]\s*$|(?:吗|么|呢|嘛)[\s。！!~～]*$")

MATTER_ACTS = frozenset(
    {Act.REPORT, Act.QUESTION, Act.REQUEST, Act.CHASE, Act.JOIN, Act.REOPEN, Act.NOTICE, Act.RESOLVED, Act.PROMISE}
)
"""Acts that a message with a matter in it may keep; any other becomes ``report``."""


BIT: dict[Act, int] = {act: 1 << number for number, act in enumerate(Act)}
"""Acts found in one text are a small bit set."""
_PLACED = (Act.RESOLVED, Act.REOPEN, Act.CHASE)
"""Acts whose words must be placed, not only found: what is said to be over is read in its surroundings."""
TRACKED = sum(BIT[act] for act in _PLACED)
LONGEST_WHOLE = 12
"""Code points of the longest message looked up as one set expression (twice that with an @name)."""


class Cue(NamedTuple):
    """One placed speech-act word of a normalised text."""

    act: Act
    start: int
    end: int


class ActTable:
    """The speech-act words of one pack. Raises ``RuleError`` for a table that cannot be used.

    ``words`` are (word, act), ``triggers`` (word, act whose patterns it calls for).
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        known = {str(act): act for act in Act}
        mistakes = [
            f"_acts.toml: unknown act [{name}]; known are {', '.join(known)}" for name in table if name not in known
        ]
        if mistakes:
            raise RuleError(*mistakes)
        entries = [(known[name], entry) for name, entry in table.items()]
        self.words = [(normalise(word).text, act) for act, entry in entries for word in entry.get("words", ())]
        self.triggers = [(word, act) for act, entry in entries for word in entry.get("triggers", ())]
        self.whole = {word: act for act, entry in entries for word in entry.get("whole", ())}
        self._openings = frozenset(word[:1] for word in self.whole) | _NO_OPENING
        self.unless = {BIT[act]: tuple(entry["unless"]) for act, entry in entries if "unless" in entry}
        try:
            self.patterns = {
                BIT[act]: [re.compile(p) for p in entry["patterns"]] for act, entry in entries if "patterns" in entry
            }
        except re.error as error:
            raise RuleError(f"_acts.toml: pattern {error.pattern!r}: {error}; mend the pattern") from error

    def whole_act(self, text: str) -> Act | None:
        """The act of a message that is one set expression and nothing else."""
        if text[:1] not in self._openings:
            return None
        if len(text) > LONGEST_WHOLE and (len(text) > 2 * LONGEST_WHOLE or "@" not in text):
            return None
        core = _EDGES.sub("", _ADDRESSED.sub("", text) if "@" in text else text).rstrip("?？")
        if not core:
            return Act.QUESTION if "?" in text or "？" in text else None
        act = self.whole.get(core) or self.whole.get(core.rstrip(_PARTICLES))
        if act in _SETTLING and ("?" in text or "？" in text):
            return Act.CHASE if act is Act.RESOLVED else Act.QUESTION
        return act

    def decide(self, text: str, found: int, triggered: int, cues: Sequence[Cue]) -> Act:
        """The act of a normalised text: ``found`` and ``triggered`` are bit sets, ``cues`` the placed words."""
        whole = self.whole_act(text)
        if whole is not None:
            return whole
        if triggered and len(text) <= 400:
            for bit, patterns in self.patterns.items():
                if triggered & bit and any(pattern.search(text) for pattern in patterns):
                    found |= bit
        for bit, words in self.unless.items():
            if found & bit and any(word in text for word in words):
                found &= ~bit
        if found & _REOPENED and found & _CHASED and not _reopened(cues):
            found &= ~_REOPENED
        if found & _SETTLED:
            settled = _settled(text, cues)
            found &= ~_SETTLED
            if settled is not None:
                found |= BIT[settled]
        return _first(text, found)


_SETTLING = frozenset({Act.RESOLVED, Act.ACKNOWLEDGEMENT})
_OVER = BIT[Act.NOTICE] | BIT[Act.REOPEN] | BIT[Act.RESOLVED]
_REOPENED, _CHASED, _SETTLED = BIT[Act.REOPEN], BIT[Act.CHASE], BIT[Act.RESOLVED]
_ANSWERS = BIT[Act.ACKNOWLEDGEMENT] | BIT[Act.PROMISE]
_CALLS = BIT[Act.CHASE] | BIT[Act.JOIN] | BIT[Act.ASK_BACK]


_OVER_IN_ORDER, _CALLS_IN_ORDER, _REST_IN_ORDER = (
    tuple((act, BIT[act]) for act in acts)
    for acts in (
        (Act.NOTICE, Act.REOPEN, Act.RESOLVED),
        (Act.CHASE, Act.JOIN, Act.ASK_BACK),
        (Act.THANKS, Act.STORY, Act.REQUEST, Act.QUESTION),
    )
)
_PROMISED, _QUESTIONED, _CHAT = BIT[Act.PROMISE], BIT[Act.QUESTION], Act.CHAT


def _first(text: str, found: int) -> Act:
    """The order of decision."""
    if found & _OVER:
        return next(act for act, bit in _OVER_IN_ORDER if found & bit)
    end = text[-12:]
    asking = not _ASKING.isdisjoint(end) and _QUESTION_END.search(end) is not None
    if found & _ANSWERS and not asking:
        promised = found & _PROMISED or (mentions_time(text) and _GOES.search(text))
        return Act.PROMISE if promised else Act.ACKNOWLEDGEMENT
    if found & _CALLS:
        return next(act for act, bit in _CALLS_IN_ORDER if found & bit)
    if not asking and not found & _QUESTIONED and _promises(text):
        return Act.PROMISE
    for act, bit in _REST_IN_ORDER:
        if found & bit and not (act is Act.THANKS and asking):
            return act
    return Act.QUESTION if asking else _CHAT


_COMING = re.compile(
    r"(?:师傅|维修|工作人员|物业|他们|工人|厂家|我们|我|电梯公司|水务|供电局).{0,12}(?:到|过去|过来|来|去|上门|处理|修|恢复)|"
    r"(?:能|可以|会|就)(?:修好|恢复|来水|来电|到)|"
    r"[点时]半?(?:左右|前|之前|以前)?(?:到|来|过去|过来|去|上门|修|恢复|处理)"
)

_ARRIVING = frozenset("到去来上处修恢")
"""Every way of coming has one of these."""


def _promises(text: str) -> bool:
    if len(text) > 60 or _ARRIVING.isdisjoint(text):
        return False
    return _COMING.search(text) is not None and mentions_time(text)


def _reopened(cues: Sequence[Cue]) -> bool:
    """Whether a word of reopening stands by itself, not inside a chase (没修好 in 还没修好)."""
    chases = [cue for cue in cues if cue.act is Act.CHASE]
    return any(
        cue.act is Act.REOPEN and not any(over.start <= cue.start and cue.end <= over.end for over in chases)
        for cue in cues
    )


def _settled(text: str, cues: Sequence[Cue]) -> Act | None:
    """What the words of completion amount to, read in their surroundings; the last one speaks."""
    outcome: Act | None = None
    for cue in sorted((cue for cue in cues if cue.act is Act.RESOLVED), key=lambda cue: cue.end):
        if any(other.act is not Act.RESOLVED and other.start <= cue.start and cue.end <= other.end for other in cues):
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


class _Speech(NamedTuple):
    table: ActTable
    automaton: AhoCorasick
    found: list[int]
    triggered: list[int]
    placed: list[Act | None]


@cache
def _shipped() -> _Speech:
    table = ActTable(shipped_table("acts"))
    words = [*table.words, *table.triggers]
    count = len(table.words)
    return _Speech(
        table,
        AhoCorasick([word for word, _ in words]),
        [BIT[act] if n < count else 0 for n, (_, act) in enumerate(words)],
        [BIT[act] if n >= count else 0 for n, (_, act) in enumerate(words)],
        [act if n < count and act in _PLACED else None for n, (_, act) in enumerate(words)],
    )


def speech_act(text: str) -> Act:
    """What ``text`` does, by the shipped words alone; used where no matter is looked for (staff replies)."""
    speech = _shipped()
    plain = normalise(text).text
    found = triggered = 0
    cues = []
    for number, start, end in speech.automaton.find_matches_as_indexes(plain, overlapping=True):
        found |= speech.found[number]
        triggered |= speech.triggered[number]
        placed = speech.placed[number]
        if placed is not None:
            cues.append(Cue(placed, start, end))
    return speech.table.decide(plain, found, triggered, cues)
