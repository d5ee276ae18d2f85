"""The memo: equal steps run once, across candidates, processes and restarts.

A step's identity is a `StepKey`. The memo keeps what the step wrote in two tiers: the objects themselves in memory (values are
frozen, so they are shared), and, where a path is given, JSON in one SQLite file.

    with Memo("steps.db") as memo:
        found, why = memo.get(key, Found)      # (None, "params changed")
        memo.put(key, writes, usage={"calls": 1}, seconds=0.8)
"""

from __future__ import annotations

import json
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from seekgraph.core.base import forks
from seekgraph.core.base.reading import number, usage_in
from seekgraph.core.language.node import Writes
from seekgraph.core.memo.key import Found, StepKey, changes
from seekgraph.core.memo.store import Count, Row, Store, unseal
from seekgraph.core.memo.writer import Waiting, Writer, decode, explained, now

_NEAR_KEPT: Final = 8
"""How many steps of a node with the same inputs are remembered, to say why another one is not equal."""


class NodeStats(BaseModel):
    """What is held of one node. `hits` are those of the entries held: ever, for a file; of this process, in memory."""

    model_config = ConfigDict(frozen=True)

    entries: int = 0
    bytes: int = 0
    hits: int = 0


class MemoStats(BaseModel):
    """What a memo holds. Without a path `entries` are those in memory, and `bytes` is 0.

    `bytes` is what the size limit counts: stored values, and the room of their keys. `hits`, `misses` and `unstored` are of this
    process; `unstored` counts values that stay in memory because they have no faithful JSON form or are larger than the limit.
    """

    model_config = ConfigDict(frozen=True)

    path: str | None
    entries: int
    bytes: int
    in_memory: int
    hits: int
    misses: int
    unstored: int
    nodes: dict[str, NodeStats]


class _Held:
    """An entry in memory, with its last use (seconds since the epoch)."""

    __slots__ = ("found", "hits", "identity", "key", "used")

    def __init__(self, key: StepKey, identity: bytes, found: Found, used: float) -> None:
        self.key, self.identity, self.found, self.used, self.hits = key, identity, found, used, 0


