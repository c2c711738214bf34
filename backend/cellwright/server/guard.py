"""The door: which hosts and origins are served, and what every answer carries.

A page of another site may send requests to a server on this machine, by its address or by a name that it
makes point here (DNS rebinding). So the `Host` must be one of ours, and an `Origin`, where the browser sends
one, must be a page that we serve; both are checked before anything else, for websockets too. The token comes
on top.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_OFFICE = "https://appsforoffice.microsoft.com"
_OFFICE_FRAMES = (
    "https://*.officeapps.live.com https://*.office.com https://*.office365.com "
    "https://*.sharepoint.com https://*.cloud.microsoft"
)
_OFFICE_PAGES = frozenset({"/pane.html", "/functions.html"})
_STYLED_PAGES = frozenset({"/", "/playground.html"})
"""Pages whose grid writes its styles into the page."""


@dataclass(frozen=True)
class Door:
    """What the server answers to: `host:port` names in lower case, and further origins of pages."""

    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()

    @staticmethod
    def of(port: int, names: Iterable[str] = (), origins: Iterable[str] = ()) -> Door:
        """The loopback names and further ones, with the port and, on a default port, without."""
        known = [*LOOPBACK, *(name.casefold() for name in names)]
        hosts = {f"{name}:{port}" for name in known}
        if port in (80, 443):
            hosts |= set(known)
        return Door(frozenset(hosts), frozenset(origin.casefold().rstrip("/") for origin in origins))

    def admits(self, headers: Headers) -> bool:
        """Whether a request may come in."""
        host = headers.get("host", "").casefold()
        if host not in self.hosts:
            return False
        origin = headers.get("origin")
        if origin is None:
            return True  # no browser, or a browser's plain navigation
        origin = origin.casefold()
        scheme, mark, rest = origin.partition("://")
        is_ours = bool(mark) and scheme in ("http", "https") and rest in self.hosts
        return is_ours or origin in self.origins


class Guard:
    """ASGI middleware: refuse what the door does not admit, put security headers on every answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self.door.admits(headers):
            body = {"code": "forbidden", "message": "expected a request from one of this server's own pages"}
            await JSONResponse(body, status_code=403)(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        path, host = scope["path"], headers.get("host", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                for name, value in security_headers(path, host).items():
                    MutableHeaders(scope=message).setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def security_headers(path: str, host: str) -> dict[str, str]:
    """The headers of one answer. Only the pane's pages may load Office.js and stand in Office's frames."""
    is_office = path in _OFFICE_PAGES
    scripts = "'self' 'wasm-unsafe-eval'" + (f" {_OFFICE}" if is_office else "")
    policy = {
        "default-src": "'none'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'" if path in _STYLED_PAGES else "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self' ws://{host} wss://{host}" + (f" {_OFFICE}" if is_office else ""),
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": f"'self' {_OFFICE_FRAMES}" if is_office else "'none'",
    }
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "max-age=31536000, immutable" if path.startswith("/static/") else "no-store",
    }
    if not is_office:
        headers["x-frame-options"] = "DENY"
        headers["cross-origin-opener-policy"] = "same-origin"
    return headers
