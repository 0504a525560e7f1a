"""The parts of the config that say how slowly is sent: ``[sending]``, and an account's own ``sending``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.street import Pace


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SendingPart(_Part):
    """``[sending]``: holds for every account, but for what an account sets itself."""

    enabled: bool = True
    room_seconds: float = Field(default=1.0, ge=0, le=3600)
    room_burst: int = Field(default=1, ge=1, le=100)
    account_seconds: float = Field(default=3.0, ge=0, le=3600)
    account_burst: int = Field(default=1, ge=1, le=100)
    jitter_seconds: float = Field(default=2.0, ge=0, le=3600)
    daily_cap: int = Field(default=2000, ge=1)
    emergency_reserve: int = Field(default=200, ge=0)

    @model_validator(mode="after")
    def _leaves_room(self) -> SendingPart:
        if self.emergency_reserve >= self.daily_cap:
            raise ValueError("emergency_reserve must be less than daily_cap, or nothing but emergencies is ever sent")
        return self

    def pace(self) -> Pace:
        """As the sender takes it."""
        return Pace(**self.model_dump())


class OwnSending(_Part):
    """``sending`` of one account: what is not set is as in ``[sending]``."""

    enabled: bool | None = None
    room_seconds: float | None = Field(default=None, ge=0, le=3600)
    room_burst: int | None = Field(default=None, ge=1, le=100)
    account_seconds: float | None = Field(default=None, ge=0, le=3600)
    account_burst: int | None = Field(default=None, ge=1, le=100)
    jitter_seconds: float | None = Field(default=None, ge=0, le=3600)
    daily_cap: int | None = Field(default=None, ge=1)
    emergency_reserve: int | None = Field(default=None, ge=0)

    def over(self, general: SendingPart) -> SendingPart:
        """Both together. Raises ``ValueError`` when they do not fit."""
        return SendingPart(**(general.model_dump() | self.model_dump(exclude_none=True)))
