"""From a channel to the handlers: durable intake, one FIFO per room, bounded concurrency across rooms.

A message is committed before anything is made of it. Rooms take turns, so a storm in one group does not
make the others wait for its end. What waits, waits as rows: only the next few messages of a room are in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.intake import DATABASE_FAULTS, ChannelIntake
from bot.share import ALONE, Share
from domain.hearing import Hearing
from domain.messages import Inbound
from handlers.case import Case
from handlers.classify import Classifier
from handlers.router import UNHANDLED, route
from store import messages
from store.desk import Desk
from store.messages import Waiting
from store.prepared import say
from store.tx import Cause, Tx, record

log = logging.getLogger("louling.pipeline")

WORKERS = 16  # rooms in work at once; their writes share commits
TRIES = 3  # how often a message that raises is tried before it is set aside
FOLLOW_SECONDS = 0.25  # how soon a message is found that another process took in
DATABASE_PAUSE = 1.0  # seconds until a message is tried again that the database did not take
ROOM_MOST = 16  # messages of one room in memory
ALL_MOST = 4096  # messages in memory; beyond that a room has two
_RECENT = timedelta(minutes=3)
_RECENT_ROOMS = 4000


class RecentLines:
    """The last lines of each sender in each room, for matters told in several messages."""

    def __init__(self) -> None:
        self._lines: OrderedDict[tuple[str, str], deque[tuple[datetime, str]]] = OrderedDict()

    def before(self, message: Inbound) -> list[str]:
        """What the sender wrote in the last minutes, oldest first."""
        kept = self._lines.get((message.room_id or "", message.sender_id), ())
        return [text for at, text in kept if timedelta() <= message.sent_at - at <= _RECENT]

    def add(self, message: Inbound) -> None:
        """Remember a line."""
        key = (message.room_id or "", message.sender_id)
        self._lines.setdefault(key, deque(maxlen=4)).append((message.sent_at, message.text))
        self._lines.move_to_end(key)
        while len(self._lines) > _RECENT_ROOMS:
            self._lines.popitem(last=False)


class Pipeline:
    """Takes messages in and has them handled. ``after`` is called when a handler changed something.

    ``changes`` counts these commits; chatter, which nobody handles, leaves it as it is.
    """

    def __init__(
        self,
        desk: Desk,
        classifier: Classifier,
        clock: Clock,
        after: Callable[[], None],
        share: Share = ALONE,
    ) -> None:
        self.desk = desk
        self.classifier = classifier
        self.clock = clock
        self._after = after
        self._share = share
        self._rooms: dict[int, deque[Waiting]] = {}  # rooms in turn, by lane
        self._ready: asyncio.Queue[int] = asyncio.Queue()
        self._in_memory = 0
        self._behind: set[int] = set()  # lanes of which more stands in the inbox than in memory
        self._missed: set[int] = set()  # of these, who got another message since the inbox was looked at
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._recent = RecentLines()
        self._failures: dict[int, int] = {}
        self._coming: Counter[int] = Counter()  # by lane, messages on their way into a queue
        self._running = False
        self.changes = 0

    def intake(self, channel: str) -> ChannelIntake:
        """Where one channel puts what it hears."""
        return ChannelIntake(self, channel)

    async def recover(self) -> int:
        """Take up what waits in the inbox: left by a crash, or taken in by another process. Returns how many."""
        left = await self.desk.store.read(messages.waiting_lanes)
        own = {lane: count for lane, count in left.items() if self._share.owns(lane)}
        for lane in own:
            if not self._rooms.get(lane):  # with something in memory it is looked at again when that is handled
                self._look_again(lane)
        return sum(own.values())

    async def follow(self) -> None:
        """Where several processes share inbox and outbox: look again and again for what others put there for us."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.recover()
                self._after()
            except Exception:
                log.exception("the inbox cannot be looked at", extra={"action": "database_error"})
            await asyncio.sleep(max(FOLLOW_SECONDS, 5 * (loop.time() - began)))

    async def run(self) -> None:
        """Work until cancelled."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(WORKERS):
                    group.create_task(self._work())
        finally:
            self._running = False

    async def idle(self) -> None:
        """Wait until everything taken in is handled."""
        await self._quiet.wait()

    @property
    def pending(self) -> int:
        """Messages in memory and rooms of which more waits in the inbox: 0 when everything taken in is handled."""
        return self._in_memory + len(self._behind)

    def enqueue(self, waiting: Waiting) -> None:
        """A committed message comes to the end of its room's queue; of a long queue only the head is in memory."""
        lane = messages.lane_of(waiting.message)
        if not self._share.owns(lane):
            return  # the process that has this room finds it in the inbox
        room = self._rooms.get(lane)
        full = self._in_memory >= ALL_MOST or (room is not None and len(room) >= ROOM_MOST)
        if full or lane in self._behind:
            self._look_again(lane)
            return
        self._in_memory += 1
        self._quiet.clear()
        if room is None:
            self._rooms[lane] = deque([waiting])
            self._ready.put_nowait(lane)
        else:
            room.append(waiting)

    def _look_again(self, lane: int) -> None:
        """More of this room stands in the inbox: it is read when its turn comes and nothing of it is in memory."""
        self._behind.add(lane)
        self._missed.add(lane)
        self._quiet.clear()
        if lane not in self._rooms:
            self._rooms[lane] = deque()
            self._ready.put_nowait(lane)

    @contextmanager
    def coming(self, batch: Sequence[Inbound]) -> Iterator[None]:
        """These messages are on their way into their rooms' queues: nothing that comes later may overtake them."""
        lanes = [messages.lane_of(message) for message in batch]
        self._coming.update(lanes)
        try:
            yield
        except DATABASE_FAULTS:
            self.look_whether_taken(batch)
            raise
        finally:
            for lane in lanes:
                self._coming[lane] -= 1
                if not self._coming[lane]:
                    del self._coming[lane]

    def look_whether_taken(self, batch: Sequence[Inbound]) -> None:
        """The database failed while it took these in: the commit may be there although its answer never came. They
        would be known as heard when they come again, so they are looked for in the inbox."""
        for lane in {messages.lane_of(message) for message in batch}:
            if self._share.owns(lane):
                self._look_again(lane)

    def take_room(self, message: Inbound) -> bool:
        """Whether a whole message may be handled in the very change that takes it in: its room is at rest, and
        nobody else works on the database. The room is then kept for it until ``leave_room``."""
        lane = messages.lane_of(message)
        alone = self._running and self._share is ALONE and self.desk.store.is_sqlite
        if not alone or lane in self._rooms or lane in self._coming:
            return False
        self._rooms[lane] = deque()
        self._in_memory += 1
        self._quiet.clear()
        return True

    def leave_room(self, message: Inbound, left: Waiting | None) -> None:
        """Let the room go; ``left`` could not be handled and is the room's first."""
        lane = messages.lane_of(message)
        room = self._rooms[lane]
        if left is not None:
            room.appendleft(left)
        else:
            self._in_memory -= 1
        if room or lane in self._behind:
            self._ready.put_nowait(lane)
        else:
            del self._rooms[lane]
        self._maybe_quiet()

    def hear_ahead(self, message: Inbound) -> Hearing | None:
        """What a message says, before it is taken in; ``None`` when hearing raises, which its room will count."""
        try:
            return self._heard(message)
        except Exception:
            log.exception("a message could not be heard", extra={"action": "handling_failed"})
            return None

    def handle_at_once(self, tx: Tx, waiting: Waiting, hearing: Hearing) -> str | None:
        """Who handled a message that was stored as done in this change, ``None`` when handling raised: its changes
        are undone, the failure is counted, unless it is the database's, and the message waits like any other."""
        say(tx.db, "SAVEPOINT handling")
        try:
            handler = route(Case(tx, waiting, hearing, self.classifier))
        except Exception as error:
            say(tx.db, "ROLLBACK TO SAVEPOINT handling")  # raises where the whole change went with the fault
            log.exception("a message could not be handled", extra=_keys("handling_failed", waiting))
            failures = 0 if isinstance(error, DATABASE_FAULTS) else 1
            messages.put_back(tx.db, waiting.row_id, failures)
            self._failures[waiting.row_id] = failures
            handler = None
        say(tx.db, "RELEASE SAVEPOINT handling")
        return handler

    def handled(self, message: Inbound, handler: str) -> None:
        """After the commit: remember the line, and tell who waits for changes."""
        if message.room_id is not None:
            self._recent.add(message)
        if handler != UNHANDLED:
            self.changes += 1
            self._after()

    async def _work(self) -> None:
        while True:
            lane = await self._ready.get()
            room = self._rooms[lane]
            if not self._share.owns(lane):
                self._forget(lane)
                continue
            if not room and lane in self._behind:
                await self._refill(lane, room)
            if room and await self._take(room[0]):
                room.popleft()
                self._in_memory -= 1
            if room or lane in self._behind:
                self._ready.put_nowait(lane)
            else:
                del self._rooms[lane]
            self._maybe_quiet()

    async def _refill(self, lane: int, room: deque[Waiting]) -> None:
        """Read the next of a room from the inbox. What arrives meanwhile is noticed and read the next time."""
        self._missed.discard(lane)
        most = ROOM_MOST if self._in_memory < ALL_MOST else 2
        try:
            found = await self.desk.store.read(lambda db: messages.waiting(db, lane, most))
        except DATABASE_FAULTS as error:
            _database_fault("the inbox cannot be read", error, {"action": "database_error"})
            await asyncio.sleep(DATABASE_PAUSE)
            return
        room.extend(found)
        self._in_memory += len(found)
        if len(found) < most and lane not in self._missed:
            self._behind.discard(lane)

    def _forget(self, lane: int) -> None:
        """Another process has this room now; it finds everything in the inbox."""
        self._in_memory -= len(self._rooms.pop(lane))
        self._behind.discard(lane)
        self._missed.discard(lane)
        self._maybe_quiet()

    def _maybe_quiet(self) -> None:
        if self.pending == 0:
            self._quiet.set()

    async def _take(self, waiting: Waiting) -> bool:
        """Handle one message; ``False`` to try it again. Its errors never end the worker."""
        try:
            handler = await self._hand_over(waiting)
        except DATABASE_FAULTS as error:
            _database_fault("the database did not take a message", error, _keys("database_error", waiting))
            await asyncio.sleep(DATABASE_PAUSE)
            return False
        if handler is None:
            return await self._failed(waiting)
        if handler != UNHANDLED:
            self.changes += 1
            self._after()
        return True

    async def _hand_over(self, waiting: Waiting) -> str | None:
        """Who handled it, ``None`` when handling raised. Raises only what is the database's fault."""
        try:
            hearing = self._hear(waiting.message)
            return await self.desk.write(self.clock.now(), lambda tx: self._handle(tx, waiting, hearing))
        except DATABASE_FAULTS:
            raise
        except Exception:
            log.exception("a message could not be handled", extra=_keys("handling_failed", waiting))
            return None

    def _hear(self, message: Inbound) -> Hearing:
        hearing = self._heard(message)
        if message.room_id is not None:
            self._recent.add(message)
        return hearing

    def _heard(self, message: Inbound) -> Hearing:
        context = self._recent.before(message) if message.room_id is not None else ()
        return self.classifier.hear(message.text, context=context)

    def _handle(self, tx: Tx, waiting: Waiting, hearing: Hearing) -> str:
        """In one savepoint: what the message changes, and that it is done. Returns who handled it.

        Done comes first and only once: a message that was queued twice, or whose commit arrived although
        the connection broke, is not handled again.
        """
        hold = self._share.room(messages.lane_of(waiting.message))
        if not messages.put_done(tx.db, waiting.row_id, hold):
            return UNHANDLED
        return route(Case(tx, waiting, hearing, self.classifier))

    async def _failed(self, waiting: Waiting) -> bool:
        """Count the failure; after some tries the message is set aside and the room goes on."""
        failures = self._failures.get(waiting.row_id, waiting.failures) + 1
        aside = failures >= TRIES

        def note(tx: Tx) -> None:
            messages.put_failure(tx.db, waiting.row_id, set_aside=aside)
            if aside:
                record(tx, "message_set_aside", Cause(reason="handling raised"), data={"row": waiting.row_id})

        try:
            await self.desk.write(self.clock.now(), note)
        except DATABASE_FAULTS as error:
            _database_fault("a failure could not be noted", error, _keys("database_error", waiting))
            await asyncio.sleep(DATABASE_PAUSE)
            return False
        self.changes += 1
        if aside:
            self._failures.pop(waiting.row_id, None)
        else:
            self._failures[waiting.row_id] = failures
        return aside


def _database_fault(what: str, error: Exception, keys: dict[str, object]) -> None:
    """One line, not a traceback of each: sixteen workers say it every second while the database is away."""
    why = (str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__])[0]
    log.error("%s; trying again: %s", what, why, extra=keys)


def _keys(action: str, waiting: Waiting) -> dict[str, object]:
    return {"action": action, "row": waiting.row_id, "group_id": waiting.group_id}
