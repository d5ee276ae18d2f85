"""The flow's own route: typed from its inputs, whole or as events, with feedback on what it answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seekgraph.core.record.step import Piece, Step
from seekgraph.deploy.http.bodies import Options, in_words, json_body, options_in
from seekgraph.deploy.http.disconnect import while_connected
from seekgraph.deploy.http.events import PAUSE, event, events_of, streamed
from seekgraph.deploy.http.keys import Key
from seekgraph.deploy.http.problems import Problem
from seekgraph.deploy.http.service import Asked, Ran, Service
from seekgraph.types import StepLabel


class Feedback(BaseModel):
    """What somebody says of an answer: whether it is right, the right answer, right passages, what a step should have written.

    `run` is the id of the run. At least one of the others is given.
    """

    model_config = ConfigDict(extra="forbid")

    run: str = Field(max_length=100)
    right: bool | None = None
    answer: str | None = Field(default=None, max_length=20_000)
    passages: tuple[str, ...] = Field(default=(), max_length=100)
    step: StepLabel | None = None
    note: str = Field(default="", max_length=2_000)


async def run_route(request: Request, service: Service, key: Key | None) -> Response:
    """`POST /v1/run`: the flow's inputs by name; under `options` a seed, a tighter budget, `stream` for events, `steps`."""
    content = await json_body(request, service.settings)
    options = options_in(content)
    if unknown := sorted(set(content) - set(service.bound.flow.inputs)):
        takes = ", ".join(service.bound.flow.inputs)
        raise Problem(422, "invalid_inputs", f"the flow takes {takes} (and options), not {', '.join(unknown)}")
    asked = Asked(content, key, options.budget.budget(), options.seed)
    if options.stream:
        return streamed(_events(service, asked, options))
    ran = await while_connected(request, service.run(asked))
    return JSONResponse(said_of(ran, options), 200 if ran.result.status != "failed" else 500)


def said_of(ran: Ran, options: Options) -> dict[str, Any]:
    """A run as the response has it. What failed is named by step and code; the messages are in the server's log."""
    plain = ran.result.to_json()
    plain["errors"] = [{"step": each["step"], "code": each["code"]} for each in plain["errors"]]
    steps = {"steps": [_step(step) for step in ran.result.trace]} if options.steps else {}
    return {"run": ran.id, **plain, **steps}


async def _events(service: Service, asked: Asked, options: Options) -> AsyncIterator[bytes]:
    async for found in events_of(service, asked):
        if found is None:
            yield PAUSE
        elif isinstance(found, Step):
            yield event(_step(found), "step")
        elif isinstance(found, Piece):
            yield event({"text": found.text, "attempt": found.attempt}, "text")
        elif isinstance(found, Problem):
            yield event(found.body(), "error")
        else:
            yield event(said_of(found, options), "result")


def _step(step: Step) -> dict[str, Any]:
    wrote = {name: len(value) if isinstance(value, tuple | list) else None for name, value in step.writes.items()}
    said = {"step": step.id, "kind": step.kind, "seconds": round(step.seconds, 6), "wrote": wrote}
    error = {"error": step.error.code} if step.error is not None else {}
    decided = {"decision": step.decision} if step.decision is not None else {}
    return {**said, **decided, **error, **({"memo": True} if step.memo == "hit" else {})}


async def feedback_route(request: Request, service: Service, key: Key | None) -> Response:
    """`POST /feedback`: kept in the state file; `seekgraph feedback` makes dev-set rows of it."""
    content = await json_body(request, service.settings)
    try:
        said = Feedback.model_validate(content)
    except ValidationError as error:
        raise Problem(422, "invalid_feedback", in_words(error, "feedback")) from None
    if said.right is None and said.answer is None and not said.passages and said.step is None:
        raise Problem(422, "invalid_feedback", "say whether the answer is right, or give an answer, passages or a step")
    known = service.state.answer(said.run)
    if known is None or (key is not None and known[0] != key.name):
        raise Problem(404, "unknown_run", "there is no such run, or its answer is no longer kept")
    number = service.state.keep_feedback(said.run, "" if key is None else key.name, said.model_dump(mode="json", exclude={"run"}))
    service.metrics.feedback.labels({True: "right", False: "wrong", None: "corrected"}[said.right]).inc()
    return JSONResponse({"feedback": number, "run": said.run}, 201)


async def passage_route(request: Request, service: Service, key: Key | None) -> Response:
    """`GET /v1/passages/ID`: the text of a passage that an answer cites."""
    name = request.path_params["id"]
    passages: Any = getattr(service.bound.resources.get("corpus"), "passages", None)
    get = getattr(passages, "get", None)
    found = get(name) if callable(get) else None
    if found is None:
        raise Problem(404, "unknown_passage", "there is no such passage")
    return JSONResponse(found.model_dump(mode="json", include={"id", "title", "text", "meta"}))
