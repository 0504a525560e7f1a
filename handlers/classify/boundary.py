"""Boundary votes: is the edge of a word a word boundary? 暂停电梯 holds no 停电.

jieba's dictionary decides, without its HMM. A cut can only be missing where a dictionary word straddles
the edge, so a clause is segmented only when one does. The dictionary loads on the first vote, or earlier
in the background; a vote waits for it, so the answer never depends on timing.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

_LONGEST = 6
"""Longest dictionary word looked for over an edge; longer ones are names and set phrases."""


class BoundaryVotes:
    """Votes out of jieba's dictionary. ``cache_dir`` is where jieba keeps it built (default: the temp folder)."""

    def __init__(self, cache_dir: Path | None = None) -> None:
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._frequency: dict[str, int] = {}

    def load(self) -> None:
        """Load the dictionary now; idempotent, safe from several threads."""
        with self._lock:
            if self._tokenizer is not None:
                return
            import jieba

            jieba.setLogLevel(logging.CRITICAL)
            tokenizer = jieba.Tokenizer()
            if self._cache_dir is not None:
                self._cache_dir.mkdir(parents=True, exist_ok=True)
                tokenizer.tmp_dir = str(self._cache_dir)
            tokenizer.initialize()
            self._frequency = tokenizer.FREQ
            self._tokenizer = tokenizer

    def load_in_background(self) -> threading.Thread:
        """Start loading in a daemon thread."""
        thread = threading.Thread(target=self.load, name="boundary-dictionary", daemon=True)
        thread.start()
        return thread

    def whole(self, clause: str, start: int, end: int) -> bool:
        """Whether both edges of ``clause[start:end]`` are word boundaries."""
        if self._tokenizer is None:
            self.load()
        straddled = self._straddled(clause, start) or self._straddled(clause, end)
        if not straddled:
            return True
        edges = {0}
        at = 0
        for word in self._tokenizer.cut(clause, HMM=False):
            at += len(word)
            edges.add(at)
        return start in edges and end in edges

    def _straddled(self, clause: str, edge: int) -> bool:
        if edge <= 0 or edge >= len(clause):
            return False
        frequency = self._frequency
        for begin in range(max(0, edge - _LONGEST + 1), edge):
            for stop in range(edge + 1, min(len(clause), begin + _LONGEST) + 1):
                if frequency.get(clause[begin:stop]):
                    return True
        return False
