"""From a model's name to a model."""

from __future__ import annotations

import importlib.util
from typing import Any

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.lms.client import BackedLM
from seekgraph.lms.extras import MissingExtra
from seekgraph.lms.options import parsed_name

FORMS = (
    "openai/gpt-4.1-mini",
    "anthropic/claude-haiku-4-5",
    "local/smollm2-135m",
    "local/owner/repository/file.gguf",
    "http://127.0.0.1:8080/v1#model",
    "https://models.example.org/v1#model,key=MY_KEY,effort=low",
)


class ModelName(SeekgraphError, ValueError):
    """A name that no model has."""


def resolve(name: str, **options: Any) -> BackedLM:
    """The model of a name; `options` are those of its kind (see `lms.hosted` and `lms.local`).

    "openai/MODEL", "anthropic/MODEL", "local/MODEL" (or "local" alone for the default), or the address of a server that speaks as
    OpenAI does with the model's name after "#". Behind the name options can follow, each after a comma: ",key=" and the name of
    the environment variable that holds the server's key, ",effort=low", ",temperature=0.7", ",header.NAME=", ",body.NAME=",
    ",query.NAME=" (see `lms.options`). What is given by `options` goes before these. Nothing is loaded or sent yet.

    Raises `ModelName` for another form, `ModelOption` for an option that there is not, `MissingExtra` naming the extra to
    install, and `ModelMissing` naming the command that fetches the weights. A missing key is an error of the first call, and
    names the variable to set.
    """
    plain, written = parsed_name(name)
    options = {**written, **options}
    host, _, model = plain.partition("/")
    if plain.startswith(("http://", "https://")):
        _installed("aiohttp", "lm", "a hosted model")
        from seekgraph.lms.hosted import openai_compatible

        url, _, model = plain.partition("#")
        if not model:
            raise ModelName("an address needs the model's name after '#', as in http://127.0.0.1:8080/v1#model")
        return openai_compatible(url, model, **options)
    if host == "local":
        _installed("xllamacpp", "local", "a local model")
        from seekgraph.lms.local import local_model

        return local_model(model, **options) if model else local_model(**options)
    if host in ("openai", "anthropic") and model:
        _installed("aiohttp", "lm", "a hosted model")
        from seekgraph.lms import hosted

        return hosted.openai(model, **options) if host == "openai" else hosted.anthropic(model, **options)
    raise ModelName(f"no model is named {name!r}: a name is one of the form {', '.join(FORMS)}")


def _installed(package: str, extra: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingExtra(what, extra, package)
