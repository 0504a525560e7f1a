"""WeChat through any Wechaty puppet service: the channel, its settings, and what an application may observe.

The channel speaks the puppet-service protocol itself (``client``), keeps the connection (``session``), makes
every message id durable before it reads its payload (``reading``) and converts at the edge (``convert``).
"""

from __future__ import annotations

from bot.channels.wechaty.channel import WechatyChannel
from bot.channels.wechaty.client import CallError, Fault
from bot.channels.wechaty.observer import Observer, SilentObserver, epoch_of
from bot.channels.wechaty.payloads import Contact, Member, Room
from bot.channels.wechaty.settings import Limits, WechatySettings

__all__ = [
    "CallError",
    "Contact",
    "Fault",
    "Limits",
    "Member",
    "Observer",
    "Room",
    "SilentObserver",
    "WechatyChannel",
    "WechatySettings",
    "epoch_of",
]
