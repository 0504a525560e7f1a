"""What the bot says: full-width punctuation, no jargon, short enough for an old phone."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import datetime
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

from domain import prompts, wording, wording_commands, wording_digest, words
from domain.words import Category, IssueState, PromptKind, Urgency

HALF = re.compile(r"[\u4e00-\u9fff][,;:!?()][\u4e00-\u9fff“（{]|[\u4e00-\u9fff}][,;:!?](?=[\u4e00-\u9fff{])")


def sentences(module: ModuleType) -> list[str]:
    """Every text literal of a module that holds Chinese, docstrings left out, placeholders as ``{}``."""
    tree = ast.parse(inspect.getsource(module))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | inside:
            found.append(node.value)
    return [text for text in found if re.search(r"[\u4e00-\u9fff]", text)]


@pytest.mark.parametrize(
    "module", [wording, wording_commands, wording_digest, words, prompts], ids=lambda module: module.__name__
)
def test_punctuation_between_chinese_words_is_full_width(module: ModuleType) -> None:
    assert [text for text in sentences(module) if HALF.search(text)] == []


def issue(**changes: object) -> wording.IssueWords:
    values: dict[str, object] = {
        "number": 12,
        "category": Category.ELEVATOR,
        "urgency": Urgency.NORMAL,
        "state": IssueState.OPEN,
        "building": "文化小区1号楼",
        "place": " 2单元",
        "text": "电梯坏了，老人下不去楼",
        "reporter": "1-2-501 王",
        "opened": datetime(2026, 12, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai")),
    }
    return wording.IssueWords(**values | changes)  # type: ignore[arg-type]


def test_who_said_it_and_what_are_parted_by_a_full_width_colon() -> None:
    assert "1-2-501 王：电梯坏了" in wording.about(issue())


def test_a_message_without_words_says_so() -> None:
    assert "（无文字）" in wording.about(issue(text="  \n "))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0分钟"),
        (0, "0分钟"),
        (59 * 60, "59分钟"),
        (3600, "1小时"),
        (5400, "1小时30分"),
        (48 * 3600, "2天"),
        (1e6, "11天"),
    ],
)
def test_how_long_somebody_waited(seconds: float, said: str) -> None:
    assert wording.waited(seconds) == said


def test_an_emergency_rings_with_whom_to_call_first() -> None:
    body = wording.ring(issue(urgency=Urgency.EMERGENCY), 0, 0, escalation=False, first_for_person=True)
    assert body.startswith("【危急】")
    assert all(number in body for number in ("110", "119", "120"))
    assert all(number in wording.ack(issue(urgency=Urgency.EMERGENCY), None) for number in ("110", "119", "120"))


@pytest.mark.parametrize("rung", [0, 1, 5])
def test_a_ring_is_short_even_for_a_long_message(rung: int) -> None:
    body = wording.ring(issue(text="很长" * 5000), rung, 3600, escalation=False, first_for_person=False)
    assert len(body) < 350


@pytest.mark.parametrize("kind", [kind for kind in PromptKind if kind in prompts.OPTIONS])
def test_every_prompt_shows_all_its_digits(kind: PromptKind) -> None:
    line = wording.options_line(kind)
    assert all(f"{option.digit} {option.label}" in line for option in prompts.OPTIONS[kind])


def test_the_notice_says_who_reads_why_how_long_and_how_to_object() -> None:
    notice = wording.notice("示例街道", 30)
    assert all(word in notice for word in ("示例街道", "30天", "诉求", "不外传", "退出"))


LONG = "电梯坏了，老人下不去楼，" * 20
LONGEST = issue(
    text=LONG,
    reporter="文化小区1号楼2单元501室王老师家属",
    building="文化小区东区人才公寓一期1号楼",
    place=" 2单元15楼",
    urgency=Urgency.EMERGENCY,
    reports=12,
    reopened=True,
)
OF_LONGEST = LONGEST.opened
PROMPTS = {
    "ring": wording.ring(LONGEST, 5, 9000, escalation=True, first_for_person=True),
    "reminder": wording.ring(issue(text=LONG), 5, 9000, escalation=False, first_for_person=True),
    "handled": wording.ask_handled(LONGEST, OF_LONGEST),
    "is issue": wording.ask_is_issue(LONGEST),
    "listed": wording.suspicion_listed(LONGEST),
    "neighbour": wording.ask_neighbour_answer(LONGEST, "文化小区1号楼2单元501室王老师家属", LONG),
    "which": wording.ask_which([LONGEST] * 5, LONG),
    "chase": wording.chase_passed(LONGEST, LONG, 12),
    "community": wording.community_asked(LONGEST, "欧阳建国"),
    "referred": wording.referred(LONGEST, "欧阳建国", LONG),
    "the way": wording.referred(
        LONGEST, "欧阳建国", LONG, [wording.handed_on("欧阳建国", "司马文静", LONG, returned=True)] * 5
    ),
    "several": wording.several([(LONGEST, 9000.0)] * 9, escalation=True),
    "list": wording.todo([LONGEST] * 20),
    "shown": wording_commands.shown(
        LONGEST,
        words.Tier.MEDIUM,
        "欧阳建国",
        [(OF_LONGEST, wording_commands.step("issue_answered", "欧阳建国", LONG, {}))] * 9,
    ),
    "choose": wording_commands.choose_reports(12, [("文化小区1号楼2单元501室王老师家属", LONG)] * 20),
    "stand-ins": wording_commands.stand_ins([("欧阳建国", "司马文静", OF_LONGEST.date(), OF_LONGEST.date())] * 20),
}


@pytest.mark.parametrize("what", PROMPTS)
def test_what_is_sent_to_one_person_is_short_enough_for_an_old_phone(what: str) -> None:
    lines = PROMPTS[what].splitlines()
    assert len(lines) <= 8
    assert [line for line in lines if len(line) > wording.LINE] == []
