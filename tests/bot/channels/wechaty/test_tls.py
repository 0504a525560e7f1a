"""TLS with an authority of one's own, and where speaking without it is refused."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.wechaty import WechatySettings
from domain.messages import LinkState


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for ``gateway.example`` and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the TLS tests need the openssl command")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=gateway.example", "-addext", "subjectAltName=DNS:gateway.example"]
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([openssl, *made, *subject], check=True, capture_output=True, timeout=60)
    return cert, key


@pytest.fixture
def secret_gateway(absent_gateway: Any, certificate: tuple[Path, Path]) -> Iterator[Any]:
    absent_gateway.env |= {"TLS_CERT": str(certificate[0]), "TLS_KEY": str(certificate[1])}
    absent_gateway.launch()
    absent_gateway.wait()
    return absent_gateway


@pytest.mark.gateway
async def test_it_hears_over_tls_with_a_ca_file(
    secret_gateway: Any, make_chat: Any, certificate: tuple[Path, Path]
) -> None:
    chat = make_chat(secret_gateway, insecure=False, ca_file=certificate[0], server_name="gateway.example")
    chat.open()
    await chat.until_link(LinkState.UP)
    await chat.says("悄悄话")
    await chat.hears("悄悄话")
    assert "wechaty.insecure" not in chat.actions


@pytest.mark.gateway
async def test_it_takes_the_certificate_that_official_gateways_ship_with(
    absent_gateway: Any, make_chat: Any, tmp_path: Path
) -> None:
    absent_gateway.env["TLS_CERT"] = "built-in"
    await absent_gateway.start()
    source = absent_gateway.packages / "wechaty-puppet-service" / "src" / "auth" / "ca.ts"
    authority = tmp_path / "wechaty-ca.pem"
    authority.write_text(
        re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", source.read_text(), re.S)[0]
    )
    chat = make_chat(absent_gateway, insecure=False, ca_file=authority, server_name="insecure")
    chat.open()
    await chat.until_link(LinkState.UP)


@pytest.mark.gateway
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"insecure": False, "server_name": "gateway.example"}, "set ca_file"),
        ({"insecure": False, "ca": True, "server_name": "other.example"}, "server_name"),
    ],
)
async def test_a_certificate_that_does_not_fit_is_said(
    secret_gateway: Any, make_chat: Any, certificate: tuple[Path, Path], wrong: dict[str, Any], words: str
) -> None:
    settings = {key: value for key, value in wrong.items() if key != "ca"}
    chat = make_chat(secret_gateway, ca_file=certificate[0] if "ca" in wrong else None, **settings)
    chat.open()
    await chat.until_link(LinkState.DOWN)
    assert "TLS with" in chat.state.detail
    assert words in chat.state.detail
    assert chat.actions.count("wechaty.untrusted") == 1


@pytest.mark.gateway
async def test_tls_to_a_gateway_without_it_is_said(gateway: Any, make_chat: Any) -> None:
    chat = make_chat(gateway, insecure=False)
    chat.open()
    await chat.until_link(LinkState.DOWN)
    assert "without TLS" in chat.state.detail


@pytest.mark.gateway
async def test_no_tls_to_a_gateway_with_it_is_said(secret_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(secret_gateway)
    chat.open()
    await chat.until_link(LinkState.DOWN)
    assert "perhaps it wants TLS" in chat.state.detail


def _settings(**more: Any) -> WechatySettings:
    return WechatySettings(**({"account": "main", "endpoint": "127.0.0.1:8788", "token": "t"} | more))


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "[::1]", "gateway", "localhost"])
def test_insecure_is_taken_for_loopback_private_addresses_and_names(host: str) -> None:
    assert _settings(endpoint=f"{host}:8788", insecure=True).host == host.strip("[]")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"endpoint": "8.8.8.8:8788", "insecure": True}, "public address"),
        ({"endpoint": "[2001:4860:4860::8888]:8788", "insecure": True}, "public address"),
        ({"endpoint": "gateway"}, "not host:port"),
        ({"endpoint": "gateway:99999"}, "not host:port"),
        ({"endpoint": ":8788"}, "not host:port"),
        ({"token": ""}, "token"),
        ({"token": SecretStr("密码")}, "token"),
        ({"insecure": True, "ca_file": Path("ca.pem")}, "exclude each other"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _settings(**wrong)


@pytest.mark.parametrize("token", ["geheim", SecretStr("geheim")])
def test_the_token_stands_in_no_repr(token: str | SecretStr) -> None:
    assert "geheim" not in repr(_settings(token=token))
    assert _settings(token=token).secret == "geheim"
