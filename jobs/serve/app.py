"""The web application: two kinds of answers, a page and its rows as CSV, to questions that are addresses. It only reads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
from deltalake.exceptions import DeltaError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs.errors import HoverlakeError, UsageError
from jobs.io import releases
from jobs.io.store import Store
from jobs.serve.desk import opened
from jobs.serve.facts import PICTURES, gather, rows_of
from jobs.serve.page import render, render_refusal, style, style_path
from jobs.serve.questions import Offer, Question, Refused, asked
from jobs.serve.snapshots import Snapshots

LOG = logging.getLogger("uvicorn.error")
#: Sent with every answer: a page loads its own style and nothing else, is in no frame, and tells nobody its address.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: A newer release may be there with the next request.
NO_STORE = {"Cache-Control": "no-store"}


def application(warehouse: str, hosts: Sequence[str]) -> ASGIApp:
    """The application on `warehouse`, for requests that name one of `hosts`: another name is a foreign page's doing."""
    snapshots = Snapshots(warehouse)

    def page(request: Request) -> Response:
        question = asked(request.query_params.multi_items())
        return HTMLResponse(render(gather(opened(warehouse, snapshots, question), question)), headers=NO_STORE)

    def rows(request: Request) -> Response:
        question = asked(request.query_params.multi_items())
        picture = request.path_params["picture"]
        if picture not in PICTURES:
            raise HTTPException(404)
        desk = opened(warehouse, snapshots, question)
        found = rows_of(desk, question, picture)
        name = f"{found.table.name}_{desk.date}_release-{desk.release.number}.csv"
        told = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(found.csv(desk.connection), media_type="text/csv; header=present", headers=NO_STORE | told)

    def sheet(request: Request) -> Response:
        kept = {"Cache-Control": "max-age=31536000, immutable"}
        return Response(style(), media_type="text/css", headers=kept)

    inner = Starlette(
        routes=[
            Route("/", _answering(warehouse, page), methods=["GET"]),
            Route("/{picture}.csv", _answering(warehouse, rows), methods=["GET"]),
            Route(style_path(), sheet, methods=["GET"]),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _crashed},
    )
    # Outside of all that Starlette does: its answer to a fault passes no middleware.
    return _Headers(inner)


def _answering(warehouse: str, answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """The answer, or the page that says why there is none; errors of the warehouse name places that a page must not."""

    def answered(request: Request) -> Response:
        try:
            return answer(request)
        except Refused as refusal:
            return _refused(refusal)
        except (HoverlakeError, DeltaError, duckdb.IOException, OSError) as error:
            return _refused(_unreadable(warehouse, request, error))

    return answered


def _unreadable(warehouse: str, request: Request, error: Exception) -> Refused:
    """Why the warehouse gave no answer, without its own words."""
    LOG.error("no answer: %s", error)
    newest = Offer("the newest release", Question().query)
    number = request.query_params.get("release", "")
    if isinstance(error, UsageError):
        return Refused(
            403,
            "This part of the warehouse may not be read",
            "The account that runs hoverlake serve needs marts and ops.",
        )
    if number and not _is_newest(warehouse, number):
        return Refused(
            410,
            f"Release {number} is no longer kept",
            "Its record is there, files of its tables are gone.",
            offers=[newest],
        )
    return Refused(
        503,
        "The warehouse cannot be read now",
        "Try again; hoverlake doctor and the terminal of hoverlake serve say more.",
    )


def _is_newest(warehouse: str, number: str) -> bool:
    try:
        return number == str(releases.newest_number(Store(warehouse)))
    except (HoverlakeError, OSError):
        return True


def _refused(refusal: Refused) -> Response:
    return HTMLResponse(render_refusal(refusal), refusal.status, headers=NO_STORE)


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = {
        404: Refused(404, "There is no such page", "There is one page, and the rows of its pictures as CSV."),
        405: Refused(405, "This is only read", "Ask by GET or HEAD."),
    }
    answer = _refused(said.get(status, Refused(status, "This cannot be answered", "The request was not understood.")))
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _crashed(request: Request, error: Exception) -> Response:
    return _refused(Refused(500, "Something went wrong here", "The terminal of hoverlake serve says what."))


class _Headers:
    """Adds HEADERS to every answer, refused ones included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: Any = MutableHeaders(scope=message)
                headers.update(HEADERS)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
