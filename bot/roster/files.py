"""Roster files on the disk: read within a limit, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bot.roster.rows import RosterError

MAX_BYTES = 4 * 1024 * 1024
"""Ten times the roster of a street with 1,500 buildings."""


def bytes_of(path: Path) -> bytes:
    """The content of a file. Raises ``RosterError`` for what is missing, no plain file, unreadable or too big."""
    try:
        if not path.exists():
            raise RosterError(path, ["no such file; check the path, or write one with `louling roster template`"])
        if not path.is_file():
            raise RosterError(path, ["is not a plain file; give a .toml or .xlsx file"])
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, RosterError):
            raise
        raise RosterError(path, [f"cannot be read: {reason(error)}"]) from error
    if len(data) > MAX_BYTES:
        raise RosterError(path, [f"is larger than {MAX_BYTES // 1024 // 1024} MiB; is it a roster?"])
    return data


def write_whole(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Leaves ``data`` in ``path``, or the folder as it was. Raises ``FileExistsError`` unless ``overwrite``."""
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            unfinished.replace(path)
        else:
            _move_to_free_name(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _move_to_free_name(unfinished: Path, path: Path) -> None:
    """A hard link fails when somebody took the name meanwhile; a disk without links gets a plain move."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        unfinished.replace(path)


def reason(error: Exception) -> str:
    """Why the system refused, in its own words and without the path."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
