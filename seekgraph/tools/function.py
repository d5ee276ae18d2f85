"""Any Python function as a retriever: a search API, a database, a company's own index."""

from __future__ import annotations

import inspect
import math
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any, TypeAlias

from pydantic import ValidationError

from seekgraph.core.base.waiting import in_thread
from seekgraph.text.analysis import Analyzer
from seekgraph.tools.constraints import Constraints
from seekgraph.tools.errors import ToolOutputError
from seekgraph.types import Passage, Query

Found: TypeAlias = Passage | Mapping[str, Any] | str
SearchFunction: TypeAlias = Callable[[str, int], Iterable[Found] | AsyncIterable[Found] | Awaitable[Iterable[Found]]]

_MOST = 10_000  # items read from a function: a generator without end must not hang a run


class FunctionRetriever:
    """What `from_function` makes."""

    def __init__(self, fn: SearchFunction, name: str, identity: str | None) -> None:
        self.fn = fn
        self.name = name
        self.identity = identity
        self._label = f"the function {getattr(fn, '__qualname__', repr(fn))!r} behind {name!r}"

    async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
        """At most `k` passages, best first: in the function's order where it gives no scores, else by score.

        Of passages with one id the first is kept. The function sees `query.text`; `must`, `must_not` and `filters` are applied
        to what it returns, `weights` are not used. Raises `ToolOutputError` for output that no passage can be made from, and
        whatever the function raises.
        """
        if k < 1:
            return ()
        passages: dict[str, Passage] = {}
        for place, item in enumerate(await self._call(query.text, k), start=1):
            passage = self._passage(item, place)
            passages.setdefault(passage.id, passage)
        constraints = Constraints(query, Analyzer()) if query.must or query.must_not or query.filters else None
        found = [passage for passage in passages.values() if constraints is None or constraints.hold(passage)]
        if any(passage.score for passage in found):
            found.sort(key=lambda passage: -passage.score)
            scores = [passage.score for passage in found]
        else:
            scores = [1 / rank for rank in range(1, len(found) + 1)]
        ranked = zip(found[:k], scores, strict=False)
        return tuple(passage.model_copy(update={"score": score, "source": self.name}) for passage, score in ranked)

    async def _call(self, text: str, k: int) -> list[Any]:
        if inspect.iscoroutinefunction(self.fn) or inspect.isasyncgenfunction(self.fn):
            output: Any = self.fn(text, k)
        else:
            output = await in_thread(self._in_thread, text, k)
        if inspect.isawaitable(output):
            output = await output
        if isinstance(output, AsyncIterable):
            items = []
            async for item in output:
                items.append(item)
                if len(items) >= _MOST:
                    break
            return items
        return self._listed(output)

    def _in_thread(self, text: str, k: int) -> Any:
        # A generator does its work when it is read: it is read here, where it blocks nobody.
        output = self.fn(text, k)
        return output if inspect.isawaitable(output) or isinstance(output, AsyncIterable) else self._listed(output)

    def _listed(self, output: Any) -> list[Any]:
        if not isinstance(output, Iterable) or isinstance(output, (str, bytes, Mapping, Passage)):
            raise ToolOutputError(
                f"{self._label} returned {_shown(output)}: expected an iterable of Passage, dict with 'text', or str; "
                "return [] when nothing is found"
            )
        return list(islice(output, _MOST))

    def _passage(self, item: Any, place: int) -> Passage:
        if isinstance(item, str):
            item = {"text": item}
        if isinstance(item, Mapping):
            item = self._from_mapping(dict(item), place)
        if not isinstance(item, Passage):
            raise ToolOutputError(
                f"{self._label} gave {_shown(item)} as item {place}: expected Passage, dict with 'text', or str"
            )
        if not math.isfinite(item.score):
            raise ToolOutputError(f"{self._label} gave item {place} ({item.id!r}) the score {item.score}: it has to be finite")
        return item

    def _from_mapping(self, fields: dict[str, Any], place: int) -> Passage:
        if "text" not in fields:
            raise ToolOutputError(f"{self._label} gave item {place} without 'text', its keys are {sorted(map(str, fields))}")
        known = {key: fields.pop(key) for key in ("id", "title", "text", "score", "source") if key in fields}
        if "id" not in known:  # the same text is the same passage, in every run
            content = f"{known.get('title', '')}\n{known['text']}"
            known["id"] = f"{self.name}:{blake2b(content.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"
        meta = fields.pop("meta", None) or {}
        try:
            return Passage(**known, meta={**meta, **fields})
        except (ValidationError, TypeError) as error:
            raise ToolOutputError(f"{self._label} gave an item {place} that is no passage: {error}") from None


def from_function(fn: SearchFunction, *, name: str, identity: str | None = None) -> FunctionRetriever:
    """A retriever that calls `fn(query_text, k)`.

    `fn` returns passages best first, as `Passage`, as a dict (`text`, and where it has them `id`, `title`, `score`, `meta`;
    other keys go to `meta`), or as a bare string; it may be a coroutine function or a generator. A plain function runs in a
    thread. Without an `id` a passage gets one from a hash of its title and text.

    `identity` names what the results depend on, such as "wiki-2024-06": with it the memo may use a result again; without one
    the function is called each time.

        web = from_function(lambda text, k: api.search(text, limit=k), name="web")
    """
    if not callable(fn):
        raise ToolOutputError(f"from_function needs something to call as fn(query_text, k), got {_shown(fn)}")
    return FunctionRetriever(fn, name, identity)


def _shown(value: object) -> str:
    shown = repr(value)
    return f"{type(value).__name__} {shown if len(shown) <= 60 else shown[:57] + '...'}"
