"""Several accounts of one network as one ``Channel``: each runs by itself, a send goes to the account it names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from domain.messages import Channel, ChannelState, Intake, Outbound, Outcome, Receipt


class Accounts:
    """``domain.messages.Channel`` over the channels of several accounts. Raises ``ValueError`` for none."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        names = {channel.name for channel in channels.values()}
        if len(names) != 1:
            raise ValueError("the accounts of one channel are needed, at least one")
        self.name = names.pop()
        self._channels = dict(channels)

    async def run(self, intake: Intake) -> None:
        """Hear with every account until cancelled. An account that ends ends all: deafness must be loud."""
        async with asyncio.TaskGroup() as group:
            for account, channel in self._channels.items():
                group.create_task(self._run(account, channel, intake), name=f"account {account}")

    async def _run(self, account: str, channel: Channel, intake: Intake) -> None:
        await channel.run(intake)
        raise RuntimeError(f"account {account} stopped hearing by itself")

    async def send(self, message: Outbound) -> Receipt:
        """Send by the account the message names; refused when the config no longer has it."""
        channel = self._channels.get(message.account)
        if channel is None:
            return Receipt(Outcome.REFUSED, detail=f"account {message.account} is not in the config")
        return await channel.send(message)

    def state(self) -> dict[str, ChannelState]:
        """The states of all accounts."""
        return {account: state for channel in self._channels.values() for account, state in channel.state().items()}
