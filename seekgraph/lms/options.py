"""What a model's user adds to its requests: reasoning effort, headers, fields of the body, parameters of the address; by name
in Python, or behind the model's name:

    openai/gpt-5,effort=low
    https://models.example.org/v1#owner/model,key=MY_KEY,header.X-Team=search,body.top_k=20,query.api-version=2024-10-21
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seekgraph.core.language.lm import Rejected, Settings
from seekgraph.lms.errors import ModelOption

_SPLIT = re.compile(r",(?=[a-z_]+(?:\.[^=,]+)?=)")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_SECRET = re.compile(r"auth|key|token|secret|cookie", re.IGNORECASE)
_OURS_HEADERS = frozenset({"content-length", "content-type", "host", "transfer-encoding", "connection", "accept-encoding"})
_OURS_BODY = frozenset({"model", "messages", "stream", "stream_options"})
_NUMBERS: dict[str, type] = {
    "timeout": float, "longest_wait": float, "retries": int, "reasks": int, "context": int, "slots": int, "threads": int,
}  # fmt: skip
_TEXTS = frozenset({"key", "effort", "mode", "version", "rules"})
_SAMPLING = ("temperature", "top_p", "max_tokens", "seed")
_TABLES = {"header": "headers", "body": "body", "query": "query"}


@dataclass(frozen=True, eq=False)
class Extras:
    """Additions to every request.

    `effort`: how much a model is to reason ("low", "medium", "high", or what it knows). `headers`: a value "$NAME" is the
    environment variable NAME, looked up when a request is sent and taken out of every message. `body`: fields of the body, which
    go before Seekgraph's own. `query`: parameters of the address.
    """

    effort: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(name) or not isinstance(value, str) or not value.isprintable():
                raise ModelOption(f"header {name!r}: a header has a name of letters, digits and hyphens, and one line of text")
            if name.lower() in _OURS_HEADERS:
                raise ModelOption(f"header {name!r} is set by Seekgraph")
        if taken := _OURS_BODY & set(self.body):
            raise ModelOption(f"body: {', '.join(sorted(taken))} is what Seekgraph sends")
        try:
            json.dumps(dict(self.body))
        except (TypeError, ValueError):
            raise ModelOption("body: what is added to a request has to be JSON") from None

    @property
    def identity(self) -> list[Any]:
        """What of it the replies depend on: no header that may be a secret."""
        open_headers = {
            name.lower(): value
            for name, value in sorted(self.headers.items())
            if not _SECRET.search(name) and not _VARIABLE.fullmatch(value)
        }
        return [self.effort, open_headers, dict(sorted(self.body.items())), dict(sorted(self.query.items()))]

    def found_headers(self, model: str) -> tuple[dict[str, str], list[str]]:
        """The headers to send, and which of their values are secrets. Raises `Rejected` naming a variable that is not set."""
        found, secrets = {}, []
        for name, value in self.headers.items():
            if variable := _VARIABLE.fullmatch(value):
                value = os.environ.get(variable[1], "").strip()
                if not value:
                    raise Rejected(f"{model}: header {name} needs the environment variable {variable[1]}", code="unauthorised")
            if variable or _SECRET.search(name):
                secrets.append(value)
            found[name] = value
        return found, secrets


def parsed_name(text: str) -> tuple[str, dict[str, Any]]:
    """A model's name without its options, and the options by name; those of sampling under `sampling`. Raises `ModelOption`."""
    name, *parts = _SPLIT.split(text)
    found: dict[str, Any] = {}
    for part in parts:
        option, _, value = part.partition("=")
        kind, _, field_name = option.partition(".")
        if kind in _TABLES and field_name:
            _put(found.setdefault(_TABLES[kind], {}), field_name, value, nested=kind == "body")
        elif option in _TEXTS:
            found[option] = value
        elif option in _NUMBERS:
            try:
                found[option] = _NUMBERS[option](value)
            except ValueError:
                raise ModelOption(f"{name}: {option} is a number, not {value!r}") from None
        elif option in _SAMPLING:
            found.setdefault("sampling", {})[option] = value
        else:
            known = [*sorted(_TEXTS), *_NUMBERS, *_SAMPLING, "header.NAME", "body.NAME", "query.NAME"]
            raise ModelOption(f"{name} has no option {option!r}: after a comma there is {', '.join(known)}, each with =VALUE")
    return name, found


def sampled(settings: Settings | None, sampling: Mapping[str, str]) -> Settings:
    """Settings with what stands behind a model's name. Raises `ModelOption`."""
    try:
        return Settings.model_validate({**(settings or Settings()).model_dump(), **sampling})
    except ValueError as error:
        raise ModelOption(f"{', '.join(f'{name}={value}' for name, value in sampling.items())}: {error}") from None


def _put(into: dict[str, Any], name: str, value: str, nested: bool) -> None:
    if not nested:
        into[name] = value
        return
    *outer, last = name.split(".")
    for each in outer:
        into = into.setdefault(each, {})
    try:
        into[last] = json.loads(value)
    except ValueError:
        into[last] = value
