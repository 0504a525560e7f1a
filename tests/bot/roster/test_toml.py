"""Rosters in TOML: what is read, and what is said of every mistake."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.roster import RosterError, read_roster, read_roster_checked
from domain.places import Building, Community, Grid, Group, Person, Roster
from domain.words import Duty

Write = Callable[[str | bytes], Path]


def mistakes(path: Path) -> tuple[str, ...]:
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert all("\n" not in line for line in caught.value.mistakes)
    assert str(caught.value).split("\n") == [f"{path}: {line}" for line in caught.value.mistakes]
    return caught.value.mistakes


def test_a_good_roster_is_read_without_warnings(toml: Write, good: str) -> None:
    roster, warnings = read_roster_checked(toml(good))
    assert warnings == ()
    assert roster == Roster(
        (Person("zhao", "赵敏"), Person("wang", "王强")),
        (Community("文化社区", {Duty.SECTION_CHIEF: ("zhao",)}),),
        (Grid("一网格", "文化社区", {Duty.GRID_HEAD: ("wang",)}),),
        (Building("1号楼", "一网格"),),
        (Group("1号楼群", ("1号楼",)),),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('grid_head = "wang"', 'grid_head = ["wang"]'),
        ('building = "1号楼"', 'buildings = ["1号楼"]'),
        ('building = "1号楼"', 'buildings = [\n  "1号楼",  # 一栋\n]'),
        ('name = "王强"', 'name = "\u3000王强 \u00a0"'),
        ('grid_head = "wang"', 'grid_head = " wang"'),
        ('grid_head = "wang"', 'grid_head = "wang"\npolice = ""\nmediator = []'),
        ("\n", "\r\n"),
        ("[[staff]]\nid", "\ufeff[[staff]]\nid"),
        ("[[group]]\n", "[[ group ]] # 群\n"),
        ('[[group]]\ntopic = "1号楼群"\nbuilding = "1号楼"\n', ""),
    ],
)
def test_the_same_may_be_written_in_other_ways(toml: Write, good: str, old: str, new: str) -> None:
    expected = read_roster(toml(good))
    text = good.replace(old, new, 1) if old != "\n" else good.replace(old, new)
    if not new:
        text = 'group = [{ topic = "1号楼群", building = "1号楼" }]\n' + text
    assert read_roster(toml(text)) == expected


def test_all_duties_of_a_grid_are_read(toml: Write, good: str) -> None:
    more = 'grid_members = ["zhao", "wang"]\npolice = "zhao"\nmediator = ["zhao"]\ndelegates = "wang"\n'
    roster = read_roster(toml(good.replace('grid_head = "wang"\n', 'grid_head = "wang"\n' + more)))
    assert roster.grids[0].duties == {
        Duty.GRID_HEAD: ("wang",),
        Duty.GRID_MEMBER: ("zhao", "wang"),
        Duty.POLICE: ("zhao",),
        Duty.MEDIATOR: ("zhao",),
        Duty.DELEGATE: ("wang",),
    }


WRONG = {
    "unknown grid": (
        'grid = "一网格"',
        'grid = "二网格"',
        'line 16: building "1号楼": grid "二网格" is not in [[grid]]',
    ),
    "unknown grid, guess": ('grid = "一网格"', 'grid = "一 网格"', 'did you mean "一网格"?'),
    "unknown community": ('community = "文化社区"', 'community = "无"', 'line 12: grid "一网格": community'),
    "unknown building": (
        'building = "1号楼"',
        'building = "9号楼"',
        'line 19: group "1号楼群": building "9号楼" is not',
    ),
    "building without a grid": ('grid = "一网格"\n', "", 'line 14: building "1号楼": grid is missing'),
    "building with an empty grid": ('grid = "一网格"', 'grid = " "', 'line 16: building "1号楼": grid is empty'),
    "grid without a head": ('grid_head = "wang"\n', "", 'line 10: grid "一网格": grid_head is missing; every grid'),
    "grid with an empty head": ('grid_head = "wang"', "grid_head = []", 'line 13: grid "一网格": grid_head is empty'),
    "nobody known": ('section_chief = "zhao"', 'section_chief = "qian"', 'section_chief "qian" is nobody in [[staff]]'),
    "nobody known, guess": ('grid_head = "wang"', 'grid_head = "wagn"', 'line 13: grid "一网格": grid_head "wagn"'),
    "other case": ('grid_head = "wang"', 'grid_head = "Wang"', 'did you mean "wang"?'),
    "name for id": ('grid_head = "wang"', 'grid_head = "王强"', 'write the id instead of the name: "wang"'),
    "several in one text": ('grid_head = "wang"', 'grid_head = "wang、zhao"', 'written as a list, as in ["a", "b"]'),
    "twice in a list": ('grid_head = "wang"', 'grid_head = ["wang", "wang"]', 'grid_head names "wang" twice'),
    "empty in a list": ('grid_head = "wang"', 'grid_head = ["wang", ""]', "grid_head has an empty name in its list"),
    "id twice": ('id = "wang"', 'id = "zhao"', 'line 5: staff "zhao": id is already at line 2; keep one'),
    "id twice but for case": (
        'id = "wang"',
        'id = "ZHAO"',
        'line 5: staff "ZHAO": id differs from "zhao" at line 2 only in',
    ),
    "id with a space": ('id = "wang"', 'id = "wang qiang"', 'line 5: staff: id "wang qiang" holds a space or a comma'),
    "no id": ('id = "wang"\n', "", "line 4: staff: id is missing; every staff needs one"),
    "no name": ('name = "王强"\n', "", 'line 4: staff "wang": name is missing'),
    "no topic": ('topic = "1号楼群"\n', "", "line 17: group: topic is missing"),
    "group without building": ('building = "1号楼"\n', "", 'line 17: group "1号楼群": building is missing'),
    "group with no buildings": ('building = "1号楼"', "buildings = []", 'line 19: group "1号楼群": building is empty'),
    "both keys": (
        'building = "1号楼"',
        'building = "1号楼"\nbuildings = ["1号楼"]',
        "line 20: [[group]] has both building",
    ),
    "unknown key": (
        'name = "王强"',
        'name = "王强"\nphone = "1"',
        'line 7: [[staff]] has no key "phone"; its keys are id',
    ),
    "unknown key, guess": (
        'grid_head = "wang"',
        'grid_head = "wang"\ngrid_member = "wang"',
        "did you mean grid_members?",
    ),
    "unknown table": ("[[group]]", "[[grupo]]", 'line 17: unknown table or key "grupo"; did you mean [[group]]?'),
    "one bracket": (
        "[[group]]",
        "[group]",
        "line 17: group must be a list of tables; write [[group]] with two brackets",
    ),
    "number for text": ('id = "wang"', "id = 7", 'line 5: id must be a text in quotes, as in id = "7"'),
    "list for text": ('name = "王强"', 'name = ["王强"]', 'line 6: name must be one text, as in name = "…"'),
    "list of numbers": (
        'grid_head = "wang"',
        "grid_head = [1]",
        "line 13: grid_head must be a list of texts in quotes",
    ),
    "table for text": ('name = "王强"', "name = {}", "line 6: name must be a text"),
    "line break in a name": (
        'name = "王强"',
        'name = "王\\n强"',
        'line 6: staff "wang": name "王\\n强" holds a line break',
    ),
    "turning mark in a name": ('name = "王强"', 'name = "王\\u202e强"', "holds a line break or an invisible character"),
    "endless name": ('name = "王强"', f'name = "{"王" * 101}"', "is longer than 100 characters"),
    "endless number": ('id = "wang"', f"id = 0x{'f' * 9999}", "line 5: id must be a text in quotes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_line_with_its_place(toml: Write, good: str, case: str) -> None:
    old, new, said = WRONG[case]
    assert old in good
    found = mistakes(toml(good.replace(old, new, 1)))
    assert any(said in line for line in found), found
    related = {"id twice", "id twice but for case", "id with a space", "no id", "number for text", "endless number"}
    if case not in related | {"unknown table", "unknown community"}:
        assert len(found) == 1, found


def test_all_mistakes_are_told_in_one_run_in_the_order_of_the_file(toml: Write, good: str) -> None:
    text = (
        good.replace('grid_head = "wang"\n', "")
        .replace('grid = "一网格"', 'grid = "x"')
        .replace('"zhao"\nname', '""\nname')
    )
    text = text.replace('building = "1号楼"', 'building = "y"\ncolour = "red"')
    assert [line.split(":")[0] for line in mistakes(toml(text))] == [
        "line 2",  # the id is empty
        "line 9",  # so the chief is nobody
        "line 10",
        "line 15",
        "line 18",
        "line 19",
    ]


def test_places_are_right_among_comments_and_long_strings(toml: Write, good: str) -> None:
    text = (
        '# [[staff]]\n"group" = [\n  {topic = """\na # "b" ]\n.""", building = "1号楼"},\n]\n'
        + good[: good.index("[[group]]")]
    )
    text = text.replace('"一网格"\ncommunity', "'''一网格'''\n'community'").replace(
        'grid_head = "wang"', "grid_head = [\n'wang',\n\n'x', ]"
    )
    found = mistakes(toml(text))
    assert found[0].startswith("line 3: group")
    assert found[1].startswith('line 22: grid "一网格": grid_head "x" is nobody')
    assert len(found) == 2


