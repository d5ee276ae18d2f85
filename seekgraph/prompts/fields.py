"""Telling a model what to reply: the fields of a pydantic model in a few words, and what a reply looks like."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from seekgraph.prompts.parsing import PromptError

_PLACES: dict[Any, Any] = {str: "...", bool: False, int: 0, float: 0.0}
_WORDS: dict[Any, str] = {str: "text", bool: "true or false", int: "whole number", float: "number"}
_DEEPEST = 4


def described(output: type[BaseModel], writes: Mapping[str, str], source: str = "") -> str:
    """What to reply, as a skeleton and one line for each field: its name, its kind, its description.

    A field's description is its entry in `writes` (`goals.id` for a field of the items of `goals`), else the model's own.
    Raises `PromptError` for an entry that describes no field.
    """
    lines = list(_lines(output, writes, ""))
    names = {name for name, _ in lines}
    if unknown := sorted(set(writes) - names):
        raise PromptError(
            f"{source or 'the prompt'}: {unknown} under 'writes:' are no fields of {output.__name__}: it has {sorted(names)}"
        )
    head = f"Reply with one JSON object: {json.dumps(skeleton(output), ensure_ascii=False)}"
    return "\n".join([head, *(text for _, text in lines)])


def skeleton(output: type[BaseModel]) -> Any:
    """A reply with dots in the place of what has to be filled in."""
    return _place(output, _DEEPEST)


def _lines(output: type[BaseModel], writes: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    for name, info in output.model_fields.items():
        path = f"{prefix}{name}"
        words = writes.get(path, info.description or "")
        yield path, f"- {path} ({_kind(info.annotation)}){f': {words}' if words else ''}"
        inner = _model_in(info.annotation)
        if inner is not None and path.count(".") < _DEEPEST:
            yield from _lines(inner, writes, f"{path}.")


def _kind(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(json.dumps(each, ensure_ascii=False) for each in inside)
    if origin in (Union, types.UnionType):
        rest = [each for each in inside if each is not type(None)]
        return " or ".join(map(_kind, rest)) + (", or null" if len(rest) < len(inside) else "")
    if origin in (tuple, list, set, frozenset):
        of = _kind(inside[0]) if inside else "text"
        return f"list of {of}s" if of in ("text", "number", "whole number", "object") else f"list of {of}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "object"
    return _WORDS.get(annotation, "object")


def _place(annotation: Any, depth: int) -> Any:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return inside[0]
    if origin in (Union, types.UnionType):
        return _place(next((each for each in inside if each is not type(None)), str), depth)
    if origin in (tuple, list, set, frozenset):
        return [_place(inside[0] if inside else str, depth)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: _place(info.annotation, depth - 1) for name, info in annotation.model_fields.items()} if depth else {}
    return _PLACES.get(annotation, "..." if annotation not in (dict, Mapping) else {})


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, alone or in a collection."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)
