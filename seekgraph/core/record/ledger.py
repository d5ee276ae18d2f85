"""The ledger: the state of a run, as typed channels with merge rules.

A node reads channels and returns writes; it never changes a value. A channel's merge rule says what a second write does:

- `REPLACE`: the new value takes the place of the old one;
- `APPEND`: the new items follow the old ones;
- `UNION`: items are told apart by their `id`; a new item takes the place of the one with its id, others follow.

A node's writes declare the rule where they declare the type: `passages: Annotated[tuple[Passage, ...], Merge.UNION]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from seekgraph.core.base.errors import ChannelMissing
from seekgraph.types import Digest, Evidence, Passage, Ranking


class Merge(Enum):
    """What a second write to a channel does."""

    REPLACE = "replace"
    APPEND = "append"
    UNION = "union"


Passages = Annotated[tuple[Passage, ...], Merge.UNION]
"""All that was found so far, by id: the pool that rankers choose from."""

Rankings = Annotated[tuple[Ranking, ...], Merge.APPEND]
"""Every ranked list that a retriever has returned, in order: what fusion and learned ranking read."""

EvidenceList = Annotated[tuple[Evidence, ...], Merge.UNION]
"""The evidence read from passages so far."""

Digests = Annotated[tuple[Digest, ...], Merge.APPEND]
"""What the calls of a flow came back with, in order."""


@dataclass(frozen=True)
class ChannelSpec:
    """A channel as a node's writes declare it. `type` is the value's type without the merge rule."""

    name: str
    type: Any
    merge: Merge = Merge.REPLACE


class Entry:
    """A channel's value and the ids of the steps that wrote it."""

    __slots__ = ("sources", "value")

    def __init__(self, value: Any, sources: tuple[str, ...]) -> None:
        self.value = value
        self.sources = sources


class Ledger:
    """Channel values by name. Writing changes this ledger in place; `fork` gives a parallel branch one of its own.

    Values themselves are never changed, so forks share them.
    """

    __slots__ = ("entries",)

    def __init__(self, entries: dict[str, Entry] | None = None) -> None:
        self.entries = {} if entries is None else entries

    def fork(self) -> Ledger:
        """A ledger that starts with what this one holds."""
        return Ledger(dict(self.entries))

    def read(self, channel: str) -> Any:
        """The channel's value; raises `ChannelMissing` when nothing has written it."""
        try:
            return self.entries[channel].value
        except KeyError:
            raise ChannelMissing(channel, "an expression") from None

    def write(self, channel: str, merge: Merge, value: Any, step: str) -> None:
        """Merge `value`, written by `step`, into `channel`."""
        old = self.entries.get(channel)
        if old is None or merge is Merge.REPLACE:
            self.entries[channel] = Entry(merged((), value, merge), (step,))
        else:
            self.entries[channel] = Entry(merged(old.value, value, merge), (*old.sources, step))

    def ensure(self, channel: str) -> None:
        """Make a collection channel exist, empty if nothing has written it."""
        if channel not in self.entries:
            self.entries[channel] = Entry((), ())

    def snapshot(self) -> dict[str, Any]:
        """The values by channel."""
        return {name: entry.value for name, entry in self.entries.items()}


def merged(old: Sequence[Any], new: Any, merge: Merge) -> Any:
    """The value of a channel that held `old` after `new` was written: pure, and the same wherever a trace is folded again."""
    if merge is Merge.REPLACE:
        return new
    if merge is Merge.APPEND:
        return (*old, *new)
    items = {item.id: item for item in old}
    items.update((item.id, item) for item in new)
    return tuple(items.values())
