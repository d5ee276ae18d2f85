"""From a model's name to a model."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.lms.client import BackedLM
from seekgraph.lms.extras import MissingExtra
from seekgraph.lms.host_table import ALIASES, known_hosts
from seekgraph.lms.hosts import HostEntry
from seekgraph.lms.options import parsed_name
from seekgraph.lms.profiles import profile_of, with_rules

FORMS = (
    "openai/gpt-4.1-mini",
    "anthropic/claude-haiku-4-5",
    "ollama/llama3.2",
    "local/smollm2-135m",
    "local/owner/repository/file.gguf",
    "litellm/watsonx/ibm/granite-3-8b-instruct",
    "http://127.0.0.1:8080/v1#model",
    "https://models.example.org/v1#model,key=MY_KEY,effort=low",
)

_FIRST = re.compile(r"([A-Za-z0-9._-]*)(?:[/:](.*))?", re.DOTALL)


class ModelName(SeekgraphError, ValueError):
    """A name that no model has."""


def resolve(name: str, *, rules: str | Iterable[str] | None = None, **options: Any) -> BackedLM:
    """The model of a name; `options` are those of its kind (see `lms.hosted` and `lms.local`).

    `rules` are the roles that are left to rules, where the model's profile (`lms.profiles`) is not to say so: "none" for none;
    behind a name it is ",rules=none" or ",rules=plan+refine".

    "HOST/MODEL" or "HOST:MODEL" for a host of the table (`lms.host_table`: openai, anthropic, gemini, ollama, ...) or one that
    was registered; "local/MODEL" (or "local" alone for the default); "litellm/PROVIDER/MODEL" for what only litellm knows; or
    the address of a server that speaks as OpenAI does with the model's name after "#". Behind the name options can follow, each
    after a comma: ",key=" and the name of the environment variable that holds the server's key, ",effort=low",
    ",temperature=0.7", ",header.NAME=", ",body.NAME=", ",query.NAME=" (see `lms.options`). What is given by `options` goes
    before these. Nothing is loaded or sent yet.

    Raises `ModelName` for another form, with the names that are like it, `ModelOption` for an option that there is not,
    `MissingExtra` naming the extra to install, `ModelMissing` naming the command that fetches the weights, and `Rejected` for a
    host whose address is in no variable. A missing key is an error of the first call, and names the variable to set.
    """
    plain, written = parsed_name(name)
    rules = written.pop("rules", None) if rules is None else rules
    lm = _resolved(plain, {**written, **options})
    return replace(lm, profile=with_rules(profile_of(lm.name), rules))


def _resolved(plain: str, options: dict[str, Any]) -> BackedLM:
    if plain.startswith(("http://", "https://")):
        _require("aiohttp", "lm", "a hosted model")
        from seekgraph.lms.hosted import openai_compatible

        url, _, model = plain.partition("#")
        if not model:
            raise ModelName("an address needs the model's name after '#', as in http://127.0.0.1:8080/v1#model")
        return openai_compatible(url, model, **options)
    host, model = parts_of(plain)
    if host == "local":
        _require("xllamacpp", "local", "a local model")
        from seekgraph.lms.local import local_model

        return local_model(model, **options) if model else local_model(**options)
    if host == "litellm" and "/" in model:
        _require("litellm", "litellm", "a model through litellm")
        _require("aiohttp", "lm", "a hosted model")
        from seekgraph.lms.through_litellm import through_litellm

        return through_litellm(model, **options)
    entry = known_hosts().get(host)
    if entry is None or not model:
        raise ModelName(_unknown(plain, known_hosts()))
    _require("aiohttp", "lm", "a hosted model")
    from seekgraph.lms.hosted import of_host

    return of_host(entry, model, **options)


def parts_of(name: str) -> tuple[str, str]:
    """The host and the model of "HOST/MODEL" or "HOST:MODEL"; a name of ours for a host that has several."""
    found = _FIRST.fullmatch(name)
    host = found[1].lower() if found else ""
    return ALIASES.get(host, host), (found[2] or "") if found else ""


def _unknown(name: str, hosts: dict[str, HostEntry]) -> str:
    """Why no model has this name, what is like it, and how to add a host."""
    host, model = parts_of(name)
    if host in hosts:
        close = [f"{host}/{hosts[host].example}"]
    elif model:
        close = [f"{each}/{model}" for each in get_close_matches(host, [*hosts, *ALIASES, "local"], n=2, cutoff=0.6)]
    else:
        from seekgraph.lms.prices import sellers

        close = [f"{entry.name}/{name}" for entry in hosts.values() if entry.prices in sellers(name)][:2]
    guess = f"did you mean {' or '.join(close)}? " if close else ""
    return (
        f"no model is named {name!r}: {guess}a name is one of the form {', '.join(FORMS)}; hosts are {', '.join(hosts)}, "
        f"and those of [tool.seekgraph.hosts.NAME] in pyproject.toml (url, key) or of lms.register_host"
    )


def _require(package: str, extra: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingExtra(what, extra, package)
