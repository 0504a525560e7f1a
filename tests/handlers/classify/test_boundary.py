"""Boundary votes agree with jieba, and their compact dictionary survives what files go through."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from handlers.classify import BoundaryVotes
from handlers.classify.dictionary import LONGEST, open_dictionary
from handlers.classify.examples import load_examples
from handlers.classify.pack import SHIPPED


@pytest.mark.filterwarnings("ignore:::jieba")
def test_votes_are_those_of_jieba_on_every_example(votes: BoundaryVotes, tmp_path: Path) -> None:
    import jieba

    jieba.setLogLevel("CRITICAL")
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path)
    rng = random.Random(1)
    for example in load_examples(SHIPPED):
        for clause in re.split(r"[^\u4e00-\u9fa5]+", example.text):
            if len(clause) < 2:
                continue
            start = rng.randrange(len(clause) - 1)
            end = rng.randrange(start + 1, len(clause) + 1)
            edges, at, words = {0}, 0, list(tokenizer.cut(clause, HMM=False))
            if max(map(len, words)) > LONGEST:
                continue  # a saying of seven characters: the compact dictionary leaves such out
            for word in words:
                at += len(word)
                edges.add(at)
            assert votes.whole(clause, start, end) == ({start, end} <= edges), (clause, clause[start:end])


@pytest.mark.parametrize(
    ("clause", "word", "whole"),
    [("暂停电梯使用", "停电", False), ("突然停电了", "停电", True), ("", "", True)],
)
def test_a_word_cut_out_of_others_is_not_whole(votes: BoundaryVotes, clause: str, word: str, whole: bool) -> None:
    start = clause.index(word)
    assert votes.whole(clause, start, start + len(word)) is whole


def test_the_compact_form_is_built_once_and_a_torn_file_is_built_anew(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    first = open_dictionary(folder)
    path = folder / "boundary.words"
    stamp = path.stat().st_mtime_ns
    assert open_dictionary(folder).words_from("停电", 0) == first.words_from("停电", 0)
    assert path.stat().st_mtime_ns == stamp
    path.write_bytes(path.read_bytes()[:1000])
    assert open_dictionary(folder).words_from("停电", 0) == first.words_from("停电", 0)
    assert [one.name for one in folder.iterdir()] == ["boundary.words"]


def test_a_folder_that_cannot_be_written_costs_memory_only(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder", encoding="utf-8")
    assert open_dictionary(tmp_path / "taken").words_from("停电", 0)
