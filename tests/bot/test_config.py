"""The config file: every key documented, every mistake one line with file, key and mend, no secret ever shown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.config import Settings, read_settings
from bot.config_wechat import WechatyPart
from bot.database import open_store, resolve_url, sandbox_url
from domain.errors import ConfigError, LoulingError, StoreError
from domain.words import Posting

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
SECRET = "hunter2-is-secret"


def settings(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "louling.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text)
    lines = list(caught.value.mistakes)
    assert all(line.startswith(str(tmp_path / "louling.toml")) for line in lines)
    assert all("\n" not in line for line in lines)
    return lines


def keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def named(table: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from named(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_the_example_holds_the_defaults() -> None:
    assert read_settings(EXAMPLE) == Settings()


def test_the_example_names_every_key() -> None:
    with_account = with_the_account_of_the_example()
    assert set(keys(Settings)) == set(named(tomllib.loads(with_account)))
    (account,) = tomllib.loads(with_account)["wechaty"]
    assert set(account) == set(keys(WechatyPart))


def test_the_account_of_the_example_works_by_changing_endpoint_and_token_only(tmp_path: Path) -> None:
    text = (
        with_the_account_of_the_example().replace("127.0.0.1:8788", "gateway.example:443").replace("change-me", "abc")
    )
    found = settings(tmp_path, text)
    assert not found.is_sandbox
    assert found.wechaty[0].settings().endpoint == "gateway.example:443"


def with_the_account_of_the_example() -> str:
    """The example with the lines of its ``[[wechaty]]`` account in force."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("# [[wechaty]]", "[[wechaty]]")
    return re.sub(
        r"^# (?=(account|endpoint|token|ca_file|server_name|insecure|sending) = )", "", text, flags=re.MULTILINE
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('endpoint = "8.8.8.8:1"\ntoken = "hunter2-is-secret"\ninsecure = true', "public address"),
        ('endpoint = "nowhere"\ntoken = "hunter2-is-secret"', "is not host:port"),
        ('endpoint = "a:1"\ntoken = "hunter2-is-secret"\ntokn = "hunter2-is-secret"', "unknown key"),
        ('endpoint = "a:1"\ntoken = ["hunter2-is-secret"]', "should be a valid string"),
        ('endpoint = "a:1"\ntoken = "hunter2-is-secret"\nca_file = "x"\ninsecure = true', "exclude each other"),
    ],
)
def test_a_wrong_account_is_one_line_without_its_token(tmp_path: Path, lines: str, said: str) -> None:
    (line,) = mistakes(tmp_path, f"[[wechaty]]\n{lines}\n")
    assert said in line
    assert SECRET not in line


def test_an_account_has_its_own_limits_and_the_rest_as_in_sending(tmp_path: Path) -> None:
    account = '[[wechaty]]\nendpoint = "a:1"\ntoken = "hunter2-is-secret"\nsending = { daily_cap = 300 }\n'
    street = settings(tmp_path, f"[sending]\nroom_seconds = 9\n{account}").as_street()
    assert (street.pace_of("main").daily_cap, street.pace_of("main").room_seconds) == (300, 9)
    assert street.pace_of("other").daily_cap == 2000
    (line,) = mistakes(tmp_path, account.replace("300", "100"))
    assert "account main do not fit: emergency_reserve must be less" in line
    assert SECRET not in line


def test_two_accounts_need_two_names(tmp_path: Path) -> None:
    account = '[[wechaty]]\nendpoint = "a:1"\ntoken = "hunter2-is-secret"\n'
    (line,) = mistakes(tmp_path, account * 2)
    assert "same name" in line


def test_paths_of_a_config_are_taken_from_its_folder(tmp_path: Path) -> None:
    account = '[[wechaty]]\nendpoint = "a:1"\ntoken = "t"\nca_file = "gateway.crt"\n'
    found = settings(tmp_path, f'{account}[rules]\ndir = "packs"\n')
    assert found.wechaty[0].settings().ca_file == tmp_path / "gateway.crt"
    assert found.rules.dir == str(tmp_path / "packs")


