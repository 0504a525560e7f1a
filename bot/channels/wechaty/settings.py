"""What one WeChat account needs to be reached: a frozen value that the composition root fills from the config."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds and counts. The defaults are those of a gateway in the same house or street network.

    ``connect + pause_max`` stays under 5 s, so a gateway that comes back is heard again within 5 s, and
    ``probe_every + probe`` under 20 s, so a frozen one is noticed within 20 s.
    """

    connect: float = 3.0
    start: float = 20.0  # the gateway itself gives its puppet 15 s to start
    call: float = 5.0
    send: float = 15.0
    send_file: float = 60.0
    probe_every: float = 5.0
    probe: float = 10.0
    silent_after: float = 20.0  # no event although dings were answered by events before
    login_grace: float = 3.0
    keepalive: float = 10.0
    pause_first: float = 0.2
    pause_max: float = 2.0
    pause_token: float = 15.0
    takeover_after: int = 3
    takeover_every: float = 600.0
    hold: float = 4.5  # how long an unreadable message may hold those behind it; 5 s is promised
    retry_first: float = 0.2
    second_try: float = 15.0
    reads: int = 16
    pending: int = 5_000
    names: float = 2.0  # how long a message waits for the names of its sender and room
    names_ttl: float = 3_600.0
    names_kept: int = 20_000
    lookups_per_s: float = 25.0
    lookups_burst: int = 100
    accept_every: float = 5.0  # between two accepted friend requests or invitations


@dataclass(frozen=True, slots=True)
class WechatySettings:
    """One account behind one gateway.

    ``endpoint`` is ``host:port``. ``insecure`` speaks without TLS and is taken only for loopback and private
    addresses; a name is looked up at each connection and refused when it leads elsewhere. ``ca_file`` is the
    authority that signed the gateway's certificate, ``server_name`` the name in that certificate where it is
    not the host of the endpoint. Raises ``ValueError`` for what cannot work.
    """

    account: str
    endpoint: str
    token: SecretStr | str = field(repr=False)
    ca_file: Path | None = None
    insecure: bool = False
    server_name: str = ""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.secret.isascii() or not self.secret.strip():
            raise ValueError(f"account {self.account}: the gateway token must be plain ASCII and not empty")
        if not self.host or not 0 < self.port < 65536:
            raise ValueError(f"account {self.account}: endpoint {self.endpoint!r} is not host:port")
        if self.insecure and self.ca_file is not None:
            raise ValueError(f"account {self.account}: ca_file and insecure exclude each other")
        if self.insecure and not may_be_plain(self.host):
            raise ValueError(
                f"account {self.account}: {self.host} is a public address; insecure is only for loopback and "
                "private ones, use TLS with ca_file"
            )

    @property
    def secret(self) -> str:
        """The token itself; never put it into a message or a log line."""
        return self.token.get_secret_value() if isinstance(self.token, SecretStr) else self.token

    @property
    def host(self) -> str:
        """The host of the endpoint, without the brackets of an IPv6 address."""
        return self.endpoint.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port of the endpoint, 0 when there is none."""
        tail = self.endpoint.rpartition(":")[2]
        return int(tail) if tail.isdecimal() else 0


def may_be_plain(host: str) -> bool:
    """Whether a host may be spoken to without TLS as far as its spelling tells: a name may, a public address not."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    return address.is_loopback or address.is_private
