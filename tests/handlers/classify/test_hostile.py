"""Any text whatever: bounded time, no exception, spans inside the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.words import Verdict
from handlers.classify import Classifier, place_from_alias, speech_act

HOSTILE = {
    "megabytes": "电梯坏了，" * 400_000,
    "one character": "水" * 1_000_000,
    "combining marks only": "\u0301" * 100_000,
    "controls": "".join(map(chr, range(32))) * 3000,
    "lone surrogates": "\ud800停\udfff水" * 1000,
    "right to left": "\u202e停水\u202c" * 1000,
    "emoji": "😂" * 10_000,
    "families": "👨‍👩‍👧‍👦" * 5000,
    "sticker openings": "[" * 100_000,
    "stickers": "[捂脸]" * 20_000,
    "digits": "1" * 100_000,
    "hyphens": "3-2-" * 50_000,
    "negators": "没不" * 50_000 + "停水",
    "question marks": "？" * 100_000,
    "spaces": " " * 100_000 + "停水",
    "every clause a hit": "电梯坏了困人着火了停电了，" * 120,
    "times": "下午三点" * 20_000,
    "at signs": "@" * 100_000,
}
ALPHABET = st.one_of(
    st.characters(),
    st.sampled_from("电梯停水坏了没不灯亮吗？，。 \n又楼单元号[]123-@着火\u200b\u0301\ud800\u202e😂電壞"),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_bounded_time(shipped: Classifier, name: str) -> None:
    shipped.votes.load()
    begin = time.perf_counter()
    hearing = shipped.hear(HOSTILE[name], context=[HOSTILE[name]] * 5)
    speech_act(HOSTILE[name])
    place_from_alias(HOSTILE[name])
    assert time.perf_counter() - begin < 2.0
    assert all(0 <= e.start <= e.end <= len(HOSTILE[name]) for e in hearing.evidence)


def test_an_over_long_text_is_heard_by_its_head_and_its_tail(shipped: Classifier) -> None:
    filler = "今天大家一起去公园看花吧。" * 2000
    for text in (f"我家停水了。{filler}", f"{filler}我家停水了"):
        hearing = shipped.hear(text)
        assert hearing.verdict is Verdict.ISSUE
        assert "停水" in text[hearing.evidence[0].start : hearing.evidence[-1].end]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(ALPHABET, max_size=200), context=st.lists(st.text(ALPHABET, max_size=40), max_size=4))
def test_any_text_is_heard_with_spans_inside_it(shipped: Classifier, text: str, context: list[str]) -> None:
    hearing = shipped.hear(text, context=context)
    assert hearing == shipped.hear(text, context=context)
    assert (hearing.verdict is Verdict.NONE) == (not hearing.matters)
    spans = [(word.start, word.end) for word in hearing.evidence if word.role != "context"]
    spans += [(word.start, word.end) for word in hearing.suppressed]
    assert all(0 <= start < end <= len(text) for start, end in spans)
