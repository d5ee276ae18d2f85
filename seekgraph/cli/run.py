"""`seekgraph run`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import FAILED, Misuse, find_flow
from seekgraph.cli.history import read_history
from seekgraph.cli.options import Documents, Running
from seekgraph.cli.output import error_of, say, show, whole, writable, write_json
from seekgraph.deploy.conversing import conversing

if TYPE_CHECKING:
    from seekgraph.core.machine.result import Result
    from seekgraph.core.record.step import Step
    from seekgraph.flow import Bound, Flow
    from seekgraph.types import Answer, Passage, Turn

LISTED = 5
"""Passages that are shown for a flow that does not answer."""


@dataclass(frozen=True)
class Showing:
    """--trace, --steps, --json, --stream."""

    trace: Path | None = None
    steps: bool = False
    as_json: bool = False
    stream: bool | None = None
    history: Path | None = None
    """--history: the turns that came before the question."""

    @property
    def line(self) -> bool:
        """Whether a line says which step is thinking: on a terminal, and where nothing else is written there meanwhile."""
        return sys.stderr.isatty() and not self.as_json and not self.steps

    @property
    def aloud(self) -> bool:
        """Whether the answer is shown while it is written: on a terminal unless the user says otherwise, never beside JSON."""
        wanted = sys.stdout.isatty() if self.stream is None else self.stream
        return wanted and not self.as_json


def run_command(
    name: str, question: str, documents: Documents, running: Running, showing: Showing, style: str | None = None
) -> None:
    """Ask one question and show the answer with its passages; exit code 1 where the run failed."""
    if not question.strip():
        raise Misuse("the question is empty")
    writable(showing.trace, "--trace")
    history = () if showing.history is None else read_history(showing.history)
    flow = find_flow(name) if style is None else in_style(find_flow(name), style, name)
    flow = conversing(flow) if history else flow
    bound = running.bind(flow, documents).with_options(budget=running.budget)
    if showing.stream and showing.as_json:
        raise Misuse("--stream writes text and --json data to the same place: give one")
    result = asyncio.run(_asked(bound, question, history, running.seed, showing))
    if bound.memo is not None:
        bound.memo.close()
    if showing.trace is not None:
        with whole(showing.trace) as path:
            result.trace.save(path)
        say(f"wrote {showing.trace}")
    if showing.as_json:
        write_json(result.to_json())
    else:
        show(*_shown(result, bound.flow.output))
    if result.status == "failed":
        raise SystemExit(FAILED)


def in_style(flow: Flow, style: str, name: str) -> Flow:
    """A flow whose answers are in a style: the value of each of its params that are called `style`.

    Raises `Misuse` for a style that there is not, and for a flow without such a param.
    """
    from seekgraph.nodes.answer import STYLES

    if style not in STYLES:
        raise Misuse(f"--style is one of {', '.join(STYLES)}, not {style!r}")
    names = [param for param in flow.params() if param.rpartition(".")[2] == "style"]
    if not names:
        raise Misuse(f"{name} has no param 'style': declare one as Answer(style=Choice('auto', 'short', 'prose', 'list'))")
    return flow.with_params(dict.fromkeys(names, style))


async def _asked(bound: Bound, question: str, history: tuple[Turn, ...], seed: int, showing: Showing) -> Result:
    from seekgraph.cli.thinking import ThinkingLine, say_paces
    from seekgraph.core.record.step import Asking, Piece, Step

    result: Any = None
    attempt = 0  # of the text that stands there now
    if not showing.as_json:
        await say_paces(bound)
    line = ThinkingLine(showing.line)
    inputs: dict[str, Any] = {"question": question, "history": history or None}
    async for event in line.watched(bound.stream(seed=seed, text=showing.aloud, asking=True, **inputs)):
        if isinstance(event, Asking):
            continue
        if isinstance(event, Piece):
            sys.stdout.write(("\n" if attempt and event.attempt != attempt else "") + plain(event.text))
            sys.stdout.flush()
            attempt = event.attempt
        elif not isinstance(event, Step):
            result = event
        elif showing.steps:
            say(_line(event))
    if attempt:
        sys.stdout.write("\n\n")
        sys.stdout.flush()
    return result  # type: ignore[no-any-return]


def plain(text: str) -> str:
    """A model's text without what a terminal would obey."""
    return "".join(character for character in text if character in "\n\t" or character.isprintable())


def _line(step: Step) -> str:
    wrote = ", ".join(f"{name}: {_size(value)}" for name, value in step.writes.items())
    what = error_of(step) if step.error else f"decided {step.decision}" if step.decision is not None else wrote
    return f"{step.seconds * 1000:7.1f} ms  {step.id:<16} {what}{'  (memo)' if step.memo == 'hit' else ''}"


def _size(value: Any) -> str:
    return f"{len(value)} items" if isinstance(value, tuple) else type(value).__name__


def _shown(result: Result, output: str) -> list[Any]:
    from rich.text import Text

    answer = result.answer
    found = {passage.id: passage for passage in result.passages}
    lines: list[Text] = []
    if answer is None and output == "answer":
        lines.append(Text("no answer", style="red"))
    elif answer is None:
        lines += [_passage(passage) for passage in result.passages[:LISTED]] or [Text("nothing was found", style="yellow")]
    elif answer.refused:
        lines.append(Text(f"refused: {answer.text or 'nothing that was found supports an answer'}", style="yellow"))
    else:
        lines.append(Text(f"{answer.text}  (confidence {answer.confidence:.2f})", style="bold"))
    if result.emptied is not None:
        path, count = result.emptied
        lines.append(Text(f"  {path} handed on none of the {count} passages that it read", style="yellow"))
    lines += [_passage(found[name]) for name in (answer.citations if answer else ()) if name in found]
    lines += [Text(f"  {step.id}: {error_of(step)}", style="red") for step in result.errors if step.error]
    if result.status == "partial":
        why = f" ({result.reason})" if result.reason else ""
        lines.append(Text(f"the budget ended this run early{why}: {_made_from(answer, output)}", style="yellow"))
    return [*lines, Text(_summary(result), style="dim")]


def _made_from(answer: Answer | None, output: str) -> str:
    """What a run that ended early shows."""
    if answer is None:
        return "nothing had been answered yet" if output == "answer" else "this is what had been found by then"
    return "what had been found by then supports no answer" if answer.refused else "the answer is made from what there was"


def _passage(passage: Passage) -> Any:
    from rich.text import Text

    text = " ".join(passage.text.split())
    return Text(f"  [{passage.id}] {passage.title}: {text[:160]}{'...' if len(text) > 160 else ''}")


def _summary(result: Result) -> str:
    """One line: what became of the run, and what it took."""
    took = max((step.started + step.seconds for step in result.trace), default=0.0)
    spent = [f"{amount:g} {line}" for line, amount in result.trace.usage().spent().items()]
    hits = sum(step.memo == "hit" for step in result.trace)
    parts = [f"{len(result.trace)} steps", *([f"{hits} of them from the memo"] if hits else []), *spent, f"{took:.2f} s"]
    return f"{result.status}: {', '.join(parts)}"