def test_every_key_of_the_example_has_a_word_of_explanation() -> None:
    bare = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        key, equals, _value = line.partition("=")
        if equals and not line.startswith(("#", " ", "clock", "repeat", "rungs")) and "#" not in line:
            bare.append(key.strip())
    understood = {"host", "port", "clock", "repeat", "response_urgent", "response_emergency"}
    assert set(bare) <= understood


def test_an_empty_file_is_the_shipped_street(tmp_path: Path) -> None:
    assert settings(tmp_path, "") == Settings()


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert settings(tmp_path, "\ufeff[street]\nname='南关街道'").street.name == "南关街道"


@pytest.mark.parametrize(
    ("text", "key", "mend"),
    [
        ("[sending]\nroom_second = 2", "sending.room_second", "unknown key"),
        ("[smtp]\nhost = 'x'", "smtp", "unknown key"),
        ("street = 1", "street", "write [street] on a line by itself"),
        ("[street]\nname = ''", "street.name", "at least 1 character"),
        ("[street]\nzone = 'Asia/Zhengzhou'", "street.zone", 'write for example "Asia/Shanghai"'),
        ("[street]\nzone = 'Asia'", "street.zone", 'write for example "Asia/Shanghai"'),
        ("[street]\nzone = '../../etc/passwd'", "street.zone", 'write for example "Asia/Shanghai"'),
        ("[street]\nzone = ''", "street.zone", 'write for example "Asia/Shanghai"'),
        ("[console]\nhost = '0.0.0.0'", "console.host", 'write host = "127.0.0.1"'),
        ("[console]\nport = 70000", "console.port", "65535"),
        ("[hours]\nquiet = '22-7'", "hours.quiet", 'for example "18:00"'),
        ("[hours]\nquiet = '22:00'", "hours.quiet", "HH:MM-HH:MM"),
        ("[hours]\nquiet = '22:00-22:00'", "hours.quiet", "begin and end at the same time"),
        ("[hours]\nworking = []", "hours.working", "at least 1 item"),
        ("[hours]\nworking = ['12:00-08:00']", "hours", "follow one another"),
        ("[hours]\nworking = ['08:00-12:00', '11:00-18:00']", "hours", "follow one another"),
        ("[hours]\nholidays = ['2027-02-30']", "hours.holidays.0", "date"),
        ("[digest]\nat = '25:00'", "digest.at", 'for example "18:00"'),
        ("[digest]\nat = 18", "digest.at", 'for example "18:00"'),
        ("[limit]\nresponse_normal = '4 hours'", "limit.response_normal", "for example 30m, 4h, 7d or 3wd"),
        ("[limit]\nresponse_normal = 4", "limit.response_normal", "length of time is text"),
        ("[limit]\nresolution_small = '999999d'", "limit.resolution_small", "too long"),
        ("[wait]\njoin = '1wd'", "wait.join", "counted on the clock"),
        ("[enrolment]\ncode_valid = '7wd'", "enrolment.code_valid", "counted on the clock"),
        ("[enrolment]\ncode_valid = '0d'", "enrolment.code_valid", "cannot be nothing"),
        ("[posting]\ndefault = 'loud'", "posting.default", "'silent', 'ack' or 'full'"),
        ("[retention]\nchat_days = 0", "retention.chat_days", "greater than or equal to 1"),
        ("[sending]\nroom_seconds = -1", "sending.room_seconds", "greater than or equal to 0"),
        ("[sending]\nroom_seconds = nan", "sending.room_seconds", "3600|finite"),
        ("[sending]\nroom_seconds = inf", "sending.room_seconds", "3600|finite"),
        ("[sending]\ndaily_cap = 100", "sending", "less than daily_cap"),
        ("[log]\nlevel = 'LOUD'", "log.level", "'DEBUG', 'INFO'"),
        ("[ladder.normal]\nclock = 'working'\nrepeat = '4h'\nrungs = []", "ladder.normal.rungs", "at least 1 item"),
        (
            "[ladder.normal]\nclock = 'working'\nrepeat = '4h'\nrungs = [{after = '5m', to = ['grid_head']}]",
            "ladder.normal",
            'write after = "0m"',
        ),
        (
            "[ladder.normal]\nclock = 'working'\nrepeat = '4h'\nrungs = [{after = '0m', to = ['mayor']}]",
            "ladder.normal.rungs.0.to.0",
            "section_chief",
        ),
        ("[ladder.normal]\nrepeat = '4h'", "ladder.normal.clock", "required"),
        ("[bell]\nchases_before_next_rung = 0", "bell.chases_before_next_rung", "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_one_line_with_file_key_and_mend(tmp_path: Path, text: str, key: str, mend: str) -> None:
    lines = [line.removeprefix(f"{tmp_path / 'louling.toml'}: ") for line in mistakes(tmp_path, text)]
    found = [line for line in lines if line.split(": ")[0] == key]
    assert len(found) == 1, lines
    assert any(part in found[0] for part in mend.split("|")), found[0]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, "[street]\nzone = 'x'\nnom = 'y'\n[digest]\nat = 'noon'")) == 3


def test_a_huge_wrong_value_does_not_fill_the_screen(tmp_path: Path) -> None:
    assert all(len(line) <= 500 for line in mistakes(tmp_path, f"[street]\nname = '{'长' * 100_000}'"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[street\n", "not valid TOML"),
        (b"[street]\nname = 'a'\nname = 'b'", "not valid TOML"),
        ("[street]\nname = '文化'".encode("gbk"), "not UTF-8"),
        (b"\x00\x01\x02", "not valid TOML"),
    ],
)
def test_a_file_that_is_no_config_is_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "louling.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=why) as caught:
        read_settings(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_and_a_folder_are_said_plainly(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_settings(path)


def test_the_street_gets_what_the_file_says(tmp_path: Path) -> None:
    text = """
        [street]
        zone = "Europe/Berlin"
        [hours]
        quiet = ""
        working = ["08:30-12:00", "14:00-18:00"]
        holidays = [2027-05-04]
        [posting]
        default = "silent"
        [retention]
        chat_days = 7
        [sending]
        enabled = false
        daily_cap = 300
    """
    street = settings(tmp_path, text).as_street()
    assert str(street.calendar.zone) == "Europe/Berlin"
    assert street.calendar.quiet is None
    assert len(street.calendar.working) == 2
    assert street.posting is Posting.SILENT
    assert street.retention.days == 7
    assert not street.sending
    assert street.pace.daily_cap == 300


URLS = [
    f"postgresql//louling:{SECRET}@db/louling",
    f"mysql://louling:{SECRET}@db/louling",
    f"postgresql://louling:{SECRET}@127.0.0.1:1/louling",
    f"postgresql://louling:{SECRET}@127.0.0.1:port/louling",
    f"postgresql://louling:{SECRET}@[::1/louling",
    f"oracle+nothing://louling:{SECRET}@db",
]


@pytest.mark.parametrize("url", URLS)
def test_a_database_that_cannot_be_opened_never_shows_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(LoulingError) as caught:
        open_store(resolve_url(url, tmp_path), "live").close()
    assert SECRET not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("url", URLS)
def test_the_sandbox_refuses_what_is_no_sqlite_file_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        sandbox_url(resolve_url(url, tmp_path))
    assert SECRET not in str(caught.value)


def test_a_wrong_url_in_a_config_is_not_repeated(tmp_path: Path) -> None:
    for text in (f"[database]\nurl = ['{SECRET}']", f"[database]\nurl = 1\nurls = '{SECRET}'"):
        assert not any(SECRET in line for line in mistakes(tmp_path, text))
    assert SECRET not in repr(settings(tmp_path, f"[database]\nurl = 'postgresql://u:{SECRET}@h/d'"))


def test_a_relative_database_is_beside_its_config(tmp_path: Path) -> None:
    assert resolve_url("sqlite:///data/louling.db", tmp_path) == f"sqlite:///{tmp_path}/data/louling.db"
    assert resolve_url("postgresql://u:p@h/d", tmp_path) == "postgresql://u:p@h/d"
