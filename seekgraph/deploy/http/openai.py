"""OpenAI's routes: `/v1/models`, `/v1/chat/completions`, `/v1/responses`, whole and streamed, with citations as annotations.

Shapes as in the API reference of OpenAI (chat completions with `url_citation`, responses with `file_citation`), November 2026.
A conversation is the flow's `history`, where it takes one; else its last question is first made to stand by itself. Settings of
sampling and tools are not the flow's and are ignored.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seekgraph.core.record.step import Piece, Step
from seekgraph.deploy.http.bodies import in_words, json_body
from seekgraph.deploy.http.citing import file_citations, url_citations
from seekgraph.deploy.http.disconnect import while_connected
from seekgraph.deploy.http.events import PAUSE, event, events_of, streamed
from seekgraph.deploy.http.keys import Key
from seekgraph.deploy.http.problems import Problem
from seekgraph.deploy.http.service import Asked, Ran, Service
from seekgraph.types import Turn

MOST_TURNS = 200


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: Literal["text", "input_text", "output_text"]
    text: str


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "".join(part.text for part in self.content)


class _Chat(BaseModel):
    model_config = ConfigDict(extra="ignore")

    model: str
    messages: list[_Message] = Field(min_length=1, max_length=MOST_TURNS)
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    n: int = Field(default=1, ge=1, le=1)
    seed: int | None = Field(default=None, ge=0, lt=2**53)


class _Responses(BaseModel):
    model_config = ConfigDict(extra="ignore")

    model: str
    input: str | list[_Message]
    stream: bool = False


async def models_route(request: Request, service: Service, key: Key | None) -> Response:
    """`GET /v1/models`: the flow as the one model that there is."""
    model = {"id": service.name, "object": "model", "created": 0, "owned_by": "seekgraph"}
    return JSONResponse({"object": "list", "data": [model]})


async def chat_route(request: Request, service: Service, key: Key | None) -> Response:
    """`POST /v1/chat/completions`."""
    content = await json_body(request, service.settings)
    try:
        said = _Chat.model_validate(content)
    except ValidationError as error:
        raise Problem(400, "invalid_body", in_words(error, "body")) from None
    _require_model(service, said.model)
    asked = Asked(_inputs(service, said.messages), key, seed=said.seed or 0)
    made = int(time.time())
    if said.stream:
        counted = bool((said.stream_options or {}).get("include_usage"))
        return streamed(_chat_events(service, asked, made, counted, _base(request)))
    ran = await while_connected(request, service.run(asked))
    _require_done(ran)
    text = _text(ran)
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": url_citations(ran, text, _base(request))}
    choice = {"index": 0, "message": message, "finish_reason": _finish(ran), "logprobs": None}
    whole = {"id": ran.id, "object": "chat.completion", "created": made, "model": service.name, "choices": [choice]}
    return JSONResponse({**whole, "usage": _chat_usage(ran), "seekgraph": _beside(ran)})


async def responses_route(request: Request, service: Service, key: Key | None) -> Response:
    """`POST /v1/responses`."""
    content = await json_body(request, service.settings)
    try:
        said = _Responses.model_validate(content)
    except ValidationError as error:
        raise Problem(400, "invalid_body", in_words(error, "body")) from None
    _require_model(service, said.model)
    messages = [_Message(role="user", content=said.input)] if isinstance(said.input, str) else said.input
    asked, made = Asked(_inputs(service, messages), key), int(time.time())
    if said.stream:
        return streamed(_response_events(service, asked, made))
    ran = await while_connected(request, service.run(asked))
    _require_done(ran)
    return JSONResponse(_response(service, made, f"resp_{ran.id}", ran))


def _require_model(service: Service, name: str) -> None:
    if name not in (service.name, "seekgraph"):
        raise Problem(404, "model_not_found", f"the model here is {service.name!r}, not {name[:100]!r}")


def _failure(ran: Ran) -> Problem | None:
    """What is said of a run that failed."""
    if not (where := ran.result.failure):
        return None
    return Problem(500, "run_failed", f"the run failed at {where} ({ran.id}; the server's log says more)")


def _require_done(ran: Ran) -> None:
    if problem := _failure(ran):
        raise problem


def _inputs(service: Service, messages: list[_Message]) -> dict[str, Any]:
    """The last message of the user as the question, those before it as the conversation."""
    spoken = [each for each in messages if each.role in ("user", "assistant") and each.text.strip()]
    if not spoken or spoken[-1].role != "user":
        raise Problem(400, "invalid_body", "the last message is to be the user's question, as text")
    if "question" not in service.bound.flow.inputs:
        raise Problem(400, "no_question", f"this flow takes {', '.join(service.bound.flow.inputs)}: use /v1/run")
    turns = tuple(Turn(role="user" if each.role == "user" else "assistant", text=each.text) for each in spoken[:-1])
    return {"question": spoken[-1].text, **({"history": turns} if turns else {})}


def _text(ran: Ran) -> str:
    """What is shown: the answer; where nothing was found that answers, what the flow says instead."""
    answer = ran.result.answer
    if answer is None:
        return "\n".join(f"[{passage.id}] {passage.text}" for passage in ran.result.passages[:5])
    return answer.text or ("The documents do not answer this." if answer.refused else "")


def _finish(ran: Ran) -> str:
    return "length" if ran.result.status == "partial" else "stop"


def _chat_usage(ran: Ran) -> dict[str, int]:
    usage = ran.result.trace.usage()
    return {"prompt_tokens": usage.tokens_in, "completion_tokens": usage.tokens_out, "total_tokens": usage.tokens}


def _beside(ran: Ran) -> dict[str, Any]:
    """What OpenAI's form has no place for."""
    answer = ran.result.answer
    refused = answer is not None and answer.refused
    citations = [] if answer is None else list(answer.citations)
    confidence = None if answer is None else answer.confidence
    return {"run": ran.id, "status": ran.result.status, "refused": refused, "confidence": confidence, "citations": citations}


