"""The ASGI application of a flow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from seekgraph.core.base.logs import logger
from seekgraph.deploy.http import openai, rest
from seekgraph.deploy.http.keys import Key, Keys
from seekgraph.deploy.http.metrics import CONTENT_TYPE, Metrics
from seekgraph.deploy.http.problems import Problem
from seekgraph.deploy.http.schema import openapi
from seekgraph.deploy.http.service import Service
from seekgraph.deploy.http.settings import Settings
from seekgraph.deploy.http.state import State
from seekgraph.flow import Bound

Handler = Callable[[Request, Service, Key | None], Awaitable[Response]]
SAFE = {"X-Content-Type-Options": "nosniff"}


def app(bound: Bound, settings: Settings | None = None, *, reload: Callable[[], Bound | None] | None = None) -> Starlette:
    """The application that serves a bound flow, for any ASGI server.

        uvicorn.run(sg.deploy.app(flow.bind(corpus=...)), host="127.0.0.1", port=8600)

    `reload` is called once a second in a thread; where it gives a flow, requests from then on run that one. Raises what reading
    the keys and opening the state raise.
    """
    limits = settings or Settings()
    keys, state = Keys(limits.keys), State(limits.state, limits.keep)
    service = Service(bound, limits, state, Metrics())

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        watching = None if reload is None else asyncio.create_task(_watch(service, reload))
        try:
            yield
        finally:
            service.ready = False
            if watching is not None:
                watching.cancel()
            state.close()
            if service.telemetry is not None:
                await asyncio.to_thread(service.telemetry.close)
            if service.bound.memo is not None:
                service.bound.memo.flush()

    def route(path: str, method: str, handler: Handler, *, free: bool = False) -> Route:
        async def served(request: Request) -> Response:
            response = await _served(request, service, keys, handler, free)
            service.metrics.requests.labels(path, str(response.status_code)).inc()
            response.headers.update(SAFE)
            return response

        return Route(path, served, methods=[method])

    routes = [
        route("/v1/run", "POST", rest.run_route),
        route("/v1/passages/{id:path}", "GET", rest.passage_route),
        route("/feedback", "POST", rest.feedback_route),
        route("/v1/models", "GET", openai.models_route),
        route("/v1/chat/completions", "POST", openai.chat_route),
        route("/v1/responses", "POST", openai.responses_route),
        route("/openapi.json", "GET", _openapi_route),
        route("/metrics", "GET", _metrics_route),
        route("/healthz", "GET", _health_route, free=True),
        route("/readyz", "GET", _ready_route, free=True),
    ]
    shared = [Middleware(CORSMiddleware, allow_origins=list(limits.origins), allow_headers=["*"], allow_methods=["*"])]
    made = Starlette(routes=routes, lifespan=living, middleware=shared if limits.origins else [])
    made.state.service = service
    return made


async def _served(request: Request, service: Service, keys: Keys, handler: Handler, free: bool) -> Response:
    """The response of a handler; what it raises is a response, too."""
    try:
        key = None if free or keys.open else _key(request, keys)
        return await handler(request, service, key)
    except Problem as problem:
        return problem.response()
    except Exception as error:
        logger("seekgraph.serve").error("request_failed", route=request.url.path, error=f"{type(error).__name__}: {error}")
        return Problem(500, "internal", "the server failed on this request; its log says why").response()


def _key(request: Request, keys: Keys) -> Key:
    """Who asks. The key comes in a header alone: addresses end up in logs."""
    said = request.headers.get("authorization", "")
    secret = said[7:].strip() if said[:7].lower() == "bearer " else request.headers.get("x-api-key", "")
    found = keys.of(secret) if secret else None
    if found is None:
        hint = "give it as `Authorization: Bearer KEY`" if not secret else "it is not one of this server's"
        raise Problem(401, "invalid_api_key", f"a key is needed here: {hint}", {"WWW-Authenticate": "Bearer"})
    return found


async def _watch(service: Service, reload: Callable[[], Bound | None]) -> None:
    """Put another flow in place where there is one. What cannot be loaded is logged, and the flow that is served stays."""
    while True:
        await asyncio.sleep(1)
        try:
            found = await asyncio.to_thread(reload)
        except Exception as error:
            logger("seekgraph.serve").error("not_reloaded", error=str(error))
            continue
        if found is not None:
            service.use(found)
            logger("seekgraph.serve").info("reloaded", fingerprint=found.flow.fingerprint[:12])


async def _openapi_route(request: Request, service: Service, key: Key | None) -> Response:
    return JSONResponse(openapi(service))


async def _metrics_route(request: Request, service: Service, key: Key | None) -> Response:
    return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


async def _health_route(request: Request, service: Service, key: Key | None) -> Response:
    return PlainTextResponse("ok")


async def _ready_route(request: Request, service: Service, key: Key | None) -> Response:
    return PlainTextResponse("ok" if service.ready else "stopping", 200 if service.ready else 503)
