"""The channel of a replay: what is sent is taken down, and everything arrives."""

from __future__ import annotations

import asyncio

from domain.messages import ChannelState, Intake, LinkState, Outbound, Outcome, Receipt


class ReplayChannel:
    """Hears what the driver gives it; never fails."""

    name = "replay"

    def __init__(self) -> None:
        self.sent: list[Outbound] = []

    async def run(self, intake: Intake) -> None:
        """The driver feeds the intake itself."""
        await asyncio.Event().wait()

    async def send(self, message: Outbound) -> Receipt:
        """Delivered at once, under an id made of the outbox row."""
        self.sent.append(message)
        return Receipt(Outcome.SENT, f"bot-{message.key}")

    def state(self) -> dict[str, ChannelState]:
        """Always up."""
        return {"main": ChannelState(LinkState.UP)}
