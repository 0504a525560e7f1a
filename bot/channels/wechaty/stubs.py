"""The one module that imports the Wechaty project's published Python stubs and the gRPC library below them.

Everything else in this package takes these names from here, so a new release of either is looked at in one
place. Importing them is silent under ``-W error`` on Python 3.11, 3.12 and 3.13.
"""

from __future__ import annotations

from grpclib.client import Channel as GrpcChannel
from grpclib.config import Configuration as GrpcConfiguration
from grpclib.const import Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError
from wechaty_grpc.wechaty import PuppetStub

__all__ = [
    "GRPCError",
    "GrpcChannel",
    "GrpcConfiguration",
    "ProtocolError",
    "PuppetStub",
    "Status",
    "StreamTerminatedError",
]