GROUP = '[[group]]\ntopic = "1号楼群"\nbuilding = "1号楼"\n'


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("", "", 'line 21: group "1号楼群": topic is already at line 18; give both groups an id'),
        ('id = "a"\n', "", 'line 22: group "1号楼群": topic is already at line 18'),
        ('id = "a"\n', 'id = "a"\n', 'line 24: group "1号楼群": id "a" is already at line 20'),
        ('id = "a"\n', 'id = "A"\n', None),
    ],
)
def test_groups_of_one_topic_need_different_ids(
    toml: Write, good: str, first: str, second: str, said: str | None
) -> None:
    path = toml(good + first + GROUP + second)
    if said is None:
        assert [group.id for group in read_roster(path).groups] == ["a", "A"]
    else:
        (line,) = mistakes(path)
        assert line.startswith(said)


def test_one_group_id_under_two_topics_is_a_mistake(toml: Write, good: str) -> None:
    (line,) = mistakes(toml(good + 'id = "a"\n' + GROUP.replace("楼群", "楼新群") + 'id = "a"\n'))
    assert 'id "a" is already at line 20' in line


SECOND = '[[building]]\nname = "2号楼"\ngrid = "GRID"\n[[group]]\ntopic = "两楼群"\nbuildings = ["1号楼", "2号楼"]\n'


