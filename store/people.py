"""Contacts of the networks: who they are, what they allowed, and how a staff member is bound by a one-time code."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from store.directory import External, directory_changed
from store.prepared import Prepared
from store.tables import EnrolmentCode, IdentityRow, table
from store.tx import Cause, Tx, record

_IDENTITY = table(IdentityRow)
_CODE = table(EnrolmentCode)

# Built once: building a statement and its cache key costs several times what running it does.
_SAME = Prepared(
    select(_IDENTITY.c.id, _IDENTITY.c.name).where(
        _IDENTITY.c.channel == bindparam("of_channel"),
        _IDENTITY.c.account == bindparam("of_account"),
        _IDENTITY.c.epoch == 0,
        _IDENTITY.c.external_id == bindparam("external"),
    )
)
_NEW_IDENTITY = Prepared(_IDENTITY.insert().returning(_IDENTITY.c.id))
_CONTACT = Prepared(select(_IDENTITY).where(_IDENTITY.c.id == bindparam("row")))

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no 0/O, 1/I: they are read aloud
CODE_LENGTH = 8
_CODES = re.compile(f"(?<![A-Z0-9])[{CODE_LETTERS}]{{{CODE_LENGTH}}}(?![A-Z0-9])")


def identity(tx: Tx, external: External, name: str) -> int:
    """The row of a contact, made on first need; its shown name is kept up to date."""
    channel, account, external_id = external
    key = {"of_channel": channel, "of_account": account, "external": external_id}
    row = _SAME.on(tx.db, key).one_or_none()
    if row is None:
        values = {"channel": channel, "account": account, "external_id": external_id, "name": name}
        return int(_NEW_IDENTITY.on(tx.db, values).scalar_one())
    if name and row.name != name:
        tx.db.execute(update(_IDENTITY).where(_IDENTITY.c.id == row.id).values(name=name))
    return int(row.id)


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as the sender needs it."""

    id: int
    external: External
    name: str
    wrote_direct: bool


def contact(db: Connection, identity_id: int) -> Contact:
    """One contact by its row."""
    row = _CONTACT.on(db, {"row": identity_id}).one()
    return Contact(row.id, (row.channel, row.account, row.external_id), row.name, row.wrote_direct)


def wrote_direct(tx: Tx, identity_id: int) -> None:
    """The contact wrote to the bot first: it may be answered directly."""
    tx.db.execute(update(_IDENTITY).where(_IDENTITY.c.id == identity_id).values(wrote_direct=True))


def opt_out(tx: Tx, identity_id: int, cause: Cause, *, out: bool) -> None:
    """退出 / 加入: whether the contact's lines may be stored."""
    at = tx.now if out else None
    tx.db.execute(update(_IDENTITY).where(_IDENTITY.c.id == identity_id).values(opted_out_at=at))
    directory_changed(tx.db)
    record(tx, "opted_out" if out else "opted_in", cause)


def issue_codes(db: Connection, people: Sequence[str], expires_at: datetime) -> dict[str, str]:
    """A fresh one-time code for each of these people, older unused ones revoked. Only hashes are stored."""
    codes: dict[str, str] = {}
    for person in people:
        db.execute(_CODE.delete().where(_CODE.c.person_id == person, _CODE.c.used_at.is_(None)))
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        db.execute(_CODE.insert().values(code_hash=_hash(code), person_id=person, expires_at=expires_at))
        codes[person] = code
    return codes


def enrol(tx: Tx, identity_id: int, code: str, cause: Cause) -> str | None:
    """Bind a contact to the person of a valid code, which is then used up. Returns the staff id, or ``None``."""
    row = tx.db.execute(select(_CODE).where(_CODE.c.code_hash == _hash(code)).with_for_update()).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= tx.now or row.person_id not in tx.directory.people:
        return None
    tx.db.execute(update(_CODE).where(_CODE.c.code_hash == row.code_hash).values(used_at=tx.now))
    bound = update(_IDENTITY).where(_IDENTITY.c.id == identity_id).values(person_id=row.person_id, wrote_direct=True)
    tx.db.execute(bound)
    directory_changed(tx.db)
    record(tx, "enrolled", Cause(row.person_id, cause.message), data={"person": row.person_id})
    return str(row.person_id)


def looks_like_code(text: str) -> str | None:
    """The code in a direct message, spaces and case forgiven; ``None`` when it is no code."""
    bare = "".join(text.split()).upper().removeprefix("绑定码").removeprefix("绑定").lstrip(":：")
    return bare if len(bare) == CODE_LENGTH and all(letter in CODE_LETTERS for letter in bare) else None


def codes_in(text: str) -> list[str]:
    """Whatever could be a code in the hello of a friend request, where other words may stand around it."""
    return _CODES.findall(text.upper())


def person_of_code(tx: Tx, code: str) -> str | None:
    """Whose unused code this is; it stays unused. ``None`` when it is wrong, used or too old."""
    row = tx.db.execute(select(_CODE).where(_CODE.c.code_hash == _hash(code))).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= tx.now or row.person_id not in tx.directory.people:
        return None
    return str(row.person_id)


def _hash(code: str) -> str:
    return hashlib.sha256(f"louling:{code}".encode()).hexdigest()
