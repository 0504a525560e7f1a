"""Each stage on a small pack of its own: the engine, not the shipped words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.hearing import Hearing
from domain.words import Act, Category, Tier, Urgency, Verdict
from handlers.classify import Classifier

ELEVATOR = """
category = "elevator"
tier = "small"
partners = ["property_steward"]
[[rule]]
id = "elevator.stopped"
topics = ["电梯"]
signs = ["坏了", "不动", "停运"]
weak = ["怪怪的"]
phrases = ["困在电梯"]
urgency = "urgent"
emergency = ["困人", "里面有人"]
exclude = ["电梯广告", "不动产"]
unless = ["乐高"]
"""
LIGHTING = """
category = "lighting"
[[rule]]
id = "lighting.out"
topics = ["灯"]
signs = ["坏了", "不亮"]
urgent = ["一片漆黑"]
"""
POWER = """
category = "power"
[[rule]]
id = "power.outage"
phrases = ["停电"]
boundary = ["停电"]
urgency = "urgent"
"""
Make = Callable[..., Classifier]


@pytest.fixture
def small(pack_of: Make) -> Classifier:
    return pack_of(elevator=ELEVATOR, lighting=LIGHTING, power=POWER)


def why(hearing: Hearing) -> set[str]:
    return {suppressed.why for suppressed in hearing.suppressed}


def test_a_topic_and_a_sign_in_one_clause_are_an_issue(small: Classifier) -> None:
    hearing = small.hear("三单元电梯又坏了")
    first = hearing.gravest
    assert first is not None
    assert (hearing.verdict, first.category, first.tier, first.urgency) == (
        Verdict.ISSUE,
        Category.ELEVATOR,
        Tier.SMALL,
        Urgency.URGENT,
    )
    assert [(e.keyword, e.role, e.start, e.end) for e in hearing.evidence] == [
        ("电梯", "topic", 3, 5),
        ("坏了", "sign", 6, 8),
    ]
    assert hearing.place.unit == "3"
    assert hearing.act is Act.REOPEN


def test_neither_a_topic_nor_a_sign_alone_is_a_matter(small: Classifier) -> None:
    assert small.hear("电梯里遇到你妈了").verdict is Verdict.NONE
    assert small.hear("我手机坏了").verdict is Verdict.NONE


def test_a_weak_sign_is_only_suspected_but_never_with_words_of_danger(small: Classifier) -> None:
    assert small.hear("电梯声音怪怪的").verdict is Verdict.SUSPECTED
    hearing = small.hear("电梯声音怪怪的，里面有人")
    assert hearing.verdict is Verdict.ISSUE
    assert hearing.gravest is not None
    assert hearing.gravest.urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("text", "original"),
    [
        ("電梯壞了", "電梯壞了"),
        ("电\u200b梯坏\ufe0f了", "电\u200b梯坏\ufe0f了"),
        ("😂😂电梯[捂脸]坏了", "电梯[捂脸]坏了"),
        ("电梯坏坏坏坏了", "电梯坏坏坏坏了"),
        ("点梯坏了", "点梯坏了"),
    ],
)
def test_evidence_points_into_the_original_text(small: Classifier, text: str, original: str) -> None:
    hearing = small.hear(text)
    assert hearing.verdict is Verdict.ISSUE
    spans = [text[e.start : e.end] for e in hearing.evidence]
    assert spans[0] in original
    assert text[hearing.evidence[0].start : hearing.evidence[-1].end] == original
    assert [e.keyword for e in hearing.evidence] == ["电梯", "坏了"]


def test_full_width_letters_and_capitals_are_read(pack_of: Make) -> None:
    network = 'category = "network"\n[[rule]]\nid = "network.down"\ntopics = ["wifi"]\nsigns = ["断了"]\n'
    small = pack_of(network=network)
    assert small.hear("ＷｉＦｉ断了").verdict is Verdict.ISSUE
    assert small.hear("WIFI断了").verdict is Verdict.ISSUE


def test_a_longer_word_swallows_the_word_inside_it(small: Classifier) -> None:
    hearing = small.hear("电梯广告坏了眼睛")
    assert hearing.verdict is Verdict.NONE
    assert why(hearing) == {"excluded"}
    assert small.hear("电梯房的不动产证").verdict is Verdict.NONE


def test_unless_silences_a_rule_in_its_clause_only(small: Classifier) -> None:
    assert why(small.hear("孩子的乐高电梯坏了")) == {"unless"}
    assert small.hear("孩子在玩乐高，电梯坏了").verdict is Verdict.ISSUE


def test_a_word_across_a_word_boundary_does_not_count(small: Classifier) -> None:
    hearing = small.hear("暂停电梯使用")
    assert hearing.verdict is Verdict.NONE
    assert why(hearing) == {"boundary"}
    assert small.hear("突然停电了").verdict is Verdict.ISSUE


@pytest.mark.parametrize("text", ["没有停电", "我家没停电", "并没有停电啊", "没听说停电", "不是停电"])
def test_a_negated_word_does_not_count(small: Classifier, text: str) -> None:
    hearing = small.hear(text)
    assert hearing.verdict is Verdict.NONE
    assert "negated" in why(hearing)


@pytest.mark.parametrize(
    "text", ["不是没停电，是来得快", "没有一天不停电", "是不是停电了", "特别爱停电", "怎么又停电了"]
)
def test_double_negation_and_a_not_a_affirm(small: Classifier, text: str) -> None:
    assert small.hear(text).verdict is Verdict.ISSUE


def test_a_plain_question_is_only_suspected(small: Classifier) -> None:
    assert small.hear("你们停电了吗").verdict is Verdict.SUSPECTED
    assert small.hear("停电了没有？").verdict is Verdict.SUSPECTED


def test_a_sign_takes_the_nearest_topic(small: Classifier) -> None:
    hearing = small.hear("电梯口的灯坏了")
    assert [matter.category for matter in hearing.matters] == [Category.LIGHTING]
    assert "nearer" in why(hearing)


def test_topics_taken_together_share_a_sign(small: Classifier) -> None:
    assert {m.category for m in small.hear("电梯和灯都坏了").matters} == {Category.ELEVATOR, Category.LIGHTING}


def test_a_clause_that_begins_with_its_sign_looks_back_for_the_topic(small: Classifier) -> None:
    assert small.hear("三单元的电梯啊，又坏了").verdict is Verdict.ISSUE
    assert small.hear("电梯里信号差，我手机坏了").verdict is Verdict.NONE


def test_several_matters_come_gravest_first_each_with_its_place(small: Classifier) -> None:
    hearing = small.hear("3栋的灯不亮，5栋电梯不动了，困人了")
    assert [(m.category, m.place.building) for m in hearing.matters] == [
        (Category.ELEVATOR, "5"),
        (Category.LIGHTING, "3"),
    ]
    assert hearing.matters[0].urgency is Urgency.EMERGENCY


def test_words_of_danger_raise_only_when_affirmed(small: Classifier) -> None:
    first = small.hear("电梯坏了，没有困人").gravest
    assert first is not None
    assert first.urgency is Urgency.URGENT


def test_urgent_words_raise_a_normal_rule(small: Classifier) -> None:
    first = small.hear("楼道灯坏了，一片漆黑").gravest
    assert first is not None
    assert first.urgency is Urgency.URGENT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("以前住的地方电梯坏了也没事", "past"),
        ("我老家电梯坏了", "elsewhere"),
        ("要是电梯坏了咋整", "hypothetical"),
        ("电梯坏了找我，专业维修", "advert"),
        ("讲个段子，电梯坏了", "joke"),
        ("#接龙 电梯坏了", "jielong"),
        ("【通知】电梯坏了，正在抢修", "notice"),
        ("电梯坏了两天，终于修好了", "resolved"),
    ],
)
def test_frames_silence_what_is_not_a_matter_here_and_now(small: Classifier, text: str, reason: str) -> None:
    hearing = small.hear(text)
    assert hearing.verdict is Verdict.NONE
    assert reason in why(hearing)


@pytest.mark.parametrize(
    "text",
    [
        "上次修好的电梯现在又坏了",
        "如果再不修投诉，电梯坏了三天",
        "通知说9点到12点停电，现在都三点了怎么还停电",
        "刚修好电梯又坏了",
    ],
)
def test_a_frame_is_taken_down_by_words_of_here_and_now(small: Classifier, text: str) -> None:
    assert small.hear(text).verdict is Verdict.ISSUE


def test_context_completes_what_is_said_in_several_messages(small: Classifier) -> None:
    assert small.hear("又坏了").verdict is Verdict.NONE
    hearing = small.hear("又坏了", context=["三单元的电梯"])
    assert hearing.verdict is Verdict.ISSUE
    assert [(e.keyword, e.role, e.start, e.end) for e in hearing.evidence] == [
        ("电梯", "context", 0, 0),
        ("坏了", "sign", 1, 3),
    ]


def test_context_alone_is_not_heard_again(small: Classifier) -> None:
    assert small.hear("大家晚上好", context=["电梯坏了"]).verdict is Verdict.NONE
    assert small.hear("灯火通明真漂亮", context=["电梯坏了"]).verdict is Verdict.NONE


def test_danger_said_just_after_raises_the_matter(small: Classifier) -> None:
    first = small.hear("里面有人！", context=["电梯坏了"]).gravest
    assert first is not None
    assert first.urgency is Urgency.EMERGENCY


def test_the_same_text_is_heard_the_same(small: Classifier) -> None:
    text = "3栋电梯坏了，灯也不亮"
    assert small.hear(text) == small.hear(text)
    assert small.hear("早上好") == small.hear("早上好")
    assert hash(small.hear("早上好")) == hash(
        Hearing("早上好", Verdict.NONE, Act.CHAT, 0.0, small.hear("早上好").place)
    )
