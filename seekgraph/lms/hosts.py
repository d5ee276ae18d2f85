"""A host of models: where it is, which variable holds its key, and how it differs from OpenAI. What is known of the usual ones
stands in `host_table`; a user adds to it, for a program with `register_host`, for the command line in pyproject.toml:

    [tool.seekgraph.hosts.mine]
    url = "https://models.example.org/v1"
    key = "MY_KEY"
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from seekgraph.core.language.lm import Rejected
from seekgraph.lms.errors import ModelOption
from seekgraph.lms.keys import Variables

MODES = ("tools", "json_schema", "json_object", "words")
LANGUAGES = ("openai", "anthropic")

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_PLACE = re.compile(r"\{([A-Z0-9_|]+)\}")
_TEXTS = ("url", "language", "mode", "limit", "key_header", "about", "prices", "example")


class Address(NamedTuple):
    """Where a host's requests go: its address up to "/chat/completions" or "/messages", and parameters behind that."""

    url: str
    query: Mapping[str, str] = {}


@dataclass(frozen=True)
class HostEntry:
    """One host, as `NAME/MODEL` and `NAME:MODEL` name it. Only `name` and `url` are needed.

    `url` may have the names of environment variables in it, "{AWS_REGION|AWS_DEFAULT_REGION}" for the first that is set.
    """

    name: str
    url: str
    keys: tuple[str, ...] = ()
    """Environment variables that may hold the key; the first that is set counts. None is sent where there are none."""
    key_needed: bool = True
    """Whether it answers nobody without a key."""
    key_header: str = "authorization"
    """"authorization", for "Bearer KEY", or a header that holds the key alone."""
    url_variables: Mapping[str, str] = field(default_factory=dict)
    """Variables that hold another address, as the vendor's own programs read them, each with what is to follow that address;
    NAME_BASE_URL is always one, with nothing to follow."""
    address: Callable[[HostEntry, str], Address] | None = None
    """For a host whose address depends on the model; else it is `url`, or what a variable says."""
    language: str = "openai"
    """What it speaks: "openai" (chat completions) or "anthropic" (messages)."""
    mode: str = "json_schema"
    """The form in which a type is asked for first; see `hosted.openai_compatible`."""
    limit: str = "max_tokens"
    """What it calls the limit of a reply first: "max_tokens" or "max_completion_tokens"."""
    refuses: tuple[str, ...] = ()
    """Parameters and forms that it is known to refuse, and so are never sent; what it refuses besides is found out."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Parameters that it has under another name: {"seed": "random_seed"}."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that it wants another value for: {"logprobs": 1}."""
    headers: Mapping[str, str] = field(default_factory=dict)
    paid: bool = True
    """Whether calls cost money; servers of one's own do not."""
    prices: str = ""
    """The host's name in `genai-prices`; "" where nobody keeps its prices."""
    example: str = "MODEL"
    """A model's name, for help and messages."""
    about: str = ""
    """One line for a person."""

    def __post_init__(self) -> None:
        where = f"host {self.name!r}"
        if not _NAME.fullmatch(self.name) or self.name in ("local", "litellm", "http", "https"):
            raise ModelOption(f"{where}: a host is named in small letters and digits, and not local, litellm or http")
        if self.language not in LANGUAGES or self.mode not in MODES or self.limit not in ("max_tokens", "max_completion_tokens"):
            raise ModelOption(
                f"{where}: language is one of {LANGUAGES}, mode one of {MODES}, limit max_tokens or max_completion_tokens"
            )
        if not _PLACE.sub("x", self.url).startswith(("http://", "https://")):
            raise ModelOption(f"{where}: url is http(s)://host[:port]/path, not {self.url!r}")

    @property
    def key(self) -> Variables | None:
        """Where its key is looked up when a request is sent."""
        return Variables(self.keys, self.key_needed) if self.keys else None

    @property
    def key_is_set(self) -> bool | None:
        """Whether a variable for its key is set; None where it needs none."""
        return any(os.environ.get(each, "").strip() for each in self.keys) if self.keys and self.key_needed else None

    def where(self, model: str) -> Address:
        """Where requests for a model go. Raises `Rejected` naming a variable that has to be set."""
        return self.address(self, model) if self.address else Address(self.base_url())

    def base_url(self) -> str:
        """The address by the environment, or by the table."""
        own = f"{re.sub('[^A-Z0-9]', '_', self.name.upper())}_BASE_URL"
        for variable, after in ({own: ""} | dict(self.url_variables)).items():
            if found := os.environ.get(variable, "").strip().rstrip("/"):
                return found if not after or found.endswith(after) else found + after
        return filled(self.url, self.name)


def filled(template: str, host: str) -> str:
    """An address with what the environment says in it. Raises `Rejected` naming the variables, one of which has to be set."""

    def value(match: re.Match[str]) -> str:
        names = match[1].split("|")
        found = next((text for name in names if (text := os.environ.get(name, "").strip().strip("/"))), "")
        if not found:
            raise Rejected(f"{host} needs to know where it is: set the environment variable {' or '.join(names)}")
        return found

    return _PLACE.sub(value, template)


def entry_of(name: str, table: Mapping[str, Any]) -> HostEntry:
    """A host from plain data, as it stands in a configuration file: the fields of `HostEntry`, with `key` for one variable.

    Raises `ModelOption` naming what is not known or of another type.
    """
    where = f"host {name!r}"
    found = dict(table)
    if "key" in found:
        found["keys"] = [found.pop("key")]
    known = {each.name for each in fields(HostEntry)} - {"name", "address"}
    if unknown := sorted(set(found) - known):
        raise ModelOption(f"{where} has no option {', '.join(unknown)}: there is key, {', '.join(sorted(known))}")
    for option, value in found.items():
        if option in ("keys", "refuses"):
            value = [value] if isinstance(value, str) else value
            right = isinstance(value, list) and all(isinstance(each, str) for each in value)
            found[option] = tuple(value) if right else ()
        elif option in _TEXTS:
            right = isinstance(value, str)
        else:
            right = isinstance(value, bool if option in ("paid", "key_needed") else dict)
        if not right:
            raise ModelOption(f"{where}: {option} cannot be {value!r}")
    if "url" not in found:
        raise ModelOption(f"{where}: it needs a url, such as https://models.example.org/v1")
    for variable in found.get("keys", ()):
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", variable):
            raise ModelOption(f"{where}: key is the name of an environment variable, such as MY_KEY, and not the key itself")
    return HostEntry(name, **found)
