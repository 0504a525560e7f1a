"""Logins of an account: whose ids are good. Ids that begin anew with every login end what was bound to them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from store import people, rooms
from store.directory import directory_changed, get_setting, put_setting
from store.rooms import STABLE_EPOCH
from store.tables import IdentityRow, table
from store.tx import Cause, Tx, record

_IDENTITY = table(IdentityRow)
STABLE = "stable"


@dataclass(frozen=True, slots=True)
class Login:
    """``epoch`` numbers the login's ids (0: lasting ones). ``changed``: what was known by ids is known no more."""

    epoch: int
    changed: bool


def logged_in(tx: Tx, channel: str, account: str, self_id: str, mark: str) -> Login:
    """The account is logged in as ``self_id``; ``mark`` names its login epoch, ``stable`` for lasting ids.

    With other ids than before, or as another contact, its rooms count as left until they are found again, and
    contacts of a lost login are bound no more.
    """
    name = f"login:{channel}:{account}"
    number, _space, before = (get_setting(tx.db, name) or "").partition(" ")
    known = int(number or STABLE_EPOCH)
    if before == self_id:
        return Login(known if mark != STABLE else STABLE_EPOCH, False)
    epoch = STABLE_EPOCH if mark == STABLE else known + 1
    put_setting(tx.db, name, f"{max(known, epoch)} {self_id}")
    if not before:
        return Login(epoch, False)
    rooms.all_left(tx, channel, account, "another login")
    if mark != STABLE:
        _forget_contacts(tx, channel, account)
    record(tx, "login_changed", Cause(), data={"account": account, "epoch": epoch})
    return Login(epoch, True)


def _forget_contacts(tx: Tx, channel: str, account: str) -> None:
    """Contacts of an earlier login reach nobody any more; who they were is kept for the remark on the new one."""
    mine = (_IDENTITY.c.channel == channel, _IDENTITY.c.account == account, _IDENTITY.c.person_id.is_not(None))
    lost = sorted(set(tx.db.execute(select(_IDENTITY.c.person_id).where(*mine)).scalars()))
    if lost:
        tx.db.execute(update(_IDENTITY).where(*mine).values(person_id=None))
        put_setting(tx.db, f"lost:{channel}:{account}", " ".join(lost))
        directory_changed(tx.db)
        record(tx, "contacts_lost", Cause(reason="another login"), data={"people": lost})


def lost_people(tx: Tx, channel: str, account: str) -> frozenset[str]:
    """Staff who were bound before the last login with new ids."""
    return frozenset((get_setting(tx.db, f"lost:{channel}:{account}") or "").split())


def known_again(tx: Tx, channel: str, account: str, contact_id: str, name: str, remark: str) -> str | None:
    """Bind a contact whose remark, set on the account's own phone, is the staff id of somebody who was bound."""
    person = remark.strip()
    if person not in lost_people(tx, channel, account) or person not in tx.directory.people:
        return None
    identity = people.identity(tx, (channel, account, contact_id), name)
    tx.db.execute(update(_IDENTITY).where(_IDENTITY.c.id == identity).values(person_id=person, wrote_direct=True))
    directory_changed(tx.db)
    record(tx, "enrolled", Cause("operator", reason="remark on the contact"), data={"person": person})
    return person