def _base(request: Request) -> str:
    """The address of this server as the client knows it: for links to passages."""
    return str(request.base_url).rstrip("/")


# --- streamed ---------------------------------------------------------------------------------------------------------


class _Text:
    """The text of an answer as it is written: what is new in each piece, and at the end what is still missing.

    A model that begins again, or whose text was changed when it was checked against the passages, cannot take back what was sent:
    the text that counts then follows after a line.
    """

    def __init__(self) -> None:
        self.sent, self._attempt = "", 0

    def piece(self, piece: Piece) -> str:
        again = bool(self._attempt) and piece.attempt != self._attempt
        self._attempt = piece.attempt
        new = ("\n\n" if again else "") + piece.text
        self.sent += new
        return new

    def rest(self, whole: str) -> str:
        if whole.startswith(self.sent):
            rest = whole[len(self.sent) :]
        else:
            rest = f"\n\n---\n\n{whole}"
        self.sent += rest
        return rest


async def _chat_events(service: Service, asked: Asked, made: int, counted: bool, base: str) -> AsyncIterator[bytes]:
    name, text = "chatcmpl-" + secrets.token_hex(12), _Text()

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        body = {"id": name, "object": "chat.completion.chunk", "created": made, "model": service.name, "choices": [choice]}
        return event({**body, **more})

    yield chunk({"role": "assistant", "content": ""})
    async for found in events_of(service, asked):
        if found is None or isinstance(found, Step):
            yield PAUSE if found is None else f": {_comment(found)}\n\n".encode()
        elif isinstance(found, Piece):
            yield chunk({"content": text.piece(found)})
        elif isinstance(found, Problem):
            yield event(found.body())
        else:
            if problem := _failure(found):
                yield event(problem.body())
                break
            if rest := text.rest(_text(found)):
                yield chunk({"content": rest})
            yield chunk({"annotations": url_citations(found, text.sent, base)})
            yield chunk({}, _finish(found), seekgraph=_beside(found))
            if counted:
                body = {"id": name, "object": "chat.completion.chunk", "created": made, "model": service.name, "choices": []}
                yield event({**body, "usage": _chat_usage(found)})
    yield event("[DONE]")


def _comment(step: Step) -> str:
    return f"{step.id} {step.seconds:.3f} s".encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")


def _response(service: Service, made: int, name: str, ran: Ran | None, text: str | None = None) -> dict[str, Any]:
    """A response, which is in progress as long as there is no run."""
    output: list[dict[str, Any]] = []
    usage = None
    if ran is not None:
        said = _text(ran) if text is None else text
        part = {"type": "output_text", "text": said, "annotations": file_citations(ran, said), "logprobs": []}
        output = [{"id": f"msg_{ran.id}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}]
        spent = ran.result.trace.usage()
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        counts = {"input_tokens": spent.tokens_in, "output_tokens": spent.tokens_out, "total_tokens": spent.tokens}
        usage = {**counts, **details}
    partial = ran is not None and ran.result.status == "partial"
    status = "in_progress" if ran is None else "incomplete" if partial else "completed"
    fixed = {"parallel_tool_calls": False, "tool_choice": "none", "tools": [], "instructions": None, "metadata": {}}
    whole = {"id": name, "object": "response", "created_at": made, "status": status, "model": service.name, "output": output}
    ended = {"error": None, "incomplete_details": {"reason": "max_output_tokens"} if partial else None, "usage": usage}
    return {**whole, **ended, **fixed, **({"seekgraph": _beside(ran)} if ran is not None else {})}


async def _response_events(service: Service, asked: Asked, made: int) -> AsyncIterator[bytes]:
    name, text, number = "resp_" + secrets.token_hex(12), _Text(), -1

    def told(kind: str, **facts: Any) -> bytes:
        nonlocal number
        number += 1
        return event({"type": kind, "sequence_number": number, **facts}, kind)

    def error_facts(problem: Problem) -> dict[str, Any]:
        return {"code": problem.code, "param": None, "message": problem.message}

    item = f"msg_{name}"
    place: dict[str, Any] = {"item_id": item, "output_index": 0, "content_index": 0}
    message = {"id": item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    yield told("response.created", response=_response(service, made, name, None))
    yield told("response.in_progress", response=_response(service, made, name, None))
    yield told("response.output_item.added", output_index=0, item=message)
    yield told("response.content_part.added", **place, part={"type": "output_text", "text": "", "annotations": []})
    async for found in events_of(service, asked):
        if found is None or isinstance(found, Step):
            yield PAUSE if found is None else f": {_comment(found)}\n\n".encode()
        elif isinstance(found, Piece):
            yield told("response.output_text.delta", **place, delta=text.piece(found), logprobs=[])
        elif isinstance(found, Problem):
            yield told("error", **error_facts(found))
        elif problem := _failure(found):
            yield told("error", **error_facts(problem))
        else:
            if rest := text.rest(_text(found)):
                yield told("response.output_text.delta", **place, delta=rest, logprobs=[])
            done = _response(service, made, name, found, text.sent)
            done["output"][0]["id"] = item
            part = done["output"][0]["content"][0]
            for at, annotation in enumerate(part["annotations"]):
                yield told("response.output_text.annotation.added", **place, annotation_index=at, annotation=annotation)
            yield told("response.output_text.done", **place, text=text.sent, logprobs=[])
            yield told("response.content_part.done", **place, part=part)
            yield told("response.output_item.done", output_index=0, item=done["output"][0])
            yield told("response.incomplete" if done["status"] == "incomplete" else "response.completed", response=done)
