"""Ladders and limits: the shipped ones are those of the design, wrong ones are refused with the mend."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from domain.calendar import Mode
from domain.policy import EMERGENCY_LADDER, NORMAL_LADDER, URGENT_LADDER, Ladder, Policy
from domain.spans import Length, parse_length
from domain.words import Duty, Tier, Urgency

HEAD = {"after": "0m", "to": ["grid_head"]}


def test_the_shipped_normal_ladder() -> None:
    assert NORMAL_LADDER.clock is Mode.WORKING
    assert NORMAL_LADDER.duties(0) == (Duty.GRID_HEAD,)
    assert {Duty.BUILDING_LEAD, Duty.GRID_MEMBER} <= set(NORMAL_LADDER.duties(1))
    escalations = {str(NORMAL_LADDER.after(n)) for n in range(20) if NORMAL_LADDER.is_escalation(n)}
    assert escalations == {"90m", "4h"}
    assert Duty.COMMUNITY_SECRETARY in NORMAL_LADDER.duties(3)
    assert Duty.SECTION_CHIEF in NORMAL_LADDER.duties(8)


def test_the_shipped_urgent_and_emergency_ladders() -> None:
    assert [str(URGENT_LADDER.after(n)) for n in range(4)] == ["0s", "10m", "20m", "30m"]
    assert EMERGENCY_LADDER.clock is Mode.ALWAYS
    assert [EMERGENCY_LADDER.after(n).seconds for n in range(4)] == [0, 180, 360, 540]
    assert {Duty.GRID_HEAD, Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF} <= set(EMERGENCY_LADDER.duties(0))


def test_past_its_last_rung_a_ladder_repeats() -> None:
    assert [str(NORMAL_LADDER.after(n)) for n in (8, 9, 10)] == ["4h", "8h", "12h"]
    assert NORMAL_LADDER.duties(12) == NORMAL_LADDER.duties(8)
    assert not NORMAL_LADDER.is_escalation(12)


def test_the_shipped_limits() -> None:
    policy = Policy()
    assert policy.resolution(Urgency.URGENT, Tier.LARGE) == (parse_length("4h"), Mode.WAKING)
    assert policy.resolution(Urgency.NORMAL, Tier.SMALL) == (Length(workdays=3), Mode.WORKING)
    assert policy.resolution(Urgency.NORMAL, Tier.MEDIUM) == (Length(workdays=7), Mode.WORKING)
    assert policy.response(Urgency.EMERGENCY)[1] is Mode.ALWAYS
    assert policy.wait.close == parse_length("48h")


@pytest.mark.parametrize(
    ("ladder", "why"),
    [
        ({"rungs": []}, "at least 1 item"),
        ({"rungs": [{"after": "0m", "to": []}]}, "at least 1 item"),
        ({"rungs": [{"after": "5m", "to": ["grid_head"]}]}, "first rung is told at once"),
        (
            {"rungs": [HEAD, {"after": "30m", "to": ["police"]}, {"after": "10m", "to": ["police"]}]},
            "later than the one",
        ),
        ({"rungs": [HEAD, HEAD]}, "later than the one before"),
        ({"rungs": [HEAD, {"after": "1wd", "to": ["police"]}]}, "write 8h instead of 1wd"),
        ({"repeat": "1wd"}, "write 8h instead of 1wd"),
        ({"repeat": "30s"}, "at least a minute"),
        ({"rungs": [{"after": "0m", "to": ["mayor"]}]}, "section_chief"),
        ({"clock": "night"}, "working"),
        ({"rung": []}, "Extra inputs"),
    ],
)
def test_a_wrong_ladder_is_refused(ladder: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Ladder.model_validate({"clock": "working", "repeat": "4h", "rungs": [HEAD]} | ladder)


def test_a_frozen_policy_reads_back_the_same() -> None:
    assert Policy.model_validate_json(Policy().model_dump_json()) == Policy()
