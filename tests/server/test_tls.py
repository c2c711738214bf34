"""The local certificate authority: what it vouches for, when it is made anew, and real HTTPS with it."""

from __future__ import annotations

import json
import os
import ssl
import stat
import subprocess
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509

from cellwright.cli.serve import is_local_store, is_loopback, serve_command
from cellwright.errors import UsageError
from cellwright.server.tls import ensure_certificates, fingerprint, trust_instructions

from .test_resilience import CELLWRIGHT


def test_the_authority_is_limited_to_its_names(tmp_path: Path) -> None:
    files = ensure_certificates(tmp_path)
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    permitted = {str(name.value) for name in constraints.value.permitted_subtrees or ()}
    assert permitted == {"localhost", "127.0.0.1/32", "::1/128"}
    for path in tmp_path.glob("*-key.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_certificates_are_kept_until_they_do_not_fit(tmp_path: Path) -> None:
    first = fingerprint(ensure_certificates(tmp_path).authority)
    chain = ensure_certificates(tmp_path).chain.read_bytes()
    assert fingerprint(ensure_certificates(tmp_path).authority) == first
    assert ensure_certificates(tmp_path).chain.read_bytes() == chain
    wider = ensure_certificates(tmp_path, ("localhost", "excel.example.internal"))
    assert fingerprint(wider.authority) != first
    known = fingerprint(wider.authority)
    assert fingerprint(ensure_certificates(tmp_path, ("localhost",), renew=True).authority) != known
    with pytest.raises(UsageError):
        ensure_certificates(tmp_path, ("not a name\u0000",))


def test_a_browser_that_trusts_it_connects(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [*CELLWRIGHT, "serve", "--json", "--tls", "--port", "0", "--model", "none"]
    server = subprocess.Popen(
        command, env=os.environ | {"CELLWRIGHT_HOME": str(home)}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        assert url.startswith("https://localhost:")
        context = ssl.create_default_context(cafile=str(home / "certs" / "authority.pem"))
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with urllib.request.build_opener(*handlers).open(url + "health") as answer:
            assert json.load(answer)["status"] == "ok"
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url + "health")
    finally:
        server.terminate()
        server.wait(20)
        assert server.stdout is not None
        server.stdout.close()


def test_plain_http_is_for_loopback_alone() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert is_local_store("sqlite:///home/feedback.db")
    assert is_local_store("postgresql://localhost/cellwright")
    assert not is_local_store("postgresql://db.example.internal/cellwright")
    answer = CliRunner().invoke(serve_command, ["--host", "0.0.0.0", "--port", "0"])
    assert isinstance(answer.exception, UsageError)


def test_every_system_has_its_command_and_the_way_back(tmp_path: Path) -> None:
    steps = trust_instructions(tmp_path / "authority.pem")
    assert {"Windows", "macOS", "Debian, Ubuntu"} <= steps.keys()
    assert all("take back" in step for step in steps.values())
