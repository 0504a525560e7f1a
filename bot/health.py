"""The health of the running service: what the database says of its promises, and the accounts.

Served by ``/healthz``; problems name no group and no person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bot.house import House
from domain.messages import ChannelState, LinkState
from domain.ports import Health
from store import vitals


class HouseHealth:
    """``domain.ports.HealthPort`` of a house. ``others`` says what else is wrong, one line each."""

    def __init__(self, house: House, others: Callable[[], Iterable[str]] = tuple) -> None:
        self._house = house
        self._others = others
        self.ready = False

    def channels(self) -> Mapping[str, ChannelState]:
        """State of every account, by ``channel:account``."""
        return {
            f"{name}:{account}": state
            for name, channel in self._house.channels.items()
            for account, state in channel.state().items()
        }

    async def health(self) -> Health:
        """Look now."""
        now = self._house.clock.now()
        try:
            numbers = await self._house.desk.read(now, vitals.numbers)
        except Exception as error:  # noqa: BLE001  whatever is wrong with the database is the answer
            return Health(False, False, (f"the database does not answer: {type(error).__name__}",))
        problems = [*(sign.said for sign in vitals.bad(numbers) if sign.said), *self._others()]
        down = [name for name, state in self.channels().items() if state.link is not LinkState.UP]
        if down:
            problems.append(f"{len(down)} of {len(self.channels())} accounts cannot hear: groups are deaf")
        numbers["accounts_down"] = len(down)
        numbers["accounts_to_scan"] = sum(bool(state.qrcode) for state in self.channels().values())
        return Health(not problems, self.ready and not down, tuple(problems), numbers)
