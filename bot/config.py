"""The config file: TOML into frozen models. What is wrong is refused with file, key and mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from bot.config_sending import OwnSending, SendingPart
from bot.config_wechat import JoiningPart, WechatyPart
from bot.roles import Role
from domain.calendar import TimeSpan, WorkingCalendar, chinese_workday
from domain.errors import ConfigError
from domain.policy import Ladders, Limits, Policy, Waits
from domain.profiles import PROFILES, LimitRule, ProfileName
from domain.spans import ClockSpan, parse_length
from domain.street import Pace, Street
from domain.words import Posting

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a time of day is written "HH:MM", for example "18:00"')
    return time(int(found[1]), int(found[2]))


def _time_span(value: Any) -> TimeSpan:
    if isinstance(value, tuple):
        return value
    start, dash, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise ValueError('a span of the day is written "HH:MM-HH:MM", for example "08:00-20:00"')
    span = (_time(start), _time(end))
    if span[0] == span[1]:
        raise ValueError("a span of the day must not begin and end at the same time")
    return span


def _quiet_span(value: Any) -> TimeSpan | None:
    return None if value in ("", None) else _time_span(value)


ClockTime = Annotated[time, BeforeValidator(_time)]
DaySpan = Annotated[tuple[time, time], BeforeValidator(_time_span)]
QuietSpan = Annotated[tuple[time, time] | None, BeforeValidator(_quiet_span)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StreetPart(_Part):
    """``[street]``"""

    name: str = Field(default="示例街道", min_length=1, max_length=40)
    zone: str = "Asia/Shanghai"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f'{value!r} is no time zone; write for example "Asia/Shanghai"') from None
        return value


class DatabasePart(_Part):
    """``[database]``"""

    url: SecretStr = SecretStr("sqlite:///data/louling.db")


class ProcessPart(_Part):
    """``[process]``"""

    role: Role = Role.ALL


class ConsolePart(_Part):
    """``[console]``"""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    @field_validator("host")
    @classmethod
    def _loopback(cls, value: str) -> str:
        if value not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError('the console has no sign-in yet and binds loopback only; write host = "127.0.0.1"')
        return value


class HoursPart(_Part):
    """``[hours]``"""

    working: tuple[DaySpan, ...] = Field(default=((time(8), time(20)),), min_length=1)
    quiet: QuietSpan = (time(22), time(7))
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> HoursPart:
        ends = time.min
        for start, end in self.working:
            if start < ends or end <= start:
                raise ValueError(
                    'working spans must follow one another within the day, for example ["08:30-12:00", "14:00-18:00"]'
                )
            ends = end
        return self


class DigestPart(_Part):
    """``[digest]``"""

    at: ClockTime = time(18, 0)


class PostingPart(_Part):
    """``[posting]``"""

    default: Posting = Posting.ACK


class RetentionPart(_Part):
    """``[retention]``"""

    chat_days: int = Field(default=30, ge=1, le=3650)


class BellPart(_Part):
    """``[bell]``"""

    suspicion_prompts_per_day: int = Field(default=2, ge=0, le=50)
    chases_before_next_rung: int = Field(default=3, ge=1, le=100)
    snoozes_per_issue: int = Field(default=2, ge=0, le=20)
    referrals_before_secretary: int = Field(default=2, ge=1, le=20)
    reopened_wait: float = Field(default=0.5, ge=0.1, le=1)


class ProfilesPart(_Part):
    """``[profiles]``"""

    use: ProfileName = ProfileName.GENTLE
    warn_at: float = Field(default=0.8, gt=0, le=1)
    rules: tuple[LimitRule, ...] = ()


class EnrolmentPart(_Part):
    """``[enrolment]``"""

    code_valid: ClockSpan = parse_length("7d")


class RulesPart(_Part):
    """``[rules]``"""

    dir: str = ""


class HealthPart(_Part):
    """``[health]``"""

    operator: str = Field(default="", max_length=64)
    ping_url: SecretStr = SecretStr("")
    ping_every: ClockSpan = parse_length("1m")

    @field_validator("ping_url")
    @classmethod
    def _address(cls, value: SecretStr) -> SecretStr:
        said = value.get_secret_value()
        if said and not re.match(r"https?://[^\s/]+", said):
            raise ValueError('it is no web address; write for example "https://monitor.example/ping/…", or ""')
        return value


class LogPart(_Part):
    """``[log]``"""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Settings(_Part):
    """The whole config. Every part has defaults: an empty file is a valid one."""

    street: StreetPart = StreetPart()
    database: DatabasePart = DatabasePart()
    process: ProcessPart = ProcessPart()
    console: ConsolePart = ConsolePart()
    hours: HoursPart = HoursPart()
    ladder: Ladders = Ladders()
    limit: Limits = Limits()
    profiles: ProfilesPart = ProfilesPart()
    wait: Waits = Waits()
    bell: BellPart = BellPart()
    digest: DigestPart = DigestPart()
    posting: PostingPart = PostingPart()
    retention: RetentionPart = RetentionPart()
    sending: SendingPart = SendingPart()
    enrolment: EnrolmentPart = EnrolmentPart()
    wechaty: tuple[WechatyPart, ...] = ()
    joining: JoiningPart = JoiningPart()
    rules: RulesPart = RulesPart()
    health: HealthPart = HealthPart()
    log: LogPart = LogPart()

    @field_validator("wechaty")
    @classmethod
    def _own_names(cls, value: tuple[WechatyPart, ...]) -> tuple[WechatyPart, ...]:
        names = [part.account for part in value]
        if len(set(names)) < len(names):
            raise ValueError("two accounts have the same name; give each [[wechaty]] an `account` of its own")
        return value

    @model_validator(mode="after")
    def _limits_fit(self) -> Settings:
        for part in self.wechaty:
            try:
                (part.sending or OwnSending()).over(self.sending)
            except ValidationError as error:
                said = error.errors()[0]["msg"].removeprefix("Value error, ")
                raise ValueError(f"the sending limits of account {part.account} do not fit: {said}") from None
        return self

    @property
    def is_sandbox(self) -> bool:
        """Whether no real channel is configured: then the sandbox is the channel."""
        return not self.wechaty

    def placed(self, folder: Path) -> Settings:
        """With relative paths taken from ``folder``, the config's own."""
        rules = RulesPart(dir=str(folder / self.rules.dir)) if self.rules.dir else self.rules
        accounts = tuple(part.placed(folder) for part in self.wechaty)
        return self.model_copy(update={"rules": rules, "wechaty": accounts})

    def policy(self) -> Policy:
        """Ladders, limits and waits as the domain takes them."""
        return Policy(
            ladder=self.ladder,
            limit=self.limit,
            wait=self.wait,
            profile=(*self.profiles.rules, *PROFILES[self.profiles.use]),
            warn_at=self.profiles.warn_at,
            suspicion_prompts_per_day=self.bell.suspicion_prompts_per_day,
            chases_before_next_rung=self.bell.chases_before_next_rung,
            snoozes_per_issue=self.bell.snoozes_per_issue,
            referrals_before_secretary=self.bell.referrals_before_secretary,
            reopened_wait=self.bell.reopened_wait,
        )

    def calendar(self) -> WorkingCalendar:
        """Working time and quiet hours."""
        hours = self.hours
        return WorkingCalendar(
            zone=ZoneInfo(self.street.zone),
            working=hours.working,
            quiet=hours.quiet,
            is_workday=partial(chinese_workday, holidays=frozenset(hours.holidays), workdays=frozenset(hours.workdays)),
        )

    def paces(self) -> dict[str, Pace]:
        """The accounts with limits of their own, by name. Raises ``ValueError`` for limits that do not fit."""
        own = ((part.account, part.sending) for part in self.wechaty)
        return {account: sending.over(self.sending).pace() for account, sending in own if sending is not None}

    def as_street(self) -> Street:
        """The street as every decision gets it."""
        return Street(
            name=self.street.name,
            calendar=self.calendar(),
            policy=self.policy(),
            posting=self.posting.default,
            digest_at=self.digest.at,
            retention=parse_length(f"{self.retention.chat_days}d").delta,
            pace=self.sending.pace(),
            paces=self.paces(),
            sending=self.sending.enabled,
            code_valid=self.enrolment.code_valid.delta,
            deaf_after=self.joining.deaf_after.delta,
            operator=self.health.operator,
        )


