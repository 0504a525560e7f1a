"""``louling rules``: what a rule author sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands.rules import app
from handlers.classify.evaluating import LabelError

RULE = 'category = "water"\n[[rule]]\nid = "water.dragon"\nphrases = ["水龙王发怒"]\n'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "examples").mkdir()
    (tmp_path / "water.toml").write_text(RULE, encoding="utf-8")
    return tmp_path


def examples(pack: Path, text: str) -> None:
    (pack / "examples" / "water.toml").write_text(text, encoding="utf-8")


def test_check_names_file_and_line_of_a_failing_example(pack: Path) -> None:
    examples(pack, '[[match]]\ntext = "水龙王发怒"\n\n[[miss]]\ntext = "戏里水龙王发怒"\n')
    result = CliRunner().invoke(app, ["check", str(pack)])
    assert result.exit_code == 1
    assert "water.toml:4: miss 「戏里水龙王发怒」 should be none, heard issue water by water.dragon" in result.stdout
    assert "2 examples" in result.stdout


def test_check_passes_a_sound_pack(pack: Path) -> None:
    examples(pack, '[[match]]\ntext = "水龙王发怒"\n')
    result = CliRunner().invoke(app, ["check", str(pack), "--strict"])
    assert result.exit_code == 0, result.stdout


def test_a_word_without_example_is_an_error_only_when_strict(pack: Path) -> None:
    examples(pack, '[[match]]\ntext = "水龙王发怒"\n')
    (pack / "water.toml").write_text(f'{RULE}exclude = ["大水龙王发怒记"]\n', encoding="utf-8")
    assert CliRunner().invoke(app, ["check", str(pack)]).exit_code == 0
    result = CliRunner().invoke(app, ["check", str(pack), "--strict"])
    assert result.exit_code == 1
    assert "exclude that stand in no example: 大水龙王发怒记" in result.stdout


def test_the_undecided_words_of_one_category_can_be_listed(pack: Path) -> None:
    examples(pack, '[[match]]\ntext = "水龙王发怒"\n')
    (pack / "water.toml").write_text(f'{RULE}unless = ["戏台"]\n', encoding="utf-8")
    runner = CliRunner()
    assert "戏台" in runner.invoke(app, ["check", str(pack), "--undecided", "water"]).stdout
    assert "戏台" not in runner.invoke(app, ["check", str(pack), "--undecided", "gas"]).stdout


def test_two_examples_that_claim_a_text_differently_are_an_error(pack: Path) -> None:
    examples(pack, '[[match]]\ntext = "水龙王发怒"\n[[miss]]\ntext = "水龍王發怒"\n')
    result = CliRunner().invoke(app, ["check", str(pack), "--no-coverage"])
    assert result.exit_code == 1
    assert "is claimed otherwise by water.toml:1" in result.stdout


def test_explain_shows_what_counted_and_what_did_not() -> None:
    result = CliRunner().invoke(app, ["explain", "没有停水，三单元电梯坏了"])
    assert result.exit_code == 0
    assert "+ 电梯  topic" in result.stdout
    assert "negated by 「没有」" in result.stdout
    assert "? without 「电梯」: none" in result.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("三单元电梯坏了", "? without 「电梯」: none  (the smallest change)"),
        ("三单元电梯坏了", "(frame past): none"),
        ("三号楼楼上漏水到我家，电梯也停了", "(the smallest change)"),
        ("三号楼楼上漏水到我家，电梯也停了", "? without 「停了」: issue leak normal"),
        ("去年我们楼的电梯坏了", "~ elevator.stopped found 电梯 坏了: silenced by the frame past because of 「去年」"),
        ("去年我们楼的电梯坏了", "? without 「去年」: issue elevator urgent"),
        ("没有停水", "~ water.outage found 停水: denied by 「没有」"),
        ("停水了吗", "score 0.60 is 0.10 below issue (0.7): asked, not told"),
        ("电梯声音怪怪的", "score 0.55 is 0.15 below issue (0.7): a weak word"),
        ("电梯今天擦得真亮", "found 电梯: lacks a sign in the clause; with 「"),
        ("坏了", "lacks a topic in the clause; with 「"),
    ],
)
def test_explain_says_what_would_change_the_verdict_and_what_came_near(text: str, told: str) -> None:
    result = CliRunner().invoke(app, ["explain", text])
    assert result.exit_code == 0
    assert told in result.stdout


def test_explain_names_the_list_that_silences(pack: Path) -> None:
    (pack / "_lists.toml").write_text('[stage]\nwords = ["戏台"]\n', encoding="utf-8")
    (pack / "water.toml").write_text(f'{RULE}unless = ["@stage"]\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["explain", "--rules", str(pack), "戏台上水龙王发怒"])
    assert "silenced by 「戏台」, an unless word of the rule (list @stage)" in result.stdout


def test_explain_counts_how_far_topic_and_sign_stand_apart(pack: Path) -> None:
    rule = 'category = "water"\nreplace = true\n[[rule]]\nid = "water.d"\ntopics = ["水龙王"]\nsigns = ["乌云密布"]\n'
    (pack / "water.toml").write_text(rule, encoding="utf-8")
    text = "水龙王和他那几位多年不见的老朋友一起坐在那里看见天上乌云密布"
    result = CliRunner().invoke(app, ["explain", "--rules", str(pack), text])
    assert "topic 「水龙王」 and sign 「乌云密布」 stand 23 code points apart, 18 at most" in result.stdout


def test_evaluate_prints_the_numbers(tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    file.write_text(
        "text\tis_issue\tcategory\turgency\n三单元电梯坏了\t1\televator\turgent\n大家早上好\t0\t\t\n水龙王发怒\t1\twater\tnormal\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(app, ["evaluate", str(file)])
    assert result.exit_code == 0
    assert "F1" in result.stdout
    assert "1/2" in result.stdout
    assert "missed: labels.tsv:4" in result.stdout


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    file.write_bytes("text\tis_issue\n早\t0\n停".encode() + b"\xff\t1\n")
    with pytest.raises(LabelError, match=":3: not UTF-8"):
        CliRunner().invoke(app, ["evaluate", str(file)], catch_exceptions=False)


def test_aggregates_show_figures_and_not_one_text(tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    file.write_text("text\tis_issue\tgenre\n水龙王发怒\t1\tmyth\n大家早上好\t0\tchat\n", encoding="utf-8")
    shown = CliRunner().invoke(app, ["evaluate", "--aggregates", str(file)]).stdout
    assert "recall" in shown
    assert "myth" in shown
    assert "水龙王" not in shown
    assert "labels.tsv" not in shown


def test_evaluate_reads_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text('{"text": "三单元电梯坏了", "is_issue": true, "category": "elevator"}\r\n', encoding="utf-8-sig")
    assert "1/1" in CliRunner().invoke(app, ["evaluate", str(file)]).stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a\tb\n1\t2\n", ":1: the header must name text and is_issue"),
        ("text\tis_issue\n停水\tperhaps\n", ":2: is_issue = perhaps; write 1 or 0"),
        ("text\tis_issue\tcategory\n停水\t1\tdragons\n", ":2: 'dragons' is not a valid Category"),
        ("text\tis_issue\n停水\t\n", ":2: is_issue = nothing; write 1 or 0"),
        ("text\tis_issue\tcategory\n早\t0\twater\n", ":2: is_issue = 0 with the category"),
        ("text\tis_issue\n", "no labelled line"),
        ('{"text": "停水"\n', ":1: not JSON"),
        ('[{"text": "停水"}]', ":1: a JSON list; write one object a line"),
        ("text\tis_issue\n早\t0\n \t1\n", ":3: no text"),
        ("text\tis_issue\n停水\t1\t2\n", ":2: 3 columns, the header has 2"),
    ],
)
def test_bad_labels_are_one_clear_line(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "labels"
    file.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(app, ["evaluate", str(file)])
    assert result.exit_code == 1
    assert isinstance(result.exception, LabelError)
    assert told in str(result.exception)
    assert "\n" not in str(result.exception)
