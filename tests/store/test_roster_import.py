"""Importing a roster: idempotent, whole or not at all, and whoever left has no rights any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from domain.places import Building, Group, Person, Roster
from domain.words import Duty
from store import people
from store.roster import Imported, import_roster
from store.tables import DutyRow, EnrolmentCode, GroupRow, IdentityRow, Issue, PersonRow

if TYPE_CHECKING:
    from tests.store.conftest import Office

HEAD, OTHER = "wang-qiang", "li-jun"


def again(office: Office, roster: Roster) -> Imported:
    return office.do(lambda tx: import_roster(tx, roster))


def without(roster: Roster, person: str, successor: str) -> Roster:
    """The roster after ``person`` left and ``successor`` took over every duty."""

    def moved(duties: object) -> dict[Duty, tuple[str, ...]]:
        assert isinstance(duties, dict)
        return {duty: tuple(successor if held == person else held for held in who) for duty, who in duties.items()}

    return replace(
        roster,
        staff=tuple(one for one in roster.staff if one.id != person),
        communities=tuple(replace(one, duties=moved(dict(one.duties))) for one in roster.communities),
        grids=tuple(replace(one, duties=moved(dict(one.duties))) for one in roster.grids),
        buildings=tuple(replace(one, duties=moved(dict(one.duties))) for one in roster.buildings),
    )


def test_the_first_import_brings_everything(office: Office, roster: Roster) -> None:
    directory = office.do(lambda tx: tx.directory)
    assert len(directory.people) == len(roster.staff)
    assert len(directory.groups) == len(roster.groups)
    assert len(office.rows(DutyRow)) == len(list(roster.duties()))
    building = next(one for one in directory.buildings.values() if one.name == "文化小区1号楼")
    assert directory.holding(building.id, Duty.GRID_HEAD) == (HEAD,)
    assert directory.holding(building.id, Duty.SECTION_CHIEF) == ("zhao-min",)


def test_the_same_roster_again_changes_nothing_but_the_version(office: Office, roster: Roster) -> None:
    before = [office.rows(model) for model in (PersonRow, GroupRow)]
    version = office.do(lambda tx: tx.directory.version)
    done = again(office, roster)
    assert not any([*done.added.values(), *done.gone.values(), done.reassigned])
    assert [office.rows(model) for model in (PersonRow, GroupRow)] == before
    assert office.do(lambda tx: tx.directory.version) > version


def test_a_new_building_and_group_are_added_and_a_gone_group_is_kept_as_history(office: Office, roster: Roster) -> None:
    grown = replace(
        roster,
        buildings=(*roster.buildings, Building("新楼", roster.grids[0].name)),
        groups=(*roster.groups[1:], Group("新楼业主群", ("新楼",))),
    )
    done = again(office, grown)
    assert done.added["building"] == ["新楼"]
    assert done.added["group"] == ["新楼业主群"]
    assert done.gone["group"] == [roster.groups[0].topic]
    assert not office.rows(GroupRow)[0].active
    assert again(office, roster).added["group"] == [roster.groups[0].topic]


def test_a_renamed_person_keeps_the_binding(office: Office, roster: Roster) -> None:
    bind(office, HEAD)
    renamed = tuple(Person(one.id, "王强强") if one.id == HEAD else one for one in roster.staff)
    again(office, replace(roster, staff=renamed))
    directory = office.do(lambda tx: tx.directory)
    assert directory.name(HEAD) == "王强强"
    assert directory.reach[HEAD] == ("wechaty", "main", "wx-1")


def bind(office: Office, person: str) -> str:
    code = office.do(lambda tx: people.issue_codes(tx.db, [person], tx.now + timedelta(days=7)))[person]

    def use(tx: object) -> str | None:
        from store.tx import Cause, Tx

        assert isinstance(tx, Tx)
        return people.enrol(tx, people.identity(tx, ("wechaty", "main", "wx-1"), "小王"), code, Cause())

    assert office.do(use) == person
    return code


def test_who_left_loses_rights_and_unused_codes(office: Office, roster: Roster) -> None:
    bind(office, HEAD)
    unused = office.do(lambda tx: people.issue_codes(tx.db, [HEAD], tx.now + timedelta(days=7)))[HEAD]
    again(office, without(roster, HEAD, OTHER))
    directory = office.do(lambda tx: tx.directory)
    assert directory.person_of("wechaty", "main", "wx-1") is None
    assert HEAD not in directory.reach
    assert HEAD not in directory.people
    assert [row.person_id for row in office.rows(IdentityRow)] == [None]
    assert enrol(office, unused) is None
    again(office, roster)
    assert enrol(office, unused) is None, "an old code must not come back to life with its person"


def enrol(office: Office, code: str) -> str | None:
    from store.tx import Cause

    return office.do(lambda tx: people.enrol(tx, people.identity(tx, ("wechaty", "main", "wx-9"), "谁"), code, Cause()))


def test_open_issues_of_who_left_go_to_the_grid_head_of_today(office: Office, roster: Roster) -> None:
    issue = office.issue()
    assert issue.assignee_id == HEAD
    assert again(office, without(roster, HEAD, OTHER)).reassigned == 1
    (row,) = office.rows(Issue)
    assert row.assignee_id == OTHER
    assert row.next_at is not None
    assert again(office, without(roster, HEAD, OTHER)).reassigned == 0


def test_a_roster_that_breaks_half_way_changes_nothing(office: Office, roster: Roster) -> None:
    before = [office.rows(model) for model in (PersonRow, GroupRow, DutyRow)]
    wrong = replace(roster, staff=(*roster.staff, Person("new", "新人")), buildings=(Building("孤楼", "没有的网格"),))
    with pytest.raises(KeyError):
        again(office, wrong)
    assert [office.rows(model) for model in (PersonRow, GroupRow, DutyRow)] == before


def test_a_code_is_kept_as_its_hash_alone_and_works_once(office: Office) -> None:
    code = bind(office, HEAD)
    (row,) = office.rows(EnrolmentCode)
    assert code not in repr(row)
    assert len(row.code_hash) == 64
    assert row.used_at == office.now
    assert enrol(office, code) is None


def test_a_new_code_replaces_the_unused_one(office: Office) -> None:
    first = office.do(lambda tx: people.issue_codes(tx.db, [HEAD], tx.now + timedelta(days=7)))[HEAD]
    second = office.do(lambda tx: people.issue_codes(tx.db, [HEAD], tx.now + timedelta(days=7)))[HEAD]
    assert enrol(office, first) is None
    assert enrol(office, second) == HEAD


def test_a_code_ends_when_it_says(office: Office) -> None:
    code = office.do(lambda tx: people.issue_codes(tx.db, [HEAD], tx.now + timedelta(days=7)))[HEAD]
    office.now += timedelta(days=7)
    assert enrol(office, code) is None
    office.now -= timedelta(seconds=1)
    assert enrol(office, code) == HEAD


@pytest.mark.parametrize("form", ["{}", " {} ", "绑定码{}", "绑定 {}", "绑定码：{}"])
def test_a_code_is_known_however_it_is_typed(office: Office, form: str) -> None:
    code = office.do(lambda tx: people.issue_codes(tx.db, [HEAD], tx.now + timedelta(days=1)))[HEAD]
    assert people.looks_like_code(form.format(code)) == code
    assert people.looks_like_code(form.format(code.lower())) == code
    spaced = f"{code[:4]} {code[4:]}"
    assert people.looks_like_code(form.format(spaced)) == code


@pytest.mark.parametrize("text", ["", "早上好", "ABCDEFG", "ABCDEFGHJ", "ABCDEFG0", "绑定码", "1", "ABCD-EFG"])
def test_other_words_are_no_code(text: str) -> None:
    assert people.looks_like_code(text) is None
