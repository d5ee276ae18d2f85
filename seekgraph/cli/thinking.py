"""What a user hears of models: which steps go by rules in their place, how fast a local one reads, and which step is thinking."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from seekgraph.cli.output import QUIET, say

if TYPE_CHECKING:
    from seekgraph.flow import Bound

T = TypeVar("T")
_CLEAR = "\r\x1b[2K"
_EVERY = 0.5  # seconds


def say_by_rules(why: Mapping[str, str]) -> None:
    """Say which nodes do without the model that is bound, and how it is asked all the same."""
    reasons: dict[str, list[str]] = {}
    for path, reason in why.items():
        reasons.setdefault(_without_role(reason), []).append(path)
    for reason, paths in reasons.items():
        model = reason.partition(" ")[0]
        say(f"by rules: {', '.join(paths)}: {reason}; --lm-for {paths[0]}={model} asks it all the same")


def _without_role(reason: str) -> str:
    """ "MODEL does 'plan' worse (SOURCE)" without the role, which is the same for all nodes then."""
    head, found, tail = reason.partition(" does '")
    return f"{head} does this worse{tail.partition(chr(39) + ' worse')[2]}" if found else reason


async def say_paces(bound: Bound) -> None:
    """Say how fast the local models read that are bound, and how long their prompts are by that; they are loaded for it."""
    asked = {id(thing): thing for op in bound.program.nodes.values() for name in op.models for thing in [op.resources[name][0]]}
    for model in asked.values():
        source = getattr(model, "source", None)
        if (measure := getattr(model, "measure", None)) is not None:
            await measure()
        if getattr(model, "fresh_tokens", None) is not None:
            say(f"{model.name} {getattr(source, 'pace', '')}")


class ThinkingLine:
    """A line on standard error, where `on`, that says which step asks its model, and for how long already."""

    def __init__(self, on: bool) -> None:
        self._on = on and not QUIET.get()
        self._asking: dict[str, float] = {}
        self._shown = False

    async def watched(self, events: AsyncIterator[T]) -> AsyncIterator[T]:
        """The same events, with the line kept up to date between them and gone while one is handled."""
        from seekgraph.core.record.step import Asking, Piece, Step

        ticking = asyncio.ensure_future(self._tick()) if self._on else None
        try:
            async for event in events:
                if isinstance(event, Asking):
                    self._asking.setdefault(event.path, perf_counter())
                elif isinstance(event, Step):
                    self._asking.pop(event.path, None)
                elif isinstance(event, Piece):
                    self._asking.clear()
                self._write("")
                yield event
        finally:
            self._write("")
            if ticking is not None:
                ticking.cancel()
                with suppress(asyncio.CancelledError):
                    await ticking

    async def _tick(self) -> None:
        while True:
            self._write(self.text(perf_counter()))
            await asyncio.sleep(_EVERY)

    def text(self, now: float) -> str:
        """What the line says; "" where no model is asked."""
        if not self._asking:
            return ""
        path, began = next(iter(self._asking.items()))
        more = f" and {len(self._asking) - 1} more" if len(self._asking) > 1 else ""
        return f"{path}{more}: thinking, {now - began:.0f} s"

    def _write(self, text: str) -> None:
        if self._on and (text or self._shown):
            sys.stderr.write(_CLEAR + text)
            sys.stderr.flush()
            self._shown = bool(text)
