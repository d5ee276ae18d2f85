"""From a model's text to a typed value: whole and valid, closed where it was cut off, or plain text put into a field."""

from __future__ import annotations

import json
import re
import types
import typing
from typing import Any, TypeVar, get_args, get_origin
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

T = TypeVar("T", bound=BaseModel)

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d{1,3}[.)])\s+")
_schemas: WeakKeyDictionary[type[BaseModel], dict[str, Any]] = WeakKeyDictionary()
_fields: WeakKeyDictionary[type[BaseModel], str] = WeakKeyDictionary()


def schema_of(output: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of an output type, made once. Do not change it."""
    if output not in _schemas:
        _schemas[output] = output.model_json_schema()
    return _schemas[output]


def whole(text: str, output: type[T]) -> T:
    """The value that `text` is as JSON, a code fence around it allowed. Raises `ValidationError`."""
    fenced = _FENCE.match(text) if "```" in text else None
    return output.model_validate_json(fenced.group(1) if fenced else text)


def closed(text: str, output: type[T]) -> T | None:
    """The value of JSON that was cut off, with what is open closed; None where that is not a valid value either."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        return output.model_validate(from_json(text[start:], allow_partial="trailing-strings"))
    except ValueError:
        return None


def text_field(output: type[BaseModel]) -> str:
    """The field that plain text goes into: the first required text, else the first text, else the first collection of texts.

    "" where the type has none, or where a required field would stay empty.
    """
    if output not in _fields:
        _fields[output] = _text_field(output)
    return _fields[output]


def filled(text: str, output: type[T]) -> T | None:
    """The value with plain text in its `text_field`, everything else at its default; None where that is not possible.

    A collection of texts takes one item a line, without bullets or numbers. Text that is meant to be JSON is none.
    """
    name, text = text_field(output), text.strip()
    if not name or not text or _meant_as_json(text):
        return None
    collection = not _is_text(output.model_fields[name].annotation)
    given: Any = [_BULLET.sub("", line).strip() for line in text.splitlines() if line.strip()] if collection else text
    try:
        return output.model_validate({output.model_fields[name].alias or name: given})
    except ValidationError:
        return None


def problems(error: ValidationError, most: int = 5) -> str:
    """What is wrong, in a form that a model can act on: one line an error, without addresses of documentation."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(str(part) for part in each['loc']) or 'output'}: {each['msg']}" for each in found[:most]]
    return "\n".join([*lines, f"and {len(found) - most} more"] if len(found) > most else lines)


def _text_field(output: type[BaseModel]) -> str:
    fields = output.model_fields
    texts = [name for name, info in fields.items() if _is_text(info.annotation)]
    required = [name for name, info in fields.items() if info.is_required()]
    collections = [name for name, info in fields.items() if _is_texts(info.annotation)]
    for candidates in ([name for name in texts if name in required], texts, collections):
        if candidates and set(required) <= {candidates[0]}:
            return candidates[0]
    return ""


def _is_text(annotation: Any) -> bool:
    return _plain(annotation) is str


def _is_texts(annotation: Any) -> bool:
    plain = _plain(annotation)
    items = get_args(plain)
    return get_origin(plain) in (list, tuple, set, frozenset) and bool(items) and _plain(items[0]) is str


def _plain(annotation: Any) -> Any:
    """The type without what is annotated to it and without None."""
    if get_origin(annotation) is typing.Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [each for each in get_args(annotation) if each is not type(None)]
        return _plain(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _meant_as_json(text: str) -> bool:
    if not text.startswith(("{", "[", "```")):
        return False
    try:
        json.loads(text)
    except RecursionError:  # nested deeper than anything that is asked for
        return True
    except ValueError:
        return text.startswith(('{"', "{\n", "[{", "[\n", "```")) or text in ("{", "[")
    return True


__all__ = ["closed", "filled", "problems", "schema_of", "text_field", "whole"]