def read_settings(path: Path | None) -> Settings:
    """The config of ``path``; the shipped defaults for ``None``. Raises ``ConfigError`` with one line per mistake."""
    if path is None:
        return Settings()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give the path of a config file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None
    return settings_of(raw, str(path)).placed(path.resolve().parent)


def settings_of(raw: Mapping[str, Any], source: str) -> Settings:
    """Validate parsed TOML. Raises ``ConfigError``; ``source`` is named in each line."""
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(*(_line(source, detail) for detail in error.errors())) from None


def _line(source: str, detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"]) or "(the whole file)"
    if detail["type"] == "extra_forbidden":
        return f"{source}: {key}: unknown key; see config.example.toml for the keys there are, and mind the spelling"
    if detail["type"] in ("model_type", "dict_type"):
        return f"{source}: {key}: is a section and takes no value of its own; write [{key}] on a line by itself"
    if detail["type"] == "tuple_type" and key == "wechaty":
        return f"{source}: {key}: there may be several accounts; write [[wechaty]], with two brackets"
    message = detail["msg"].removeprefix("Value error, ")
    given = detail["input"]
    secret = isinstance(given, dict | SecretStr) or any(word in key for word in ("url", "token", "wechaty"))
    shown = "" if secret else f" (given: {given!r})"
    return f"{source}: {key}: {message}{shown}"[:400]
