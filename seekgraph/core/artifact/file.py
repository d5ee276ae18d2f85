"""The artifact's file: JSON that is written whole, one entry a line, and read strictly."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Never

from pydantic import JsonValue
from pydantic_core import PydanticSerializationError, to_jsonable_python

from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.base.reading import MOST_LEVELS, levels

MAX_BYTES = 32 * 2**20
"""Larger files are refused unread: params are small."""


def write(content: Mapping[str, Any], target: Path, sections: Sequence[str]) -> Path:
    """Write `content` to `target`, every entry of its `sections` on a line of its own; the file appears when it is whole."""
    data = render(content, sections).encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape
    if len(data) > MAX_BYTES:
        raise ArtifactError(
            f"{target}: the artifact would take {len(data):,} bytes, the limit is {MAX_BYTES:,}: fitted params are to be small"
        )
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    except OSError as error:
        raise ArtifactError(f"{target}: cannot be written: {error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return target


def render(content: Mapping[str, Any], sections: Sequence[str]) -> str:
    """`content` as JSON text whose form depends on nothing but `content`."""
    lines = []
    for name, value in content.items():
        if name == "structure":
            lines.append(f"  {_dump(name)}: {_block(value, '  ', deep='sites')}")
        else:
            lines.append(f"  {_dump(name)}: {_block(value, '  ') if name in sections else _dump(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(source: Path) -> JsonValue:
    """The content of a JSON file. Raises `ArtifactError` for one that is not there, too large, or not strict JSON."""
    try:
        with source.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArtifactError(f"{source}: cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise ArtifactError(f"{source}: larger than {MAX_BYTES:,} bytes, which no artifact is")
    if levels(data) > MOST_LEVELS:
        raise ArtifactError(f"{source}: nested too deeply for an artifact")
    try:
        text = data.decode("utf-8")
        content: JsonValue = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ArtifactError(f"{source}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise ArtifactError(f"{source}, line {line}, column {column}: not UTF-8 text") from None
    except RecursionError:
        raise ArtifactError(f"{source}: nested too deeply for an artifact") from None
    except ValueError as error:
        raise ArtifactError(f"{source}: not an artifact's JSON: {error}") from None
    return content


def exact(value: Any, what: str) -> JsonValue:
    """`value`, which has to be JSON already. Raises `ArtifactError` where it is not, and for numbers that are not finite."""
    try:
        plain: JsonValue = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{what} has no JSON form ({error}): a value is plain data, and its numbers are finite") from None
    return plain


def lenient(value: Mapping[str, Any], what: str, *, ordered: bool = False) -> dict[str, JsonValue]:
    """`value` as plain data: models taken apart, keys sorted, numbers that are not finite as null (`ordered`: kept, as text)."""
    try:
        plain = to_jsonable_python(dict(value))
    except (PydanticSerializationError, ValueError) as error:
        raise ArtifactError(f"{what} has no JSON form: {error}") from None
    result: dict[str, JsonValue] = _tidy(plain, ordered)
    return result


def _tidy(value: Any, ordered: bool) -> Any:
    if isinstance(value, dict):
        items = value.items() if ordered else sorted(value.items())
        return {key: _tidy(item, ordered) for key, item in items}
    if isinstance(value, list):
        return [_tidy(item, ordered) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value) if ordered else None
    return value


def _block(value: Any, indent: str, deep: str = "") -> str:
    """A mapping with one entry a line; the entry `deep` likewise."""
    if not isinstance(value, dict) or not value:
        return _dump(value)
    inside = indent + "  "
    lines = [f"{inside}{_dump(key)}: {_block(item, inside) if key == deep else _dump(item)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + indent + "}"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """An object; raises `ValueError` for a key that comes twice, of which only one would be believed."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} comes twice in one object")
    return found


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")
