"""What staff ask of the bot in so many words: ``#12 转给王强``, ``列表``, ``代班 李敏 11.25-11.30``."""

from handlers.commands.matching import Match, handle, match, resume
from handlers.commands.on_issue import refer

__all__ = ["Match", "handle", "match", "refer", "resume"]
