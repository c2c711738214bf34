"""Who may talk to the server: two tokens in one file of the home folder, readable by its owner alone."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cellwright.errors import UsageError
from cellwright.protocol.handshake import Role

_FILE = "server-tokens.json"
_BYTES = 32


@dataclass(frozen=True)
class Tokens:
    """The token of each role; made at the first start."""

    user: str
    admin: str

    @staticmethod
    def of(home: Path) -> Tokens:
        """Read them from the home folder, making them where there are none."""
        path = home / _FILE
        home.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read(path)
        tokens = Tokens(secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES))
        with os.fdopen(descriptor, "w") as stream:
            json.dump({"user": tokens.user, "admin": tokens.admin}, stream)
        return tokens

    def role_of(self, token: str) -> Role | None:
        """The role that a token gives; None for a wrong one. Takes the same time for every wrong token."""
        given = token.encode()
        is_admin = hmac.compare_digest(given, self.admin.encode())
        is_user = hmac.compare_digest(given, self.user.encode())
        return "admin" if is_admin else "user" if is_user else None


def _read(path: Path) -> Tokens:
    try:
        held = json.loads(path.read_text())
        return Tokens(str(held["user"]), str(held["admin"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"expected the server's tokens in {path}, got something else; delete it") from error
