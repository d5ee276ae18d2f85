"""What makes two steps equal, in what two steps differ, and what an equal step gives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from seekgraph.core.language.node import Writes

_CHANGES: Final = ("params changed", "code changed", "resource changed", "seed differs")


@dataclass(frozen=True, slots=True)
class StepKey:
    """What makes two steps equal. Every field is a hash or a short string.

    `node` is "module:QualName", `code` the hash of its code, `params` of its settings, `inputs` of what it reads, `resources` of
    its resources' identities; `seed` is "" for a node that takes no `Visit`. `key` is one hash (32 hex digits) of them all.
    """

    node: str
    code: str
    params: str
    inputs: str
    resources: str
    seed: str
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        text = "\0".join((self.node, self.code, self.params, self.inputs, self.resources, self.seed))
        object.__setattr__(self, "key", hashlib.blake2b(text.encode(), digest_size=16).hexdigest())

    @property
    def variant(self) -> Variant:
        """The key but for its node and inputs."""
        return Variant(self.params, self.code, self.resources, self.seed)


@dataclass(frozen=True, slots=True)
class Found:
    """A step's writes, and what it used and how many seconds it took when it was run. Shared: do not change `usage`."""

    value: Writes
    usage: dict[str, float]
    seconds: float


class Variant(NamedTuple):
    """In what two steps of one node with the same inputs may differ."""

    params: str
    code: str
    resources: str
    seed: str


def changes(mine: Variant, others: Iterable[Variant]) -> list[str] | None:
    """What differs from the nearest of `others`, the first of those that are equally near. None where there are no others."""
    differences = [[change for change, a, b in zip(_CHANGES, mine, other, strict=True) if a != b] for other in others]
    return min(differences, key=len, default=None)
