"""The web application: websocket, REST, pages, health, measurements, in one place.

/ws                       the line to a pane (server.line)
/api/...                  samples, uploads, cells, files (server.rest)
/api/admin/...            what the admin page reads and does (cellwright.admin)
/ and /NAME.html          the built pages; the root is the playground
/manifest.xml, .json      what Excel loads the add-in by, with the address under which it was asked for
/health  /ready           alive; able to answer (the model is loaded)
/metrics                  Prometheus text, for administrators
/openapi.json             the REST part in OpenAPI; no page that would load its viewer from elsewhere
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request, Response, WebSocket
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

from cellwright import __version__
from cellwright.admin import governance, models, review
from cellwright.admin.access import Admin
from cellwright.errors import CellwrightError
from cellwright.server import rest
from cellwright.server.guard import Door, Guard
from cellwright.server.line import Line
from cellwright.server.tokens import Tokens
from cellwright.session.failures import code_of
from cellwright.session.service import Service

ASSETS = Path(__file__).resolve().parent / "assets"
_BUILT_ADDRESS = "https://localhost:8765"
_NO_PAGES = "The pages are not built. In a checkout run `make assets`.\n"


class Readiness:
    """What the server still waits for; ready when nothing is left."""

    def __init__(self) -> None:
        self.waiting_for: set[str] = set()


def create_app(service: Service, tokens: Tokens, door: Door, readiness: Readiness | None = None) -> FastAPI:
    """The application over a service; whoever made the service closes it."""
    ready = readiness or Readiness()
    app = FastAPI(title="Cellwright", version=__version__, docs_url=None, redoc_url=None)
    app.state.service, app.state.tokens = service, tokens
    app.add_middleware(Guard, door=door)
    app.include_router(rest.public)
    app.include_router(rest.router)
    app.state.admin = Admin(service.store, service.home, rest.admin_of)
    for router in (review.router, models.router, governance.router):
        app.include_router(router)

    @app.exception_handler(rest.Refusal)
    async def refused(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, rest.Refusal)
        return JSONResponse(error.told.model_dump(), status_code=error.status)

    @app.exception_handler(CellwrightError)
    async def failed(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, CellwrightError)
        told = rest.Failure(code=code_of(error), message=" ".join(str(error).split()))
        return JSONResponse(told.model_dump(), status_code=rest.failure_status(error))

    @app.websocket("/ws")
    async def line(websocket: WebSocket) -> None:
        await Line(websocket, service, tokens).run()

    @app.get("/health", tags=["operation"])
    async def health() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/ready", tags=["operation"])
    async def is_ready(response: Response) -> dict[str, Any]:
        """The server can do its work; 503 while it waits for something."""
        response.status_code = 503 if ready.waiting_for else 200
        return {"is_ready": not ready.waiting_for, "waiting_for": sorted(ready.waiting_for)}

    @app.get("/metrics", tags=["operation"], response_class=PlainTextResponse)
    async def metrics(_admin: Annotated[None, Depends(rest.admin)]) -> PlainTextResponse:
        """Measurements for Prometheus."""
        return PlainTextResponse(
            service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    @app.get("/", include_in_schema=False, response_model=None)
    async def root() -> Response:
        page = ASSETS / "playground.html"
        return FileResponse(page) if page.is_file() else PlainTextResponse(_NO_PAGES, status_code=503)

    @app.get("/manifest.{form}", include_in_schema=False, response_model=None)
    async def manifest(form: Literal["xml", "json"], request: Request) -> Response:
        path = ASSETS / f"manifest.{form}"
        if not path.is_file():
            return PlainTextResponse(_NO_PAGES, status_code=503)
        host = request.headers["host"]  # one of this server's names, the guard saw to that
        return Response(manifest_for(path.read_text(), host), media_type=f"application/{form}")

    if ASSETS.is_dir():
        app.mount("/", StaticFiles(directory=ASSETS))
    return app


def manifest_for(text: str, host: str) -> str:
    """A manifest with `host` (name or address, and port) where it was built with the standard one."""
    name = urlsplit(f"https://{host}").hostname or host
    text = text.replace(_BUILT_ADDRESS, f"https://{host}")
    return text.replace('"validDomains": ["localhost"]', f'"validDomains": ["{name}"]')