def test_a_group_may_have_several_buildings_of_one_grid(toml: Write, good: str) -> None:
    roster = read_roster(toml(good + SECOND.replace("GRID", "一网格")))
    assert roster.groups[1].buildings == ("1号楼", "2号楼")


def test_a_group_over_two_grids_is_a_mistake(toml: Write, good: str) -> None:
    grid = '[[grid]]\nname = "二网格"\ncommunity = "文化社区"\ngrid_head = "wang"\n'
    (line,) = mistakes(toml(good + grid + SECOND.replace("GRID", "二网格")))
    assert line.startswith('line 29: group "两楼群": its buildings belong to different grids ("一网格", "二网格")')


def test_what_nothing_refers_to_is_a_warning_with_its_place(toml: Write, good: str) -> None:
    more = (
        '[[staff]]\nid = "idle"\nname = "闲"\n[[community]]\nname = "空社区"\n[[grid]]\nname = "空网格"\n'
        'community = "文化社区"\ngrid_head = "wang"\n[[building]]\nname = "2号楼"\ngrid = "一网格"\n'
    )
    assert read_roster_checked(toml(good + more))[1] == (
        'line 21: staff "idle" holds no duty',
        'line 24: community "空社区" has no grid',
        'line 26: grid "空网格" has no building',
        'line 30: building "2号楼" has no group; nobody in it is heard',
    )


@pytest.mark.parametrize("kind", ["staff", "community", "grid", "building", "group"])
def test_a_missing_table_is_one_mistake_and_its_references_none(toml: Write, good: str, kind: str) -> None:
    kept = ["[[" + part for part in good.split("[[")[1:] if not part.startswith(kind)]
    assert mistakes(toml("".join(kept))) == (f"[[{kind}]] is missing or empty; a roster needs it",)


def test_an_empty_file_lacks_everything(toml: Write) -> None:
    assert len(mistakes(toml(""))) == 5


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ('id = "wang"', 'id = "wang', "line 5", "is not TOML"),
        ('id = "wang"', "id = “wang”", "line 5", 'the Chinese mark “ may stand there for "'),
        ('id = "wang"', 'id ＝ "wang"', "line 5", "the Chinese mark ＝ may stand there for ="),
        ('id = "wang"', "id = wang", "line 5", "is not TOML"),
        ('id = "wang"', 'id = "wang"\nid = "li"', "line 6", "is not TOML"),
        ("[[group]]", "[[group]", "line 17", "is not TOML"),
        ('building = "1号楼"', 'building = ["1号楼"', "line 19", "is not TOML"),
    ],
)
def test_bad_syntax_has_its_line(toml: Write, good: str, old: str, new: str, place: str, said: str) -> None:
    (line,) = mistakes(toml(good.replace(old, new, 1)))
    assert line.startswith(f"{place}: ")
    assert said in line


def test_other_encodings_are_named_with_their_line(toml: Write, good: str) -> None:
    assert mistakes(toml(good.encode("gbk"))) == ("line 3: is not UTF-8 text; save the file with the encoding UTF-8",)
    assert "line 1: is not UTF-8" in mistakes(toml(good.encode("utf-16")))[0]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "{a = " * 5000 + "1" + "}" * 5000,
        ".".join("a" * 50_000) + " = 1",
        "[" + " . ".join("a" * 50_000) + "]",
        "a = " + "9" * 100_000,
        "a" * 5_000_000,
        "\0\0\0",
    ],
    ids=["brackets", "braces", "dotted", "dotted header", "number", "size", "NUL"],
)
def test_hostile_text_is_refused_at_once(toml: Write, text: str) -> None:
    path = toml(text)
    begin = time.perf_counter()
    (line,) = mistakes(path)
    assert len(line) < 200
    assert time.perf_counter() - begin < 5


def test_thousands_of_mistakes_are_told_in_seconds(toml: Write, good: str) -> None:
    text = good + "".join(
        f'[[building]]\nname = "b{n}"\ngrid = "grid{n}"\nbuilding_lead = "x{n}"\n' for n in range(3000)
    )
    begin = time.perf_counter()
    assert len(mistakes(toml(text))) == 6000
    assert time.perf_counter() - begin < 10


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "roster.csv").write_text("id,name\n")
    assert mistakes(tmp_path / "no.toml")[0].startswith("no such file")
    assert mistakes(tmp_path / "folder.toml")[0].startswith("is not a plain file")
    assert "neither .toml nor .xlsx" in mistakes(tmp_path / "roster.csv")[0]
