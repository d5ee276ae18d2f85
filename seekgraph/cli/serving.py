"""`seekgraph serve`: what it was asked, opened in this process or in each of several workers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.arguments import Reading, Resources, Sources, documents_of, flow_of, running_of
from seekgraph.cli.common import Misuse, find_flow
from seekgraph.cli.output import say

if TYPE_CHECKING:
    from seekgraph.deploy.http.settings import Settings
    from seekgraph.flow import Bound

PLAN = "SEEKGRAPH_SERVE"
"""The variable that tells workers what to serve: the options of the command, as JSON."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Opened:
    """The flow bound to what it takes, with its settings, and what gives another one when the artifact has changed."""

    bound: Bound
    settings: Settings
    reload: Callable[[], Bound | None] | None


def serve_command(plan: Mapping[str, Any], host: str, port: int, workers: int, unguarded: bool) -> None:
    """Serve a flow until it is told to stop."""
    try:
        from seekgraph.deploy.http.keys import Keys
        from seekgraph.deploy.http.server import listening, serve, serve_with_workers
        from seekgraph.deploy.http.state import State
    except ImportError as error:
        from seekgraph.core.base.extras import MissingExtra

        raise MissingExtra("serving a flow", "serve", why=str(error)) from None
    if host not in LOOPBACK and plan["keys"] is None and not unguarded:
        raise Misuse(
            f"--host {host} lets everybody who reaches this machine ask: make a key with `seekgraph keys new NAME` and give "
            "--keys FILE; or say --open where something in front asks for one"
        )
    opened = open_plan(plan)
    Keys(opened.settings.keys)  # a file that is missing or wrong is said before anything is served
    if opened.settings.state is not None:
        state = State(opened.settings.state)
        state.release_all()  # of a server that was killed
        state.close()
    try:
        socket = listening(host, port)
    except OSError as error:
        raise Misuse(f"--port {port}: {error.strerror or error}; give another one, or 0 for any that is free") from None
    address = f"http://{f'[{host}]' if ':' in host else host}:{socket.getsockname()[1]}"
    name = opened.bound.flow.name or "flow"
    say(f"serving {name} at {address}: /v1/run, /v1/chat/completions (model {name!r}), /openapi.json; Ctrl-C stops it")
    if workers == 1:
        serve(_app(opened), opened.settings, [socket])
        return
    os.environ[PLAN] = json.dumps(plan, default=str)
    serve_with_workers("seekgraph.cli.serving:worker", opened.settings, [socket], workers)


def worker() -> Any:
    """The application of one worker, from what its parent was asked."""
    return _app(open_plan(json.loads(os.environ[PLAN])))


def _app(opened: Opened) -> Any:
    from seekgraph.deploy.http import app

    return app(opened.bound, opened.settings, reload=opened.reload)


def open_plan(plan: Mapping[str, Any]) -> Opened:
    """Open what the options of the command name."""
    from seekgraph.deploy.http.settings import Settings

    sources = Sources(*([Path(each) for each in side or ()] for side in plan["sources"]))
    reading = Reading(*plan["reading"])
    reading = reading._replace(cache=None if reading.cache is None else Path(reading.cache))
    documents = documents_of(sources, reading, plan["dense"])
    memo = None if plan["memo"] is None else Path(plan["memo"])
    running = running_of(Resources(*plan["resources"]), memo=memo, budget=plan["budget"], param=plan["param"])
    try:
        settings = Settings(
            budget=running.budget,
            parallel=plan["parallel"],
            queue=plan["queue"],
            seconds=plan["seconds"],
            body_bytes=plan["body_bytes"],
            keys=None if plan["keys"] is None else Path(plan["keys"]),
            state=None if plan["state"] is None else Path(plan["state"]),
            origins=tuple(plan["cors"] or ()),
            otlp=plan["otlp"],
        )
    except ValueError as error:
        raise Misuse(str(error)) from None
    name = flow_of(plan["flow"], "ask")
    bound = running.bind(find_flow(name), documents).with_options(concurrency=max(32, settings.parallel))
    return Opened(bound, settings, _reloading(name, bound) if name.endswith(".json") else None)


def _reloading(name: str, bound: Bound) -> Callable[[], Bound | None]:
    """What gives the flow with the params of the artifact, where the file has changed since it was last asked.

    Resources stay as they are: a file of other params of the same flow is what compiling again writes.
    """
    from seekgraph.flow import load
    from seekgraph.tools.walking import State

    path = Path(name)
    seen = State.at(path)

    def changed() -> Bound | None:
        nonlocal seen
        now = State.at(path)
        if now is None or now == seen:
            return None
        seen = now
        flow = load(path)
        if flow.fingerprint != bound.flow.fingerprint:
            raise Misuse(f"{path} is now of another flow than the one that is served: start the server again")
        return bound.with_params({each: param.value for each, param in flow.params().items()})

    return changed
