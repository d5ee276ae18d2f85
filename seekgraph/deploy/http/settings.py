"""How a flow is served: limits, keys, where feedback goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from seekgraph.core.base.budget import Budget


@dataclass(frozen=True)
class Settings:
    """Limits of a server; each worker has its own queue and places.

    `budget` is for each request; a request may ask for less, never for more. `parallel` runs go at the same time, `queue` more
    may wait, and others get 429. `seconds` end a run, with the answer that can be made from what there is; one that does not end
    by then gets 504 a few seconds later. `body_bytes` and `body_seconds` are what a request's body may take. `keys` is a file of
    keys (`seekgraph keys`); without one everybody who reaches the address may ask. `state` is the SQLite file of answers,
    feedback and what each key has spent, in memory where none is named. `origins` are the web pages that a browser lets ask
    (CORS), none by default. `keep` is how many answers are kept for feedback to refer to. `otlp` is where each run is sent as an
    OpenTelemetry trace.

    Raises `ValueError` for limits that nothing could pass.
    """

    budget: Budget = field(default_factory=Budget)
    parallel: int = 32
    queue: int = 256
    seconds: float = 120.0
    body_bytes: int = 2**20
    body_seconds: float = 15.0
    keys: Path | None = None
    state: Path | None = None
    origins: tuple[str, ...] = ()
    keep: int = 10_000
    otlp: str | None = None

    def __post_init__(self) -> None:
        if self.parallel < 1 or self.queue < 0 or self.seconds <= 0 or self.body_bytes < 1 or self.keep < 1:
            raise ValueError(f"a server needs at least one place, a queue of 0 or more, and limits above 0, not {self}")


GRACE = 5.0
"""Seconds after the limit of a run until the request is given up."""
