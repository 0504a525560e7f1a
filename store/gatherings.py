"""Reception days and activities: announced to groups, places taken by reply, given back, counted, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from domain import wording_gatherings as wording
from domain.gatherings import Draft
from domain.wording_gatherings import GatheringWords
from domain.words import Purpose, SendState, SignupState
from store import outbox
from store.outbox import OUTBOX, Letter
from store.tables import Gathering, GatheringGroup, GatheringSignup, IdentityRow, Issue, table
from store.tx import Cause, Tx, record

GATHERING, GROUP, SIGNUP = table(Gathering), table(GatheringGroup), table(GatheringSignup)
_IDENTITY, _ISSUE = table(IdentityRow), table(Issue)

_TOGETHER = timedelta(minutes=1)  # answers so near in time are confirmed in one post
_MENTIONED = 10  # people named in one post
_HELD = (SignupState.BOOKED, SignupState.WAITING)


@dataclass(frozen=True, slots=True)
class Announced:
    """A gathering and the groups it was posted in, or not, because of their posting policy."""

    id: int
    posted: tuple[int, ...]
    silent: tuple[int, ...]


def announce(tx: Tx, draft: Draft, groups: Sequence[int], cause: Cause) -> Announced:
    """Keep it and queue the posts; silent groups are kept too, so that their residents can sign up."""
    values = {
        "kind": draft.kind,
        "title": draft.title,
        "place": draft.place,
        "online": draft.online,
        "hosts": draft.hosts,
        "starts_at": draft.starts_at,
        "places": draft.places,
        "created_by": cause.by,
        "created_at": tx.now,
    }
    made = int(tx.db.execute(GATHERING.insert().returning(GATHERING.c.id), values).scalar_one())
    letter = Letter(Purpose.ANNOUNCEMENT, wording.announcement(words(tx, load(tx, made))))
    posts = {group: outbox.to_group(tx, group, letter) for group in groups}
    rows = [{"gathering_id": made, "group_id": group, "outbox_id": post} for group, post in posts.items()]
    tx.db.execute(GROUP.insert(), rows)
    posted = tuple(group for group, post in posts.items() if post is not None)
    record(tx, "gathering_announced", cause, data={"gathering": made, "groups": len(posts), "posted": len(posted)})
    return Announced(made, posted, tuple(group for group in posts if group not in posted))


def load(tx: Tx, gathering_id: int) -> Gathering:
    """One gathering, locked. Raises ``NoResultFound``."""
    return _made(tx.db.execute(select(GATHERING).where(GATHERING.c.id == gathering_id).with_for_update()).one())


def find(tx: Tx, gathering_id: int) -> Gathering | None:
    """One gathering, or ``None``."""
    row = tx.db.execute(select(GATHERING).where(GATHERING.c.id == gathering_id)).one_or_none()
    return _made(row) if row else None


def open_in_group(tx: Tx, group_id: int) -> list[Gathering]:
    """What the residents of a group can still sign up for, the soonest first."""
    chosen = select(GATHERING).join(GROUP, GROUP.c.gathering_id == GATHERING.c.id)
    ahead = (GROUP.c.group_id == group_id, GATHERING.c.starts_at > tx.now, GATHERING.c.cancelled_at.is_(None))
    return [_made(row) for row in tx.db.execute(chosen.where(*ahead).order_by(GATHERING.c.starts_at, GATHERING.c.id))]


def ahead(tx: Tx, groups: Sequence[int]) -> list[Gathering]:
    """What is announced to any of these groups and not over, the soonest first."""
    mine = select(GROUP.c.gathering_id).where(GROUP.c.group_id.in_(list(groups)))
    live = (GATHERING.c.starts_at > tx.now, GATHERING.c.cancelled_at.is_(None), GATHERING.c.id.in_(mine))
    return [_made(row) for row in tx.db.execute(select(GATHERING).where(*live).order_by(GATHERING.c.starts_at))]


def every(tx: Tx) -> list[Gathering]:
    """All that are remembered, the soonest first."""
    return [_made(row) for row in tx.db.execute(select(GATHERING).order_by(GATHERING.c.starts_at, GATHERING.c.id))]


def groups_of(tx: Tx, gathering_id: int) -> list[int]:
    """The groups a gathering is for."""
    chosen = select(GROUP.c.group_id).where(GROUP.c.gathering_id == gathering_id).order_by(GROUP.c.group_id)
    return list(tx.db.execute(chosen).scalars())


def of_post(tx: Tx, external_id: str) -> int | None:
    """The gathering that one of the bot's posts announces or confirms, by the post's id."""
    row_id = outbox.row_of_post(tx.db, external_id)
    if row_id is None:
        return None
    announced = tx.db.execute(select(GROUP.c.gathering_id).where(GROUP.c.outbox_id == row_id)).scalar()
    if announced is not None:
        return int(announced)
    return tx.db.execute(select(SIGNUP.c.gathering_id).where(SIGNUP.c.answer_id == row_id).limit(1)).scalar()


def is_open(tx: Tx, gathering: Gathering) -> bool:
    """Whether one can still sign up."""
    return gathering.cancelled_at is None and gathering.starts_at > tx.now


def sign_up(tx: Tx, gathering: Gathering, who: int, group_id: int, people: int, said: str) -> SignupState:
    """Take places, or a place on the waiting list; again by the same person changes their sign-up."""
    mine = _of(tx, gathering.id, who)
    held = mine.people if mine is not None and mine.state is SignupState.BOOKED else 0
    fits = gathering.places is None or _booked(tx, gathering.id) - held + people <= gathering.places
    state = SignupState.BOOKED if fits else SignupState.WAITING
    values = {"group_id": group_id, "state": state, "people": people, "at": tx.now}
    if mine is None:
        last = select(func.coalesce(func.max(SIGNUP.c.number), 0)).where(SIGNUP.c.gathering_id == gathering.id)
        fresh = {"gathering_id": gathering.id, "identity_id": who, "number": tx.db.execute(last).scalar_one() + 1}
        tx.db.execute(SIGNUP.insert().values(**values, **fresh, words=said))
    else:
        tx.db.execute(update(SIGNUP).where(SIGNUP.c.id == mine.id).values(**values, words=said or mine.words))
    record(tx, "gathering_signed_up", Cause(), data={"gathering": gathering.id, "people": people, "state": state})
    _confirm(tx, gathering, group_id, [who])
    if held > people or (held and state is SignupState.WAITING):
        _move_up(tx, gathering)
    return state


def give_back(tx: Tx, gathering: Gathering, who: int) -> bool:
    """Give places back; the waiting list moves up. ``False`` when there was nothing to give back."""
    mine = _of(tx, gathering.id, who)
    if mine is None or mine.state is SignupState.CANCELLED:
        return False
    tx.db.execute(update(SIGNUP).where(SIGNUP.c.id == mine.id).values(state=SignupState.CANCELLED, at=tx.now))
    record(tx, "gathering_given_back", Cause(), data={"gathering": gathering.id, "people": mine.people})
    _confirm(tx, gathering, mine.group_id, [who])
    _move_up(tx, gathering)
    return True


def cancel(tx: Tx, gathering: Gathering, cause: Cause) -> None:
    """Called off: what is not posted yet is dropped, where it was posted the groups are told."""
    tx.db.execute(update(GATHERING).where(GATHERING.c.id == gathering.id).values(cancelled_at=tx.now))
    posts = select(OUTBOX, GROUP.c.group_id).join(GROUP, GROUP.c.outbox_id == OUTBOX.c.id)
    for post in tx.db.execute(posts.where(GROUP.c.gathering_id == gathering.id).with_for_update()).all():
        if post.state is SendState.QUEUED:
            outbox.drop(tx, post, "the gathering is cancelled")
        else:
            letter = Letter(Purpose.ANNOUNCEMENT, wording.cancelled(words(tx, gathering)))
            outbox.to_group(tx, post.group_id, letter)
    record(tx, "gathering_cancelled", cause, data={"gathering": gathering.id})


def words(tx: Tx, gathering: Gathering) -> GatheringWords:
    """A gathering as the sentences need it."""
    counted = select(SIGNUP.c.state, func.sum(SIGNUP.c.people)).where(SIGNUP.c.gathering_id == gathering.id)
    people = {row[0]: int(row[1]) for row in tx.db.execute(counted.group_by(SIGNUP.c.state))}
    return GatheringWords(
        number=int(gathering.id),
        kind=gathering.kind,
        title=gathering.title,
        place=gathering.place,
        online=gathering.online,
        hosts=gathering.hosts,
        starts=tx.street.local(gathering.starts_at),
        places=gathering.places,
        booked=people.get(SignupState.BOOKED, 0),
        waiting=people.get(SignupState.WAITING, 0),
    )


def signed_up(tx: Tx, gathering_id: int) -> list[Row[Any]]:
    """Everybody with a place or waiting for one, with their name and the number of the issue that came of it."""
    chosen = (
        select(SIGNUP, _IDENTITY.c.name, _ISSUE.c.number.label("issue_number"))
        .join(_IDENTITY, _IDENTITY.c.id == SIGNUP.c.identity_id)
        .outerjoin(_ISSUE, _ISSUE.c.id == SIGNUP.c.issue_id)
        .where(SIGNUP.c.gathering_id == gathering_id, SIGNUP.c.state.in_(_HELD))
    )
    return list(tx.db.execute(chosen.order_by(SIGNUP.c.number)))


def became_issue(tx: Tx, signup_id: int, issue_id: int) -> None:
    """The outcome of a reception is an issue."""
    tx.db.execute(update(SIGNUP).where(SIGNUP.c.id == signup_id).values(issue_id=issue_id))


def forget_words(tx: Tx, who: int, text: str) -> None:
    """A recalled message disappears from the sign-up it made."""
    if not text:
        return
    mine = select(SIGNUP.c.id, SIGNUP.c.words).where(SIGNUP.c.identity_id == who, SIGNUP.c.words != "")
    for row in tx.db.execute(mine).all():
        if row.words in text:
            tx.db.execute(update(SIGNUP).where(SIGNUP.c.id == row.id).values(words=""))


def delete_old(tx: Tx, before: datetime) -> int:
    """Who came to what began before ``before`` is forgotten; that it took place is kept. Returns the rows deleted."""
    over = select(GATHERING.c.id).where(GATHERING.c.starts_at < before)
    return tx.db.execute(delete(SIGNUP).where(SIGNUP.c.gathering_id.in_(over))).rowcount


def _booked(tx: Tx, gathering_id: int) -> int:
    total = select(func.coalesce(func.sum(SIGNUP.c.people), 0))
    chosen = total.where(SIGNUP.c.gathering_id == gathering_id, SIGNUP.c.state == SignupState.BOOKED)
    return int(tx.db.execute(chosen).scalar_one())


def _move_up(tx: Tx, gathering: Gathering) -> None:
    """Whoever waits longest and fits gets the free places, and is told."""
    waiting = select(SIGNUP).where(SIGNUP.c.gathering_id == gathering.id, SIGNUP.c.state == SignupState.WAITING)
    for row in tx.db.execute(waiting.order_by(SIGNUP.c.at, SIGNUP.c.id)).all():
        if gathering.places is not None and _booked(tx, gathering.id) + row.people > gathering.places:
            continue
        tx.db.execute(update(SIGNUP).where(SIGNUP.c.id == row.id).values(state=SignupState.BOOKED))
        _confirm(tx, gathering, row.group_id, [row.identity_id])


def _confirm(tx: Tx, gathering: Gathering, group_id: int, who: Sequence[int]) -> None:
    """The residents are told in their group; answers near in time share one post, which waits a minute for them."""
    here = (SIGNUP.c.gathering_id == gathering.id, SIGNUP.c.group_id == group_id)
    last = select(func.max(SIGNUP.c.answer_id)).where(*here)
    queued = select(OUTBOX).where(OUTBOX.c.id == tx.db.execute(last).scalar(), OUTBOX.c.state == SendState.QUEUED)
    post = tx.db.execute(queued.with_for_update()).one_or_none()
    full = post is not None and len(post.mentions or ()) >= _MENTIONED
    row_id = post.id if post is not None and not full else None
    if row_id is None:
        row_id = outbox.to_group(tx, group_id, Letter(Purpose.ANNOUNCEMENT, "", mentions=tuple(who)))
        if row_id is None:
            return
        tx.db.execute(update(OUTBOX).where(OUTBOX.c.id == row_id).values(not_before=tx.now + _TOGETHER))
    mine = update(SIGNUP).where(SIGNUP.c.gathering_id == gathering.id, SIGNUP.c.identity_id.in_(list(who)))
    tx.db.execute(mine.values(answer_id=row_id))
    answered = select(SIGNUP, _IDENTITY.c.name).join(_IDENTITY, _IDENTITY.c.id == SIGNUP.c.identity_id)
    told = tx.db.execute(answered.where(SIGNUP.c.answer_id == row_id).order_by(SIGNUP.c.at, SIGNUP.c.id)).all()
    body = wording.confirmed(words(tx, gathering), [(row.name or "居民", row.state, row.people) for row in told])
    named = [row.identity_id for row in told]
    tx.db.execute(update(OUTBOX).where(OUTBOX.c.id == row_id).values(body=body, mentions=named))


def _of(tx: Tx, gathering_id: int, who: int) -> Row[Any] | None:
    mine = select(SIGNUP).where(SIGNUP.c.gathering_id == gathering_id, SIGNUP.c.identity_id == who)
    return tx.db.execute(mine).one_or_none()


def _made(row: Row[Any]) -> Gathering:
    return Gathering(**row._mapping)
