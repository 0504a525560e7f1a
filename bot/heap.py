"""What was loaded to serve is not searched for garbage again and again."""

from __future__ import annotations

import gc

_YOUNG = 10_000  # objects until the next look; a commit of many messages makes thousands, all gone with it


def leave_what_is_loaded() -> None:
    """Rules, tables and libraries stay as long as the process does: the collector leaves them out from now on.

    Called once by a process that is about to serve, when everything is loaded.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
