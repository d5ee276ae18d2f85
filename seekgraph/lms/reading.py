"""From a model's text to a typed value: whole and valid, closed where it was cut off, or plain text put into a field."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Iterator
from typing import Any, TypeVar, get_args, get_origin
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from seekgraph.text.replies import has_reasoning, is_marked, looks_like_json, taken_apart, without_reasoning

T = TypeVar("T", bound=BaseModel)

_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d{1,3}[.)])\s+")
_COLLECTIONS: dict[str, Any] = {"list_type": [], "tuple_type": [], "set_type": [], "frozen_set_type": [], "dict_type": {}}
_schemas: WeakKeyDictionary[type[BaseModel], dict[str, Any]] = WeakKeyDictionary()
_fields: WeakKeyDictionary[type[BaseModel], str] = WeakKeyDictionary()


class DoesNotFit(ValueError):
    """A reply is no value of the type. The message says what is wrong with it, in words that a model can act on."""


def schema_of(output: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of an output type, made once. Do not change it."""
    if output not in _schemas:
        _schemas[output] = output.model_json_schema()
    return _schemas[output]


def value_in(text: str, output: type[T], *, cut: bool = False) -> T:
    """The value of the one JSON object in a reply, whatever stands around it. Raises `DoesNotFit`.

    Reasoning is dropped; of several objects the last that fits is taken. What is nearly right is read as it is meant: trailing
    commas, single quotes, null for an empty list, one text for a list of one, a number for a text. An object that has none of the
    fields is no value, also where every field has a default. With `cut` (at a token limit) an object that is not closed is none.
    """
    failed: ValidationError | None = None
    try:
        value = output.model_validate_json(text)
    except ValidationError as error:
        failed = error
    else:
        if _has_fields(value) and not _needs_cleaning(text):
            return value
    objects = taken_apart(text, cut=cut).objects
    problem = _problem(failed, text, output) if not objects else ""
    for candidate in _candidates(objects):
        try:
            return _fitting(_cleaned(candidate, output), output)
        except DoesNotFit as error:
            problem = problem or str(error)
    raise DoesNotFit(problem)


def closed(text: str, output: type[T]) -> T | None:
    """The value of JSON that was cut off, with what is open closed; None where that is not a valid value either."""
    text = without_reasoning(text)
    start = text.find("{")
    if start < 0:
        return None
    try:
        value = output.model_validate(from_json(text[start:], allow_partial="trailing-strings"))
    except ValueError:
        return None
    return value if _has_fields(value) else None


def text_field(output: type[BaseModel]) -> str:
    """The field that plain text goes into: the first required text, else the first text, else the first collection of texts.

    "" where the type has none, or where a required field would stay empty.
    """
    if output not in _fields:
        _fields[output] = _text_field(output)
    return _fields[output]


def filled(text: str, output: type[T]) -> T | None:
    """The value with plain text in its `text_field`, everything else at its default; None where that is not possible.

    A collection of texts takes one item a line, without bullets or numbers. Reasoning is dropped, and text that is meant to be
    JSON, or has JSON in it, is none.
    """
    name = text_field(output)
    if not name or looks_like_json(text := without_reasoning(text)):
        return None
    text = taken_apart(text).prose
    if not text or has_reasoning(text):
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


def _has_fields(value: BaseModel) -> bool:
    """Whether any of the type's fields was in what the value was made of."""
    fields = type(value).__pydantic_fields__  # model_fields looks at more than is needed, at each call
    return not fields or not value.model_fields_set.isdisjoint(fields)


def _needs_cleaning(text: str) -> bool:
    """Whether reasoning, or JSON written as a text, may stand in a field."""
    return '"{' in text or (("<" in text or "[" in text or "\u25c1" in text) and has_reasoning(text))


def _problem(failed: ValidationError | None, text: str, output: type[BaseModel]) -> str:
    if not text.strip():
        return "the reply was empty"
    if failed is None:
        return _no_field(output)
    if has_reasoning(text):
        return "there was reasoning in the reply and no JSON object after it"
    return problems(failed)


def _no_field(output: type[BaseModel]) -> str:
    names = [info.alias or name for name, info in output.model_fields.items()]
    return f"the object has none of the fields {', '.join(names)}"


def _candidates(objects: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """The objects from the last to the first, then what stands in their fields: {"name": "Answer", "arguments": {...}}."""
    yield from reversed(objects)
    for each in reversed(objects):
        for value in each.values():
            if isinstance(value, dict):
                yield value


def _cleaned(found: Any, output: type[BaseModel]) -> Any:
    """What was found without reasoning in its texts, and unpacked where one of its texts is the object itself as JSON."""
    if isinstance(found, dict):
        for value in found.values():
            if isinstance(value, str) and value.lstrip().startswith("{"):
                inner = taken_apart(value).objects
                if inner and any(name in inner[-1] for name in output.model_fields):
                    return _cleaned(inner[-1], output)
        return {name: _cleaned(value, output) for name, value in found.items()}
    if isinstance(found, list):
        return [_cleaned(value, output) for value in found]
    if not isinstance(found, str) or not is_marked(found):
        return found
    if not (rest := without_reasoning(found)):
        raise DoesNotFit("a field has nothing but reasoning in it")
    return rest


def _fitting(found: Any, output: type[T]) -> T:
    """The value of an object, with what is nearly right put right. Raises `DoesNotFit`."""
    for _ in range(4):
        try:
            value = output.model_validate_json(to_json(found))
        except ValidationError as error:
            if not _put_right(found, error):
                raise DoesNotFit(problems(error)) from None
        except ValueError as error:  # half of a surrogate pair, a number without an end
            raise DoesNotFit(str(error)) from None
        else:
            if not _has_fields(value):
                raise DoesNotFit(_no_field(output))
            return value
    raise DoesNotFit("the object does not fit the fields")


def _put_right(found: Any, error: ValidationError) -> bool:
    """Change what was meant well where it stands: null for an empty collection or a default, a text for a list of one."""
    changed = False
    for each in error.errors(include_url=False, include_context=False):
        kind, value, *place = each["type"], each["input"], *each["loc"]
        if not place or (holder := _at(found, place[:-1])) is None:
            continue
        name = place[-1]
        if kind in _COLLECTIONS and value is None:
            holder[name] = type(_COLLECTIONS[kind])()
        elif kind in _COLLECTIONS and kind != "dict_type" and isinstance(value, str):
            holder[name] = [value] if value.strip() else []
        elif kind == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
            holder[name] = json.dumps(value)
        elif value is None and isinstance(holder, dict):
            del holder[name]  # its default holds; a required field is then missing, and asked for
        else:
            continue
        changed = True
    return changed


def _at(found: Any, place: list[Any]) -> Any:
    """What stands at a place and can be changed, or None: a place may name what is only in the type."""
    for part in place:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return None
    return found if isinstance(found, dict | list) else None


__all__ = ["DoesNotFit", "closed", "filled", "problems", "schema_of", "text_field", "value_in"]