class Memo:
    """Steps by key. Thread-safe; shared by processes through its file; a copy that is pickled opens the same file.

    `path` is the SQLite file (None: memory only), `max_bytes` the size at which the least recently used steps leave it, and
    `memory_items` how many values stay in memory. A file that is damaged, locked, full or read-only never raises:
    see `memo.store`. What waits is written within half a second, on `flush`, on `close` and when the interpreter ends.
    """

    def __init__(self, path: str | Path | None = None, *, max_bytes: int = 2_000_000_000, memory_items: int = 20_000) -> None:
        self.path = None if path is None else Path(path).expanduser().absolute()
        self.max_bytes = max_bytes
        self.memory_items = memory_items
        self._lock = threading.Lock()
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._near: dict[tuple[str, str], list[StepKey]] = {}
        self._nodes: set[str] = set()
        self._hits = self._misses = 0
        self._writer: Writer | None = None
        if self.path is not None:
            self._writer = Writer(Store(self.path, max_bytes))
            weakref.finalize(self, self._writer.close)
        forks.watch(self)

    def get(self, key: StepKey, model: type[Writes]) -> tuple[Found | None, str]:
        """What an equal step wrote, as `model`, and "hit"; or None and why not.

        The reason says in what the nearest earlier step of the node with the same inputs differs: "params changed", "code
        changed", "resource changed", "seed differs" (several are joined by " and "). Or it is "new inputs", "first visit of this
        node", "evicted" (an equal step was held once), or "not readable: ..." for a stored step that does not fit `model`.
        """
        with self._lock:
            held = self._held.get(key.key)
            if held is not None and (type(held.found.value) is model or isinstance(held.found.value, model)):
                self._held.move_to_end(key.key)
                held.used = used = now()
                held.hits += 1
                self._hits += 1
                if self._writer is not None:
                    self._writer.touch(held.identity, used)
                return held.found, "hit"
        found, why = self._from_disk(key, model)
        if found is None:
            with self._lock:
                self._misses += 1
            if held is not None and not why:
                why = f"not readable: the value in memory is of another {model.__name__}, from before its module was loaded again"
            return None, why or self._why(key)
        identity, used = bytes.fromhex(key.key), now()
        with self._lock:
            self._hits += 1
            self._hold(_Held(key, identity, found, used))
        if self._writer is not None:
            self._writer.touch(identity, used)
        return found, "hit"

    def put(self, key: StepKey, value: Writes, usage: Mapping[str, float], seconds: float) -> None:
        """Keep what a step wrote, what it used and the `seconds` it took."""
        found, identity, used = Found(value, dict(usage), seconds), bytes.fromhex(key.key), now()
        with self._lock:
            self._hold(_Held(key, identity, found, used))
            self._nodes.add(key.node)
            near = self._near.setdefault((key.node, key.inputs), [])
            if key not in near:
                near.append(key)
                del near[:-_NEAR_KEPT]
            if len(self._near) > max(self.memory_items, 1000):
                del self._near[next(iter(self._near))]
        if self._writer is not None:
            fields = (key.node, key.inputs, key.params, key.code, key.resources, key.seed)
            self._writer.put(Waiting(Row(identity, *fields, "", seconds, used, b""), value, found.usage))

    def stats(self) -> MemoStats:
        """What is held now, by node, and how often this process hit and missed."""
        with self._lock:
            counts = [Count(held.key.node, 1, 0, held.hits) for held in self._held.values()]
        if self._writer is not None:
            self._writer.flush()
            counts = self._writer.store.counts()
        nodes: dict[str, NodeStats] = {}
        for count in counts:
            so_far = nodes.get(count.node, NodeStats())
            nodes[count.node] = NodeStats(
                entries=so_far.entries + count.entries, bytes=so_far.bytes + count.bytes, hits=so_far.hits + count.hits
            )
        return MemoStats(
            path=None if self.path is None else str(self.path),
            entries=sum(each.entries for each in nodes.values()),
            bytes=sum(each.bytes for each in nodes.values()),
            in_memory=len(self._held),
            hits=self._hits,
            misses=self._misses,
            unstored=0 if self._writer is None else self._writer.unstored,
            nodes=nodes,
        )

    def clear(self, node: str | None = None, older_than: float | None = None) -> int:
        """Forget the steps of `node` (None: of all nodes) that nothing has used for `older_than` seconds (None: all).

        Gives the number of steps forgotten. Other processes may keep what they hold in memory.
        """
        before = None if older_than is None else now() - older_than
        gone: set[bytes] = set()
        if self._writer is not None:
            self._writer.flush()
            gone = self._writer.store.clear(node, before)
        with self._lock:
            for name, held in list(self._held.items()):
                matches = (node is None or held.key.node == node) and (before is None or held.used < before)
                if matches or held.identity in gone:
                    gone.add(held.identity)
                    del self._held[name]
            for place, keys in list(self._near.items()):
                self._near[place] = [key for key in keys if bytes.fromhex(key.key) not in gone]
                if not self._near[place]:
                    del self._near[place]
            self._nodes = {known for known, _ in self._near}
        return len(gone)

    def flush(self) -> None:
        """Write what waits: other processes see it when this comes back."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what waits and let go of the file. Using the memo again opens it again."""
        if self._writer is not None:
            self._writer.close()

    def hold(self) -> None:
        """Before a fork: see `forks`."""
        self._lock.acquire()
        if self._writer is not None:
            self._writer.hold()

    def release(self, *, child: bool) -> None:
        """After a fork. What waits is the parent's to write."""
        if self._writer is not None:
            self._writer.release(child=child)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        self.flush()
        return _reopened, (self.path, self.max_bytes, self.memory_items)

    def __repr__(self) -> str:
        return f"Memo({str(self.path)!r})" if self.path else "Memo()"

    def _hold(self, held: _Held) -> None:
        self._held[held.key.key] = held
        self._held.move_to_end(held.key.key)
        while len(self._held) > self.memory_items:
            self._held.popitem(last=False)

    def _from_disk(self, key: StepKey, model: type[Writes]) -> tuple[Found | None, str]:
        if self._writer is None:
            return None, ""
        identity = bytes.fromhex(key.key)
        waiting = self._writer.get(identity)
        if waiting is not None and isinstance(waiting.value, model):
            return Found(waiting.value, waiting.usage, waiting.row.seconds), ""
        stored = self._writer.store.read(identity)
        if stored is None:
            return None, ""
        try:
            data = unseal(identity, stored)
            usage, seconds = usage_in(json.loads(stored.usage)), number(stored.seconds, "seconds")
            return Found(decode(data, model), usage, seconds), ""
        except Exception as error:  # whatever a row or a user's validator does: it costs one run of the step
            self._writer.drop(identity)
            return None, f"not readable: {explained(error)}"

    def _why(self, key: StepKey) -> str:
        with self._lock:
            near = [each.variant for each in reversed(self._near.get((key.node, key.inputs), ()))]
            known = key.node in self._nodes
        nearest = changes(key.variant, near)
        if self._writer is not None and (nearest is None or len(nearest) > 1):  # one change: no other step is nearer
            nearest = changes(key.variant, [*near, *self._writer.store.near(key.node, key.inputs)])
            known = known or nearest is not None or self._writer.store.knows(key.node)
        if nearest is None:
            return "new inputs" if known else "first visit of this node"
        return " and ".join(nearest) or "evicted"


def _reopened(path: Path | None, max_bytes: int, memory_items: int) -> Memo:
    return Memo(path, max_bytes=max_bytes, memory_items=memory_items)


__all__ = ["Found", "Memo", "MemoStats", "NodeStats", "StepKey"]
