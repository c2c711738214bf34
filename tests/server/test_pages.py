"""Pages and manifests as they are served; the pages themselves are tested in the add-in."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cellwright.server.app import ASSETS, manifest_for

from .conftest import Running

MANIFESTS = Path(__file__).resolve().parents[2] / "addin" / "manifest"


@pytest.mark.parametrize("host", ["cells.example.com", "cells.example.com:9000", "[::1]:8765", "127.0.0.1:1"])
def test_a_manifest_names_the_address_that_it_was_asked_for(host: str) -> None:
    xml = manifest_for((MANIFESTS / "manifest.xml").read_text(), host)
    ElementTree.fromstring(xml)
    assert "localhost" not in xml
    assert f'"https://{host}/pane.html"' in xml
    unified = json.loads(manifest_for((MANIFESTS / "manifest.json").read_text(), host))
    assert unified["validDomains"] == [host.rpartition(":")[0].strip("[]") or host]
    assert "localhost" not in json.dumps(unified)


@pytest.mark.skipif(not (ASSETS / "manifest.xml").is_file(), reason="the pages are not built (make assets)")
def test_the_served_manifest_is_for_this_server(server: Running) -> None:
    host = server.url.removeprefix("http://").rstrip("/")
    for form in ("xml", "json"):
        status, body = server.call("GET", f"manifest.{form}", Authorization="")
        assert status == 200
        assert f"https://{host}/pane.html" in body.decode()
    assert server.call("GET", "manifest.exe", Authorization="")[0] == 422
