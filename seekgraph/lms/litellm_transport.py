"""Requests through litellm, for hosts that the table has not. Only the sending is litellm's: types, caps, retries, what a host
refuses, and keys are dealt with as for any host.

litellm takes several seconds to import, so that is done by the first request, in a thread. It is kept from what it does by
itself: looking up prices and settings on the network, reading `.env`, retrying, and printing.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
from collections.abc import AsyncGenerator, Mapping
from functools import cache
from typing import Any

from seekgraph.lms.complaints import LONGEST, Complaint
from seekgraph.lms.extras import MissingExtra
from seekgraph.lms.failures import Refused, Transient, failure
from seekgraph.lms.keys import SECRET, without_key

KEPT_HERE = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_MODE": "PRODUCTION",
}
"""Variables that keep litellm from the network and from `.env`; set before it is imported, unless the user has set them."""

_OURS = frozenset({"content-type", "accept-encoding", "authorization", "api-key"})
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL")
_QUOTED = re.compile(r"'([a-z][a-z_]{2,40})'")


@cache
def litellm() -> Any:
    """litellm, imported. Raises `MissingExtra`."""
    need_it()
    for name, value in KEPT_HERE.items():
        os.environ.setdefault(name, value)
    found: Any = importlib.import_module("litellm")
    found.suppress_debug_info = True  # it prints beside its errors otherwise
    return found


def need_it() -> None:
    """Raise `MissingExtra` where litellm is not installed; it is not imported."""
    if importlib.util.find_spec("litellm") is None:
        raise MissingExtra("a model through litellm", "litellm", "litellm")


class LiteLLMTransport:
    """What `Transport` does, through litellm. `model` is litellm's name for the model, `base_url` another address for it."""

    def __init__(self, model: str, timeout: float, base_url: str | None = None) -> None:
        need_it()
        self.model = model
        self.timeout = timeout
        self.base_url = base_url

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The host's answer as OpenAI would give it. Raises `Transient` or `Refused`."""
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._sent(body, headers)
                return _plain(answer)
        except Exception as error:  # what litellm and the vendors' packages raise is of many kinds
            raise self._failed(error) from None

    async def stream(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[dict[str, Any]]:
        """The events of a stream as OpenAI would send them. Raises `Transient` or `Refused`."""
        try:
            async with asyncio.timeout(self.timeout):
                async for event in await self._sent(body, headers):
                    yield _plain(event)
        except GeneratorExit:
            raise
        except Exception as error:  # as above
            raise self._failed(error) from None

    async def aclose(self) -> None:
        """Nothing: litellm keeps its connections for itself."""

    async def _sent(self, body: bytes, headers: Mapping[str, str]) -> Any:
        library = await asyncio.to_thread(litellm)
        asked = json.loads(body)
        asked |= {"model": self.model, "num_retries": 0, "max_retries": 0, "timeout": self.timeout}
        if key := headers.get("authorization", "").removeprefix("Bearer "):
            asked["api_key"] = key
        elif self.base_url:
            asked["api_key"] = "none"  # else it would send the vendor's own key to this address
        if self.base_url:
            asked["api_base"] = self.base_url
        if more := {name: value for name, value in headers.items() if name.lower() not in _OURS}:
            asked["extra_headers"] = more
        return await library.acompletion(**asked)

    def _failed(self, error: Exception) -> Exception:
        """An error in our own words, without any key that the environment has."""
        if isinstance(error, Transient | Refused):
            return error
        kind, status = type(error).__name__, getattr(error, "status_code", None)
        if isinstance(error, TimeoutError) or "Timeout" in kind:
            return Transient(f"no answer within {self.timeout:g} s", code="timeout")
        text = _without_secrets(str(getattr(error, "message", None) or error))
        if "ConnectionError" in kind:
            return Transient(f"the connection failed ({text[:LONGEST]})", code="connection")
        about = Complaint(text[:LONGEST], text, tuple(dict.fromkeys(_QUOTED.findall(text))), ())
        if not isinstance(status, int):
            return Refused(400, about) if isinstance(error, ValueError | TypeError) else Transient(f"{kind}: {about.message}")
        response = getattr(error, "response", None)
        return failure(status, {**(getattr(response, "headers", None) or {})}, about)


def _plain(answer: Any) -> dict[str, Any]:
    """What litellm gives, as plain data."""
    found = answer.model_dump(exclude_none=True) if hasattr(answer, "model_dump") else answer
    if not isinstance(found, dict):
        raise Transient("the answer is no object")
    return found


def _without_secrets(text: str) -> str:
    for name, value in os.environ.items():
        if len(value) >= SECRET and _SECRET.search(name):
            text = without_key(text, value)
    return text
