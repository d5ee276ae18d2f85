"""What a report is about: the part of a compile that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from seekgraph.optimizers.front import Candidate
from seekgraph.optimizers.judged import Judging, Verdict
from seekgraph.optimizers.outcome import Outcome


class Subject(Outcome, Protocol):
    """See `Compiled`, which is one."""

    @property
    def flow(self) -> Any: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def candidates(self) -> tuple[Candidate, ...]: ...
    @property
    def front(self) -> tuple[Candidate, ...]: ...
    @property
    def spent(self) -> Mapping[str, float]: ...
    @property
    def seed(self) -> int: ...
    @property
    def judging(self) -> Judging: ...
    @property
    def trials(self) -> tuple[Mapping[str, Any], ...]: ...
    @property
    def values(self) -> dict[str, Any]: ...
