"""How much two questions ask for the same by what they mean: the vectors of an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from seekgraph.rewards.hops import Similarity

_KEPT = 4096  # vectors of texts


class Embedder(Protocol):
    """What is asked of an embedder: unit vectors of texts. `tools.embedder.SentenceEmbedder` is one."""

    def queries(self, texts: Sequence[str]) -> Any:
        """One vector of length 1 for each text."""
        ...


def nearness(embedder: Embedder) -> Similarity:
    """The similarity by meaning: the cosine of two questions' vectors, 0 where it is negative.

    plan_coverage_by(nearness(SentenceEmbedder()))
    """
    return _Nearness(embedder)


@dataclass(frozen=True)
class _Nearness:
    """Texts are embedded one by one, so that what stands beside a text in a batch changes nothing, and kept."""

    embedder: Embedder
    _known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, one: str, other: str) -> float:
        pairs = zip(self._vector(one), self._vector(other), strict=True)
        return min(max(sum(float(a) * float(b) for a, b in pairs), 0.0), 1.0)

    def _vector(self, text: str) -> Any:
        if text not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[text] = vector = self.embedder.queries([text])[0]
            return vector
        return self._known[text]

    def __reduce__(self) -> tuple[Any, ...]:
        return _Nearness, (self.embedder,)
