"""The line of every key of a TOML text."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from bot.roster.lines import lines_of

TEXT = '''\
top = 1979-05-27 07:32:00 # a date
[a."b.c"]   # line 2
x.y = """
quoted \\""" " ] =
z = 1
"""""
x.z = [ # 7
  1, [ "]",
  2 ],
  {k = 3},
]
[[t]]
[[t]]
n = '#' # 14
[t.sub]
m = 1
'''


def test_lines_of_everything() -> None:
    tomllib.loads(TEXT)
    assert lines_of(TEXT) == {
        ("top",): 1,
        ("a", "b.c"): 2,
        ("a", "b.c", "x"): 3,
        ("a", "b.c", "x", "y"): 3,
        ("a", "b.c", "x", "z"): 7,
        ("a", "b.c", "x", "z", 0): 8,
        ("a", "b.c", "x", "z", 1): 8,
        ("a", "b.c", "x", "z", 1, 0): 8,
        ("a", "b.c", "x", "z", 1, 1): 9,
        ("a", "b.c", "x", "z", 2): 10,
        ("a", "b.c", "x", "z", 2, "k"): 10,
        ("t",): 12,
        ("t", 0): 12,
        ("t", 1): 13,
        ("t", 1, "n"): 14,
        ("t", 1, "sub"): 15,
        ("t", 1, "sub", "m"): 16,
    }


_PIECES = [
    "[[t]]",
    "[u]",
    "a = 1",
    'b = "]#"',
    "c = [1,\n 2]",
    "# [[t]]",
    'd = """\n[[t]]\n"""',
    "e = {f = '{'}",
    "g.h = 0",
    "",
]


def _paths(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path} | {found for key, inner in pairs for found in _paths(inner, (*path, key))}


@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_every_key_of_a_valid_text_has_a_line_and_nothing_else_has(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = lines_of(text)
    assert found.keys() == _paths(document) - {()}
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
