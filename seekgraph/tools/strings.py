"""Tables of byte strings in two flat arrays, so that a million of them open from disk without being read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEEP = 65_536  # looks that are remembered: queries come back to the same terms and passages

Arrays = dict[str, NDArray[Any]]


class Strings(Sequence[bytes]):
    """An immutable list of byte strings: `blob` holds them end to end, string `i` is `blob[offsets[i]:offsets[i + 1]]`."""

    __slots__ = ("_found", "blob", "offsets")

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.blob = blob
        self.offsets = offsets
        self._found: dict[bytes, int] = {}

    @classmethod
    def of(cls, items: Sequence[bytes]) -> Strings:
        """The table of `items`, in their order."""
        offsets = np.fromiter(accumulate(map(len, items), initial=0), dtype=np.int64, count=len(items) + 1)
        return cls(np.frombuffer(b"".join(items), dtype=np.uint8), offsets)

    def reordered(self, order: Sequence[int]) -> Strings:
        """The table whose string `i` is string `order[i]` of this one."""
        offsets = np.zeros(len(order) + 1, dtype=np.int64)
        np.cumsum(np.diff(self.offsets)[order], out=offsets[1:])
        blob = np.empty(int(offsets[-1]), dtype=np.uint8)
        for place, start, end in zip(order, offsets.tolist(), offsets[1:].tolist(), strict=False):
            blob[start:end] = self.blob[self.offsets[place] : self.offsets[place + 1]]
        return Strings(blob, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self.blob[self.offsets[index] : self.offsets[index + 1]].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        ends = self.offsets.tolist()
        for start, end in pairwise(ends):
            yield self.blob[start:end].tobytes()

    def find(self, item: bytes) -> int:
        """Where `item` stands, or -1. The table has to be sorted: about 20 looks into a table of a million, the first time."""
        place = self._found.get(item)
        if place is None:
            place = bisect_left(self, item)
            if place == len(self) or self[place] != item:
                place = -1
            if len(self._found) >= _KEEP:
                self._found.clear()
            self._found[item] = place
        return place

    def __reduce__(self) -> tuple[Any, ...]:
        return Strings, (self.blob, self.offsets)

    def arrays(self, name: str) -> Arrays:
        """What to save, by file name."""
        return {f"{name}.blob": self.blob, f"{name}.offsets": self.offsets}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Strings:
        """The table that `arrays` was saved from."""
        return cls(arrays[f"{name}.blob"], arrays[f"{name}.offsets"])
