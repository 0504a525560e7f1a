"""Cues, frames of the whole message, and the keys that keep ambiguous words apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.words import Verdict
from handlers.classify import RuleError, load_classifier
from handlers.classify.classifier import Classifier

DRAGON = 'category = "water"\n[[rule]]\nid = "water.dragon"\ntopics = ["龙王"]\nsigns = ["发怒"]\n'


def local(folder: Path, more: str = "", **tables: str) -> Classifier:
    (folder / "water.toml").write_text(f"{DRAGON}{more}\n", encoding="utf-8")
    for name, text in tables.items():
        (folder / f"_{name}.toml").write_text(text, encoding="utf-8")
    return load_classifier(folder)


def test_a_rule_that_needs_a_cue_is_silent_without_one_near(tmp_path: Path) -> None:
    heard = local(tmp_path, 'needs = ["own"]').hear
    assert heard("小区里龙王发怒").verdict is Verdict.ISSUE
    alone = heard("昨天看书，龙王发怒")
    assert alone.verdict is Verdict.NONE
    assert {word.why for word in alone.suppressed} == {"uncued"}
    assert heard("龙王发怒" + "了" * 2 + "，接着又说了很多别的" * 6 + "，小区").verdict is Verdict.NONE


def test_a_rule_may_be_suspected_without_its_cue(tmp_path: Path) -> None:
    heard = local(tmp_path, 'needs = ["own"]\nuncued = "suspected"\nemergency = ["滔天"]').hear
    assert heard("小区里龙王发怒").verdict is Verdict.ISSUE
    alone = heard("昨天看书，龙王发怒")
    assert (alone.verdict, alone.suppressed) == (Verdict.SUSPECTED, ())
    assert heard("龙王发怒，巨浪滔天").verdict is Verdict.ISSUE
    with pytest.raises(RuleError, match=r"rule water\.dragon: uncued = 'issue'; write none or suspected"):
        local(tmp_path, 'needs = ["own"]\nuncued = "issue"')


def test_the_shared_table_says_which_rules_need_cues_and_a_rule_may_lift_it(tmp_path: Path) -> None:
    table = '[own]\nwords = ["小区"]\n[[need]]\nrules = ["water.dra*"]\ncues = ["own"]\n'
    frames = '[joke]\nscope = "message"\nfactor = 0\nwords = ["段子"]\n'
    assert local(tmp_path, "", cues=table, frames=frames).hear("龙王发怒").verdict is Verdict.NONE
    assert local(tmp_path, "needs = []", cues=table, frames=frames).hear("龙王发怒").verdict is Verdict.ISSUE


def test_an_unknown_cue_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"water\.toml:3: rule water\.dragon: needs unknown cue homes; known are own"):
        local(tmp_path, 'needs = ["homes"]')
    with pytest.raises(RuleError, match=r"_frames\.toml: \[joke\]: unknown cue homes"):
        local(tmp_path, "", frames='[joke]\nscope = "message"\nfactor = 0\nwords = ["段子"]\nunless_cues = ["homes"]\n')


def test_within_keeps_topic_and_sign_together(tmp_path: Path) -> None:
    heard = local(tmp_path, "within = 2").hear
    assert heard("龙王又发怒").verdict is Verdict.ISSUE
    assert heard("龙王和虾兵蟹将一起发怒").verdict is Verdict.NONE
    assert heard("龙王，又发怒").verdict is Verdict.NONE


def test_unless_may_reach_the_whole_message(tmp_path: Path) -> None:
    text = "看戏台。龙王发怒"
    assert local(tmp_path, 'unless = ["戏台"]').hear(text).verdict is Verdict.ISSUE
    assert local(tmp_path, 'unless = ["戏台"]\nunless_scope = "sentence"').hear(text).verdict is Verdict.ISSUE
    assert local(tmp_path, 'unless = ["戏台"]\nunless_scope = "message"').hear(text).verdict is Verdict.NONE
    with pytest.raises(RuleError, match="unless_scope = 'all'; write one of clause, sentence, message"):
        local(tmp_path, 'unless_scope = "all"')


def test_a_frame_may_ask_for_several_words_and_touch_only_some_categories(tmp_path: Path) -> None:
    frame = '[tale]\nscope = "message"\nfactor = 0\nleast = 2\nwords = ["从前", "妖怪", "小妖怪"]\n'
    heard = local(tmp_path, "", frames=frame).hear
    assert heard("从前龙王发怒").verdict is Verdict.ISSUE
    assert heard("小妖怪说龙王发怒").verdict is Verdict.ISSUE
    assert heard("从前妖怪说龙王发怒").verdict is Verdict.NONE
    gas = local(tmp_path, "", frames=f'{frame}only = ["gas"]\n').hear
    assert gas("从前妖怪说龙王发怒").verdict is Verdict.ISSUE


def test_a_turn_of_the_talk_ends_a_frame(tmp_path: Path) -> None:
    frame = '[tale]\nscope = "sentence"\nfactor = 0\nwords = ["从前"]\nuntil = ["如今"]\n'
    heard = local(tmp_path, "", frames=frame).hear
    assert heard("从前龙王发怒").verdict is Verdict.NONE
    assert heard("从前没事，如今龙王发怒").verdict is Verdict.ISSUE
    assert heard("从前龙王发怒，如今没事").verdict is Verdict.NONE


def test_a_review_is_no_matter_and_the_same_trouble_at_home_is() -> None:
    heard = load_classifier().hear
    assert heard("房间隔音太差，前台态度也不好，早餐一般，半夜吵得睡不着").verdict is Verdict.NONE
    assert heard("我们小区楼下酒店半夜放音响，吵得睡不着").verdict is Verdict.ISSUE
