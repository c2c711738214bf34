"""`cellwright serve`: the server for Excel's task pane and the playground, on this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import os
import socket
import sys
import threading
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import uvicorn
from sqlalchemy.engine import make_url

from cellwright.ask.planner.model import Planner
from cellwright.ask.planner.opening import open_planner
from cellwright.cli.display import messages
from cellwright.config import settings
from cellwright.engine import Engine
from cellwright.errors import CellwrightError, UsageError
from cellwright.feedback.store import FeedbackStore
from cellwright.proposers.language import LanguageProposer
from cellwright.registry import find_model, shipped_model
from cellwright.server.app import Readiness, create_app
from cellwright.server.guard import Door
from cellwright.server.tls import DEFAULT_NAMES, Certificates, ensure_certificates
from cellwright.server.tokens import Tokens
from cellwright.session.service import Capacity, Service

log = logging.getLogger(__name__)

DEFAULT_PORT = 8765
_BACKLOG = 512
_GOODBYE_S = 5
_SWITCH_S = 0.001


@dataclass(frozen=True)
class Address:
    """Where to listen."""

    host: str
    port: int
    certificates: Certificates | None

    @property
    def scheme(self) -> str:
        """`https` with certificates."""
        return "http" if self.certificates is None else "https"

    def url(self, port: int) -> str:
        """The server's root; `port` is the one that it got."""
        host = "localhost" if self.certificates is not None and self.is_loopback else self.host
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{port}/"

    @property
    def is_loopback(self) -> bool:
        """Only this machine can connect."""
        return is_loopback(self.host)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0: any free one."
)
@click.option("--tls/--no-tls", default=False, show_default=True, help="HTTPS, as Excel wants it.")
@click.option("--name", "names", multiple=True, help="A further host name under which it is reached.")
@click.option("--origin", "origins", multiple=True, help="A further origin of pages that may connect.")
@click.option("--model", "model", default=None, help="A model's name or path, or none for the experts alone.")
@click.option(
    "--planner",
    default=None,
    help="Who reads requests in words: an imported model, a local server's URL, or none.",
)
@click.option("--open", "is_opened", is_flag=True, help="Open the playground in the browser.")
@click.option(
    "--admin", "with_admin", is_flag=True, help="Tell the admin page's address with its token, too."
)
@click.option("--json", "as_json", is_flag=True, help="Tell the address as a line of JSON on stdout.")
def serve_command(
    host: str,
    port: int,
    tls: bool,
    names: tuple[str, ...],
    origins: tuple[str, ...],
    model: str | None,
    planner: str | None,
    is_opened: bool,
    with_admin: bool,
    as_json: bool,
) -> None:
    """Serve Excel's task pane and the playground. The address that is printed holds your token."""
    if not tls and not is_loopback(host):
        raise UsageError(f"expected --tls for an address that others can reach, got {host} without it")
    home = settings().home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    larger = open_planner(planner, settings())
    certificates = ensure_certificates(home / "certs", (*DEFAULT_NAMES, *names)) if tls else None
    address = Address(host, port, certificates)
    listener = _listen(address)
    bound = listener.getsockname()[1]
    tokens = Tokens.of(home)
    own = names if address.is_loopback else (host, *names)
    door = Door.of(bound, own, origins)
    url = address.url(bound)
    _tell(url, tokens, with_admin=with_admin, as_json=as_json)
    if is_opened:
        webbrowser.open(f"{url}#token={tokens.user}")
    # Threads that propose formulas hold the interpreter; the event loop must not wait 5 ms for each turn.
    sys.setswitchinterval(_SWITCH_S)
    asyncio.run(_serve(address, listener, door, tokens, home, model, larger))


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to an address."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def is_local_store(url: str) -> bool:
    """Whether a store's database is on this machine."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" or parsed.host is None or is_loopback(parsed.host)


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)  # who reads the address may connect at once
    except OSError as error:
        listener.close()
        raise UsageError(
            f"expected a free port, got {address.port} on {address.host}: {error.strerror}"
        ) from error
    return listener


def _tell(url: str, tokens: Tokens, *, with_admin: bool, as_json: bool) -> None:
    """The address on stdout; the token stands behind the #, which browsers send nowhere."""
    if as_json:
        told: dict[str, str | int] = {"url": url, "token": tokens.user, "pid": os.getpid()}
        click.echo(json.dumps(told | ({"admin_token": tokens.admin} if with_admin else {})))
        return
    click.echo(f"{url}#token={tokens.user}")
    if with_admin:
        click.echo(f"{url}admin.html#token={tokens.admin}")
    messages.print("Open it for the playground. In Excel's pane paste the token. Ctrl+C ends the server.")


async def _serve(
    address: Address,
    listener: socket.socket,
    door: Door,
    tokens: Tokens,
    home: Path,
    model: str | None,
    planner: Planner | None,
) -> None:
    store = FeedbackStore(settings().store)
    service = Service(
        home,
        store,
        planner=planner,
        capacity=Capacity(threads=max(2, min(8, os.cpu_count() or 2))),
        is_local=address.is_loopback
        and is_local_store(settings().store)
        and (planner is None or planner.is_local),
    )
    readiness = Readiness()
    certificates = address.certificates
    config = uvicorn.Config(
        create_app(service, tokens, door, readiness),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=service.capacity.max_message_bytes,
        ws_per_message_deflate=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GOODBYE_S,
        ssl_certfile=None if certificates is None else str(certificates.chain),
        ssl_keyfile=None if certificates is None else str(certificates.key),
    )
    opened: list[Engine] = []
    if model != "none" and (model is not None or shipped_model() is not None):
        readiness.waiting_for.add("model")
        threading.Thread(
            target=_open_model, args=(model, service, readiness, opened), name="cellwright-open", daemon=True
        ).start()
    try:
        await uvicorn.Server(config).serve(sockets=[listener])
    finally:
        service.close()
        for engine in opened:
            engine.close()
        store.close()


def _open_model(name: str | None, service: Service, readiness: Readiness, opened: list[Engine]) -> None:
    """Load the language model beside the serving: panes are answered by the experts until it is there."""
    try:
        engine = Engine.open(find_model(name))
        opened.append(engine)
        service.language = LanguageProposer(engine, engine.name)
    except CellwrightError as error:
        log.error("no language model: %s", error)
    finally:
        readiness.waiting_for.discard("model")
