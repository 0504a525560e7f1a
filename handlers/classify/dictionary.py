"""jieba's dictionary (MIT licence) in a compact form: sorted numbers, one a word, and their frequencies.

A word of up to four code points is one 64 bit number, 16 bits a code point, left aligned, so that the words
with a common beginning stand together. The few longer ones, up to ``LONGEST``, stand in a small mapping. The
file is built from jieba's ``dict.txt`` on first use, in under a second, and only read afterwards.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import struct
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from math import log
from pathlib import Path

LONGEST = 6
"""Longest word kept; the 1,800 longer ones of 349,000 are names and set phrases."""
_SHORT = 4
_HEAD = struct.Struct("<8sQQQd")
"""Mark, words, longer words in bytes, size of the ``dict.txt`` it was built from, log of the sum of frequencies."""
_MARK = b"louling1"
_BITS = 16
_COUNT_BITS = 32
_COUNT_MASK = (1 << _COUNT_BITS) - 1


class Dictionary:
    """Words and weights (natural logarithms of frequencies), read only, safe to share between threads."""

    def __init__(self, data: memoryview) -> None:
        _, count, longer, _, self.log_total = _HEAD.unpack_from(data)
        at = _HEAD.size
        self._keys: Sequence[int] = data[at : at + 8 * count].cast("Q")
        at += 8 * count
        self._counts: Sequence[int] = data[at : at + 4 * count].cast("I")
        at += 4 * count
        lines = bytes(data[at : at + longer]).decode("utf-8").splitlines()
        self._longer = {word: int(count) for word, _, count in (line.partition(" ") for line in lines)}

    def words_from(self, text: str, begin: int) -> list[tuple[int, float]]:
        """The words that begin at ``text[begin]``, shortest first: (end, weight)."""
        found: list[tuple[int, float]] = []
        keys = self._keys
        key, low, shift = 0, 0, _BITS * _SHORT
        for end in range(begin + 1, min(len(text), begin + _SHORT) + 1):
            shift -= _BITS
            code = ord(text[end - 1])
            if code >= 1 << _BITS:
                return found
            key |= code << shift
            low = bisect_left(keys, key, low)
            if low == len(keys):
                break
            at = keys[low]
            if at == key:
                found.append((end, log(self._counts[low])))
            elif at >> shift != key >> shift:
                break
        for end in range(begin + _SHORT + 1, min(len(text), begin + LONGEST) + 1):
            many = self._longer.get(text[begin:end])
            if many is not None:
                found.append((end, log(many)))
        return found


def open_dictionary(cache_dir: Path | None = None) -> Dictionary:
    """The dictionary out of ``cache_dir``, built there when it is missing or of another jieba; without, in memory."""
    source = _source()
    size = source.stat().st_size
    if cache_dir is None:
        return Dictionary(memoryview(_built(source, size)))
    path = cache_dir / "boundary.words"
    with contextlib.suppress(OSError, ValueError, struct.error):
        return _read(path, size)
    data = _built(source, size)
    with contextlib.suppress(OSError):
        _save(path, data)
    return Dictionary(memoryview(data))


def _read(path: Path, size: int) -> Dictionary:
    """The file, read whole: were it mapped, cutting it short would end the process. Raises ``ValueError``."""
    data = memoryview(path.read_bytes())
    mark, count, longer, source_size, _ = _HEAD.unpack_from(data)
    if (mark, source_size) != (_MARK, size) or len(data) != _HEAD.size + 12 * count + longer:
        raise ValueError("another dictionary")
    return Dictionary(data)


def _save(path: Path, data: bytes) -> None:
    """Written whole under another name first: other processes may be reading or writing it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _source() -> Path:
    """jieba's word list, found without importing jieba, whose import alone costs a tenth of a second."""
    found = importlib.util.find_spec("jieba")
    if found is None or found.origin is None:
        raise ImportError("the package jieba is missing: run `make setup`")
    return Path(found.origin).parent / "dict.txt"


def _built(source: Path, size: int) -> bytes:
    """The compact form of a ``dict.txt``: lines of word, frequency and a tag, parted by blanks."""
    short: list[int] = []
    longer: list[str] = []
    total = 0
    shifts = [_BITS * (_SHORT - length) + _COUNT_BITS for length in range(_SHORT + 1)]
    for line in source.read_text(encoding="utf-8").splitlines():
        word, number, *_ = line.split(" ", 2)
        frequency = int(number)
        total += frequency
        length = len(word)
        if length > LONGEST or not frequency:
            continue
        if length > _SHORT:
            longer.append(f"{word} {frequency}")
            continue
        coded = word.encode("utf-16-be")
        if len(coded) == 2 * length:
            short.append(int.from_bytes(coded, "big") << shifts[length] | frequency)
    short.sort()
    keys = array("Q", [both >> _COUNT_BITS for both in short])
    counts = array("I", [both & _COUNT_MASK for both in short])
    rest = "\n".join(longer).encode("utf-8")
    head = _HEAD.pack(_MARK, len(keys), len(rest), size, log(total))
    return b"".join((head, keys.tobytes(), counts.tobytes(), rest))
