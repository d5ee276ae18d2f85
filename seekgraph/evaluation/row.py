"""The row of one example in a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict


class RowError(BaseModel):
    """Why an example has no values.

    `code` is that of the step that failed ("raised", "timeout", "invalid", "missing", ...), with its id in `step`; or "metric" or
    "reward" where scoring raised; or "raised" or "cancelled" where the run itself did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    message: str
    step: str | None = None


class Row(BaseModel):
    """One example and how it went.

    `status` is "ok"; "partial": a budget ended the run early, and an answer, if any, is made from what there was; "failed": there
    is an `error` and every metric is None; "skipped": it was not started since the budget was spent.
    `metrics` has the metrics whose gold the example has; None where one does not apply to the outcome. `rewards` has for each
    node's path (visit, reward, value) of each visit that a reward applies to; `visits` how often each node ran.
    `usage` is what the results cost when they were made, `paid` the part of it that this run paid for itself, without hits of the
    memo; `seconds` the time that the run took itself, and `waited` what it stood still besides, while other examples had all
    turns (a flow is bound with a `concurrency`). `latency` is what a run takes that remembers nothing: `seconds`, with the time
    of each hit of the memo put back (where steps ran side by side, what they take one after another). `passages` are the ids of
    those handed on, best first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    status: Literal["ok", "partial", "failed", "skipped"] = "ok"
    metrics: dict[str, float | None] = {}
    rewards: dict[str, tuple[tuple[int, str, float], ...]] = {}
    visits: dict[str, int] = {}
    usage: dict[str, float] = {}
    paid: dict[str, float] = {}
    seconds: float = 0.0
    waited: float = 0.0
    latency: float = 0.0
    error: RowError | None = None
    step_errors: dict[str, int] = {}
    answer: str | None = None
    refused: bool = False
    citations: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the run, or scoring it, went wrong: not the same as a wrong answer."""
        return self.status == "failed"

    def reward_means(self, path: str) -> dict[str, float]:
        """The mean of each reward over the visits of one node."""
        found: dict[str, list[float]] = {}
        for _, name, value in self.rewards.get(path, ()):
            found.setdefault(name, []).append(value)
        return {name: sum(values) / len(values) for name, values in found.items()}

    def spent(self, line: str, *, paid: bool = False) -> float:
        """What the row cost in a line of usage, in "tokens", "seconds", "waited" or "latency"; with `paid`, only what was paid
        now."""
        if line in ("seconds", "waited", "latency"):
            return float(getattr(self, line))
        usage = self.paid if paid else self.usage
        return usage.get("tokens_in", 0) + usage.get("tokens_out", 0) if line == "tokens" else usage.get(line, 0)


def costs_nothing(rows: Sequence[Row]) -> bool:
    """Whether rollouts ask no model, so that they cost time alone."""
    return not any(row.spent(line) for row in rows for line in ("calls", "usd"))
