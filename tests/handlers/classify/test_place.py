"""Where, out of a message and out of a group alias."""

from __future__ import annotations

import pytest

from domain.hearing import Place
from handlers.classify import place_from_alias
from handlers.classify.place import place_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("3号楼2单元电梯坏了", Place(building="3", unit="2")),
        ("十二栋三单元五楼没水", Place(building="12", unit="3", floor="5")),
        ("b座电梯坏了", Place(building="b")),
        ("3-2-501漏水", Place(building="3", unit="2", room="501")),
        ("5-1801没电", Place(building="5", room="1801")),
        ("6栋602室", Place(building="6", room="602")),
        ("地下车库积水", Place(spot="地下车库")),
        ("负二层漏水", Place(floor="-2")),
        ("电话 13800001111", Place()),
        ("9:30-10:30停水", Place()),
        ("楼长说的", Place()),
    ],
)
def test_the_place_of_a_message(text: str, place: Place) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize(
    ("alias", "place"),
    [
        ("3-2-501 王", Place(building="3", unit="2", room="501")),
        ("3栋501", Place(building="3", room="501")),
        ("5-1801李姐", Place(building="5", room="1801")),
        ("2单元1203小李", Place(unit="2", room="1203")),
        ("12号楼1单元 张", Place(building="12", unit="1")),
        ("７－２", Place(building="7", unit="2")),
        ("阳光下的猫", Place()),
        ("", Place()),
    ],
)
def test_the_home_in_an_alias(alias: str, place: Place) -> None:
    assert place_from_alias(alias) == place
