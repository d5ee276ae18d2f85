"""Data made small and safe for a page: what stands in it twice is written once, and nothing in it can end the element it is in.

The traces of a diagnosis hold the same passages again and again: each step that hands them on has read and written them. Packed,
every long text, list and mapping that is there more than once stands in a pool.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

LEAST = 40
"""Characters of JSON from which on it pays to point at the pool."""

_RISKY = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
Shape = tuple[Any, ...]


def packed(data: Any) -> dict[str, Any]:
    """`{mark, pool, data}`: `{mark: n}` in `data`, or later in `pool`, stands for the n-th of the pool; no key is `mark`.

    Numbers that JSON has no word for (NaN, infinities) become null.
    """
    return _Packing().of(data)


def script_json(data: Any) -> str:
    """JSON that can stand in a `<script>`: `<`, `>`, `&`, line separators and lone surrogates are escaped inside its strings."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _RISKY.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Packing:
    """Finds equal parts by building each from the numbers of its parts, then writes those with several places once."""

    def __init__(self) -> None:
        self.numbers: dict[Shape, int] = {}
        self.shapes: list[Shape] = []
        self.sizes: list[int] = []
        self.places: list[int] = []
        self.keys: set[str] = set()
        self.pool: list[Any] = []
        self.pooled: dict[int, dict[str, int]] = {}
        self.mark = "$"

    def of(self, data: Any) -> dict[str, Any]:
        whole = self.number(data)
        while self.mark in self.keys:
            self.mark += "$"
        written = self.written(whole)
        return {"mark": self.mark, "pool": self.pool, "data": written}

    def number(self, value: Any) -> int:
        """The number of a value; equal values have the same."""
        if isinstance(value, Mapping):
            self.keys.update(map(str, value))
            return self.known(("mapping", *((str(key), self.number(inner)) for key, inner in value.items())))
        if isinstance(value, list | tuple):
            return self.known(("list", *map(self.number, value)))
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        return self.known((type(value).__name__, value))

    def known(self, shape: Shape) -> int:
        found = self.numbers.get(shape)
        if found is None:
            found = self.numbers[shape] = len(self.shapes)
            self.shapes.append(shape)
            inside = self.inside(shape)
            own = sum(len(key) for key, _ in shape[1:]) if shape[0] == "mapping" else 0
            self.sizes.append(own + sum(self.sizes[part] for part in inside) + (0 if inside else len(str(shape[-1]))))
            self.places.append(0)
            for part in inside:
                self.places[part] += 1
        return found

    def inside(self, shape: Shape) -> list[int]:
        return [part for _, part in shape[1:]] if shape[0] == "mapping" else list(shape[1:]) if shape[0] == "list" else []

    def written(self, number: int) -> Any:
        if number in self.pooled:
            return self.pooled[number]
        shape = self.shapes[number]
        if shape[0] == "mapping":
            made: Any = {key: self.written(part) for key, part in shape[1:]}
        else:
            made = [self.written(part) for part in shape[1:]] if shape[0] == "list" else shape[1]
        if self.places[number] < 2 or self.sizes[number] < LEAST:
            return made
        self.pool.append(made)
        self.pooled[number] = {self.mark: len(self.pool) - 1}
        return self.pooled[number]
