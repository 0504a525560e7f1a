"""Sending one message, and saying honestly what became of it.

``FAILED`` only where the request certainly did nothing, ``REFUSED`` where a repeat is useless too, and
``UNKNOWN`` whenever the gateway may have acted: a deadline, a lost connection, an error from inside a puppet.
The bot's own message, which comes back as an event, settles an unknown one.
"""

from __future__ import annotations

import base64
import json
import re

from bot.channels.wechaty.client import CallError, Fault, GatewayClient
from bot.channels.wechaty.convert import with_mentions
from domain.messages import Attachment, Outbound, Outcome, Receipt, TargetKind

OUTCOMES: dict[Fault, Outcome] = {
    Fault.UNREACHABLE: Outcome.FAILED,
    Fault.UNTRUSTED: Outcome.FAILED,
    Fault.TOKEN: Outcome.FAILED,
    Fault.TAKEN: Outcome.FAILED,
    Fault.UNSUPPORTED: Outcome.REFUSED,
    Fault.LATE: Outcome.UNKNOWN,
    Fault.LOST: Outcome.UNKNOWN,
    Fault.REJECTED: Outcome.UNKNOWN,
}
# What puppets say when they certainly did not send, and a repeat would not help.
USELESS = re.compile(
    r"not (?:exist|found|a friend|friends?\b)|no such|unknown (?:room|contact|conversation)|no payload found"
    r"|larger than max|不是.{0,6}好友|好友关系|不在群|已被移出",
    re.IGNORECASE,
)
# What they say when they certainly did not send, and a repeat may help.
LATER = re.compile(r"not logged ?in|not logged on|logged out|未登录", re.IGNORECASE)


async def send(client: GatewayClient, message: Outbound) -> Receipt:
    """Send text, or a file and then its text. Raises nothing but cancellation."""
    if not message.text and message.attachment is None:
        return Receipt(Outcome.REFUSED, detail="there is nothing to send")
    file_id = ""
    if message.attachment is not None:
        try:
            file_id = await client.send_file(message.conversation, filebox(message.attachment))
        except CallError as fault:
            return await _told(client, message, fault)
        if not message.text:
            return Receipt(Outcome.SENT, file_id or None)
    mentions = message.mentions if message.target is TargetKind.GROUP else ()
    try:
        text = with_mentions(message.text, mentions)
        message_id = await client.send_text(message.conversation, text, tuple(each for each, _ in mentions))
    except CallError as fault:
        receipt = await _told(client, message, fault)
        if message.attachment is not None:
            return Receipt(Outcome.UNKNOWN, file_id or None, f"the file was sent, its text not: {receipt.detail}")
        return receipt
    return Receipt(Outcome.SENT, message_id or None)


async def _told(client: GatewayClient, message: Outbound, fault: CallError) -> Receipt:
    """The outcome of a failed call. An error from inside a puppet is looked into before it counts as unknown."""
    outcome = OUTCOMES[fault.fault]
    if fault.fault is Fault.REJECTED:
        if LATER.search(fault.detail):
            outcome = Outcome.FAILED
        elif USELESS.search(fault.detail) or await _unknown_there(client, message):
            outcome = Outcome.REFUSED
    detail = fault.detail.replace(message.text, "…") if message.text else fault.detail  # details are logged
    return Receipt(outcome, detail=detail)


async def _unknown_there(client: GatewayClient, message: Outbound) -> bool:
    """Whether the gateway, asked for the conversation itself, says that it does not know it."""
    try:
        if message.target is TargetKind.GROUP:
            await client.room(message.conversation)
        else:
            await client.contact(message.conversation)
    except CallError as fault:
        return fault.fault is Fault.REJECTED and USELESS.search(fault.detail) is not None
    return False


def filebox(attachment: Attachment) -> str:
    """A file as gateways 1.x take it: FileBox JSON of type 1, base64. ``boxType`` is its name before 1.0."""
    content = base64.b64encode(attachment.content).decode("ascii")
    box = {"type": 1, "boxType": 1, "name": attachment.name, "base64": content, "metadata": {}}
    return json.dumps(box, ensure_ascii=False)
