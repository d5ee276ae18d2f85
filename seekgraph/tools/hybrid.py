"""Several retrievers as one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Literal, Self

from seekgraph.core.language.ports import Retriever
from seekgraph.text.fusion import reciprocal_rank_fusion, weighted_fusion
from seekgraph.types import Passage, Query

Fusion = Literal["rank", "score"]


class Hybrid:
    """Asks its retrievers at the same time and fuses what they find.

    `fuse="rank"` adds reciprocal ranks (`rrf_k`, 60 unless given), `fuse="score"` adds min-max normalised scores. `weights` are
    by name of retriever, 1 unless given. Each retriever is asked for `depth` passages, or for `k` where that is more: fusing
    looks below what it returns. A passage comes as the first retriever that found it gave it, with the fused score.

    `with_settings` changes `rrf_k` and the weights (by name). `identity` is a hash of the members' own and the settings, None if
    a member has none. Raises `ValueError` for no retriever, and for a weight whose name is not a retriever's.
    """

    def __init__(
        self,
        retrievers: Mapping[str, Retriever] | Sequence[Retriever],
        *,
        fuse: Fusion = "rank",
        weights: Mapping[str, float] | None = None,
        rrf_k: float = 60.0,
        depth: int = 100,
        name: str = "hybrid",
    ) -> None:
        members = dict(retrievers) if isinstance(retrievers, Mapping) else _by_name(retrievers)
        if not members:
            raise ValueError("a hybrid needs at least one retriever")
        if fuse not in ("rank", "score"):
            raise ValueError(f"a hybrid fuses by 'rank' or by 'score', not by {fuse!r}")
        if "rrf_k" in members:
            raise ValueError("a retriever of a hybrid cannot be called 'rrf_k': that is the name of a setting")
        if not rrf_k >= 0 or depth < 1:
            raise ValueError(f"a hybrid needs rrf_k >= 0 and depth >= 1, got {rrf_k} and {depth}")
        unknown = sorted(set(weights or {}) - set(members))
        if unknown:
            raise ValueError(f"weights are given for {unknown}, the retrievers are {sorted(members)}")
        self.retrievers: Mapping[str, Retriever] = members
        self.fuse: Fusion = fuse
        self.weights: Mapping[str, float] = {member: float((weights or {}).get(member, 1.0)) for member in members}
        self.rrf_k = rrf_k
        self.depth = depth
        self.name = name

    @property
    def identity(self) -> str | None:
        """Asked of the members each time: theirs may change."""
        members = {member: getattr(retriever, "identity", None) for member, retriever in self.retrievers.items()}
        if None in members.values():
            return None
        facts = ["hybrid/1", list(members.items()), self.fuse, list(self.weights.items()), self.rrf_k, self.depth, self.name]
        return blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()

    async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
        """At most `k` passages, best first, equal scores by id. The first error of a retriever ends the others and is raised."""
        if k < 1:
            return ()
        tasks: dict[str, asyncio.Task[Sequence[Passage]]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                for member, retriever in self.retrievers.items():
                    tasks[member] = group.create_task(_asked(member, retriever, query, max(k, self.depth)))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        rankings = [[(passage.id, passage.score) for passage in task.result()] for task in tasks.values()]
        weights = [self.weights[member] for member in tasks]
        if self.fuse == "rank":
            fused = reciprocal_rank_fusion(rankings, self.rrf_k, weights)
        else:
            fused = weighted_fusion(rankings, weights)
        passages: dict[str, Passage] = {}
        for task in tasks.values():
            for passage in task.result():
                passages.setdefault(passage.id, passage)
        return tuple(passages[id].model_copy(update={"score": score, "source": self.name}) for id, score in fused[:k])

    def with_settings(self, **settings: float) -> Self:
        """The same retrievers with another `rrf_k` or other weights, by name. Raises `ValueError` for an unknown name."""
        rrf_k = settings.pop("rrf_k", self.rrf_k)
        weights = {**self.weights, **settings}
        return type(self)(self.retrievers, fuse=self.fuse, weights=weights, rrf_k=rrf_k, depth=self.depth, name=self.name)


async def _asked(member: str, retriever: Retriever, query: Query, k: int) -> Sequence[Passage]:
    try:
        return await retriever.search(query, k)
    except Exception as error:
        error.add_note(f"raised by the retriever {member!r} of a hybrid")
        raise


def _by_name(retrievers: Sequence[Retriever]) -> dict[str, Retriever]:
    members: dict[str, Retriever] = {}
    for place, retriever in enumerate(retrievers, start=1):
        name = str(getattr(retriever, "name", f"retriever{place}"))
        members[name if name not in members else f"{name}{place}"] = retriever
    return members
