"""The parts of the config that lead to WeChat: ``[[wechaty]]`` accounts and ``[joining]``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.config_sending import OwnSending
from domain.spans import ClockSpan, parse_length

if TYPE_CHECKING:
    from bot.channels.wechaty import WechatySettings


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WechatyPart(_Part):
    """``[[wechaty]]``: one WeChat account behind one gateway."""

    account: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    endpoint: str
    token: SecretStr
    ca_file: str = ""
    insecure: bool = False
    server_name: str = ""
    sending: OwnSending | None = None

    @model_validator(mode="after")
    def _can_work(self) -> WechatyPart:
        self.settings()
        return self

    def settings(self) -> WechatySettings:
        """As the channel takes it. Raises ``ValueError`` for what cannot work."""
        from bot.channels.wechaty import WechatySettings  # the stubs are heavy; a sandbox does without

        return WechatySettings(
            account=self.account,
            endpoint=self.endpoint,
            token=self.token,
            ca_file=Path(self.ca_file) if self.ca_file else None,
            insecure=self.insecure,
            server_name=self.server_name,
        )

    def placed(self, folder: Path) -> WechatyPart:
        """With ``ca_file`` taken from the config's folder."""
        return self.model_copy(update={"ca_file": str(folder / self.ca_file)}) if self.ca_file else self


class JoiningPart(_Part):
    """``[joining]``: whom the accounts follow and accept, when a room is known again after a login, when an account
    counts as deaf, and how often it looks whether it is still in its rooms."""

    accept_invitations_from_staff: bool = True
    accept_friends_with_code: bool = True
    rebind_overlap: float = Field(default=0.6, ge=0.3, le=1.0)
    deaf_after: ClockSpan = parse_length("5m")
    look_round: ClockSpan = parse_length("30m")
