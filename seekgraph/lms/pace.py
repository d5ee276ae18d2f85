"""How fast a local model reads on this machine, and how long its prompts are by that.

The speed is measured when the model is first loaded here, and kept in the user's cache: prompts of a process, and of the next
one, are of the same length. It is measured again where the file is gone or damaged; a model that was slowed down by other work
then, and reads clearly faster later, has longer prompts from the next process on.
"""

from __future__ import annotations

import json
import math
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from seekgraph.core.base.identity import digest

SECONDS = 2.0
"""What a question's own part of a prompt may take to be read."""

STEPS = (300, 400, 500, 600, 800, 1000, 1300, 1700, 2200)
"""Lengths of a question's own part, in tokens as prompts count them; few, so that a little more or less speed changes nothing."""

_ENOUGH, _FASTER = 64, 1.2
"""Tokens of a prompt whose speed means anything, and how much faster is clearly faster."""

COUNTED = 1.3
"""A prompt's tokens are estimated, rather too many than too few: so many for each that the model reads (`prompts.budget`)."""


class Pace(NamedTuple):
    """The speed of a model: tokens of a prompt that it reads in a second."""

    reads: float

    @property
    def fresh_tokens(self) -> int | None:
        """How long a question's own part of a prompt may be; None where it may be any length, since all of it is read in time."""
        fits = self.reads * SECONDS * COUNTED
        return None if fits >= 3000 else max((step for step in STEPS if step <= fits), default=STEPS[0])

    def __str__(self) -> str:
        if (most := self.fresh_tokens) is None:
            return f"reads {self.reads:.0f} tokens a second here"
        return (
            f"reads {self.reads:.0f} tokens a second here: prompts of {most} tokens, about {most / COUNTED / self.reads:.1f} s, "
            "besides what stays the same"
        )


class KeptPace:
    """The speed of one model on this machine, in a file of its own. `made_of` is all that it depends on: weights, threads."""

    def __init__(self, folder: Path, made_of: Any) -> None:
        about = [made_of, platform.machine(), platform.processor(), os.cpu_count()]
        self._path = folder / f"{digest(about)[:40]}.json"

    def known(self) -> Pace | None:
        """The speed, where it has been measured."""
        try:
            reads = json.loads(self._path.read_text(encoding="utf-8"))["reads"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        fits = isinstance(reads, int | float) and math.isfinite(reads) and reads > 0
        return Pace(float(reads)) if fits else None

    def measured(self, measure: Callable[[], float]) -> Pace:
        """The speed by measuring now; kept where the folder can be written to."""
        pace = Pace(max(measure(), measure()))  # what else ran may have slowed down one of the two
        self._keep(pace)
        return Pace(round(pace.reads, 1))

    def heard(self, used: Pace, tokens: int, reads: float) -> None:
        """Keep a speed at which so many tokens were just read for the next process, where it is clearly more than what this one
        goes by: then other work slowed down the measuring."""
        if tokens >= _ENOUGH and reads > _FASTER * max(used.reads, (self.known() or used).reads):
            self._keep(Pace(reads))

    def _keep(self, pace: Pace) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, prefix=".", delete=False, encoding="utf-8") as file:
                json.dump({"reads": round(pace.reads, 1)}, file)
            Path(file.name).replace(self._path)
        except OSError:
            return
