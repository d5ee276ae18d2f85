"""Showing a compile as it goes: its plan, a bar, and each change as it is judged. To standard error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from seekgraph.optimizers.display import verdict

MOST = 60
"""Characters of what a line says, so that the bar beside it fits into 80 columns or little more."""


class Progress:
    """A `Say` that shows events on standard error; use it as a context manager."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self.console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self.bar = Bar(*columns, console=self.console)
        self.tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.bar.stop()

    def __call__(self, event: str, facts: Mapping[str, Any]) -> None:
        self._budget(facts)
        if event == "plan":
            self.console.print(facts["plan"])
            if facts["resumed"]:
                self.console.print(f"going on from {facts['resumed']} results of earlier sessions")
        elif event == "planned":
            self.console.print(facts["why"], markup=False)
        elif event == "trying":
            self._trying(facts)
        elif event == "trial":
            self._trial(facts)
        elif event == "part":
            self._part(facts)
        elif event == "fitted":
            what = ", ".join(facts["params"]) or f"nothing at {facts['path']}: {facts['error'] or 'too little to learn from'}"
            self.console.print(f"fitted {what} on {facts['visits']} visits", markup=False)
        elif event == "gathered":
            sets = f"{facts['sets']} sets of demonstrations, of up to {facts['longest']}"
            self.console.print(f"{facts['param']}: {sets}", markup=False)
        elif event == "proposed":
            why = f": {facts['cause']}" if facts["cause"] else ""
            self.console.print(f"{facts['pass']} {facts['number']}, by {facts['move']}{why}", markup=False)
        elif event == "left":
            self.console.print(
                f"{facts['path']} is left as it is: fitting gained nothing on {facts['rows']} other rows", markup=False
            )
        elif event == "change":
            if (judged := self.tasks.pop("part", None)) is not None:
                self.bar.remove_task(judged)
            if (trying := self.tasks.pop("trying", None)) is not None:
                self.bar.remove_task(trying)
            self.console.print(_summary(facts["change"]), markup=False)
        elif event == "stopped":
            self.console.print(f"{facts['pass']} stopped {facts['why']}", markup=False)

    def _part(self, facts: Mapping[str, Any]) -> None:
        name = f"{facts['pass']}: once more without part {facts['number']} of {facts['of']}, to judge on it"
        if facts["number"] == 1:
            self.tasks["part"] = self.bar.add_task(name, total=facts["of"])
        self.bar.update(self.tasks["part"], completed=facts["number"] - 1, description=name)

    def _trying(self, facts: Mapping[str, Any]) -> None:
        """What is tried now, and why, on the pass's line below its bar."""
        self._line("trying", f"  trying {changes_in_words(facts['params'])}: {facts['why']}" if facts["params"] else "  as it is")

    def _trial(self, facts: Mapping[str, Any]) -> None:
        text = f"{facts['pass']}: {facts['signal']:.3f}, best {facts['best']:.3f}"
        if facts["pass"] not in self.tasks:
            self.tasks[facts["pass"]] = self.bar.add_task(text, total=facts["of"])
        self.bar.update(self.tasks[facts["pass"]], completed=facts["number"], description=text)

    def _budget(self, facts: Mapping[str, Any]) -> None:
        """How much of the budget is gone, by the line that is nearest to its end."""
        if used := facts.get("used"):
            line, share = max(used.items(), key=lambda each: each[1])
            if "budget" not in self.tasks:
                self.tasks["budget"] = self.bar.add_task("", total=100)
            text = f"budget: {min(share, 1):.0%} of {line}, {facts['rollouts']} runs"
            self.bar.update(self.tasks["budget"], completed=min(100, round(100 * share)), description=text)

    def _line(self, name: str, text: str) -> None:
        if name not in self.tasks:
            self.tasks[name] = self.bar.add_task(text, total=None)
        self.bar.update(self.tasks[name], description=text[:MOST])


def changes_in_words(values: Mapping[str, Any], most: int = 3) -> str:
    """Params with their values in a few words."""
    named = [f"{name}={_short(value)}" for name, value in list(values.items())[:most]]
    return ", ".join(named) + (f" and {len(values) - most} more" if len(values) > most else "")


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 24 else text[:23] + "…"


def _summary(change: Any) -> str:
    if change.comparison is None:
        return f"{change.name}: {change.note}"
    gap = change.comparison.difference
    p = change.comparison.p_value
    return (
        f"{change.name}: {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] on {gap.n} other rows, p = {p:.3f}: {verdict(change)}"
    )
