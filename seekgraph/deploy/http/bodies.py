"""Reading the bodies of requests: bounded in size, time and depth."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.reading import json_in
from seekgraph.deploy.http.problems import Problem
from seekgraph.deploy.http.settings import Settings


class Limits(BaseModel):
    """A budget as a request gives it."""

    model_config = ConfigDict(extra="forbid")

    calls: int | None = Field(default=None, ge=0)
    searches: int | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0)
    usd: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    def budget(self) -> Budget:
        """The budget."""
        return Budget(**self.model_dump())


class Options(BaseModel):
    """How a run is asked for, beside the flow's inputs: under `options` of a request."""

    model_config = ConfigDict(extra="forbid")

    seed: int = Field(default=0, ge=0, lt=2**53)
    stream: bool = False
    steps: bool = False
    budget: Limits = Field(default_factory=Limits)


async def json_body(request: Request, settings: Settings) -> dict[str, Any]:
    """The JSON object of a request. Raises `Problem` for one that is too large, too slow, or no JSON object."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > settings.body_bytes:
        raise _too_large(settings)
    found = bytearray()
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for chunk in request.stream():
                found += chunk
                if len(found) > settings.body_bytes:
                    raise _too_large(settings)
    except TimeoutError:
        raise Problem(408, "slow_request", f"the body did not come within {settings.body_seconds:g} s") from None
    except ClientDisconnect:
        raise Problem(499, "gone", "the client went away") from None
    content = json_in(bytes(found), "the body", _NotJson)
    if not isinstance(content, dict):
        raise Problem(400, "invalid_body", "the body is to be a JSON object")
    return content


def options_in(content: dict[str, Any]) -> Options:
    """Take the options out of a body. Raises `Problem` naming what is wrong."""
    try:
        return Options.model_validate(content.pop("options", None) or {})
    except ValidationError as error:
        raise Problem(422, "invalid_options", in_words(error, "options")) from None


def in_words(error: ValidationError, where: str) -> str:
    """What is wrong with a body, by field."""
    return "; ".join(f"{'.'.join([where, *map(str, each['loc'])])}: {each['msg']}" for each in error.errors()[:5])


class _NotJson(Problem, ValueError):
    def __init__(self, message: str) -> None:
        super().__init__(400, "invalid_json", message)


def _too_large(settings: Settings) -> Problem:
    return Problem(413, "too_large", f"a body has at most {settings.body_bytes:,} bytes here")
