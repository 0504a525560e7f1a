"""Negation before a word: 没有停水 holds no matter, 不是没停水 does.

Negators are counted backwards from the word over adverbs that may stand between; an odd count negates.
"""

from __future__ import annotations

_NEGATORS = (
    "从来没有", "从来没", "从来不", "并没有", "压根没", "从没有", "没有", "不是", "并不", "并非", "并未", "未曾",
    "从没", "从不", "不会", "不用", "不必", "不怕", "不再", "不至于", "没", "不", "未", "无", "别", "非", "冇", "唔",
)  # fmt: skip
_BETWEEN = (
    "什么", "出现", "发生", "发现", "听说", "说过", "再次", "一天", "一晚", "一次", "那么", "怎么", "真的", "经常",
    "老是", "任何", "看到", "看见", "听到", "闻到", "有过", "哪天", "见过", "见", "说", "讲", "再", "过", "太", "很",
    "又", "被", "特别", "个别", "分别", "级别", "除非", "是", "有", "在", "会", "要",
)  # fmt: skip
_QUESTIONS = ("是不是", "有没有", "会不会", "要不要", "能不能", "可不可以", "能不", "是否", "有无", "不会是", "不会又")
"""A-not-A: asks, does not deny. 不会又…吧 fears, does not deny."""
WINDOW = 10
"""Code points looked at before a word."""
NEGATING = frozenset("没不未无别非冇唔")
"""Every negator has one of these: most words have none before them."""


def negated(text: str, start: int, clause_start: int) -> str:
    """The negators that turn the word at ``start`` round, ``""`` when it stands affirmed."""
    before = text[max(clause_start, start - WINDOW) : start]
    if NEGATING.isdisjoint(before):
        return ""
    found: list[str] = []
    while before and not before.endswith(_QUESTIONS):
        negator, between = _ending(before, _NEGATORS), _ending(before, _BETWEEN)
        word = max(negator, between, key=len)
        if not word:
            break
        if word == negator:
            found.append(word)
        before = before[: -len(word)]
    return "".join(reversed(found)) if len(found) % 2 else ""


def _ending(text: str, words: tuple[str, ...]) -> str:
    return max((word for word in words if text.endswith(word)), key=len, default="")
