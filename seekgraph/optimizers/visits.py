"""The visits of a node, how good each was, and what a reader has to know to see why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.optimizers.credit import Credit, credit
from seekgraph.prompts.budget import TokenBudget
from seekgraph.prompts.guard import line, plain
from seekgraph.prompts.parsing import PromptError
from seekgraph.prompts.render import render
from seekgraph.rewards.algebra import Reward
from seekgraph.types import Answer, Example

BRIEF = 400
"""Characters of a reply, a message or a score's words that are shown of a visit."""


@dataclass(frozen=True)
class Run:
    """One example's run with its quality in [0, 1], and the credit of its steps."""

    example: Example
    trace: Trace
    quality: float
    credit: Credit

    @classmethod
    def of(cls, example: Example, trace: Trace, quality: float, rewards: Sequence[Reward]) -> Run:
        """The run with its credit."""
        return cls(example, trace, quality, credit(trace, rewards, example))


@dataclass(frozen=True)
class Visited:
    """One visit of a node. `value` in [0, 1] is the mean of its credit and its run's quality, 0 where it failed; where nothing
    scores it, the quality. `name` is unique over all runs: the example's id and the step's."""

    run: Run
    step: Step
    value: float

    @property
    def name(self) -> str:
        return f"{self.run.example.id}/{self.step.id}"


def visits(runs: Iterable[Run], path: str) -> Iterator[Visited]:
    """Every visit of the node at a path, also each of several in one run."""
    for run in runs:
        for step in run.trace.visits(path):
            if step.kind == "node" and (step.error is None or step.error.code not in ("budget", "cancelled")):
                own = run.credit.value(step.id)
                value = run.quality if own is None else (own + run.quality) / 2
                yield Visited(run, step, 0.0 if step.error else value)


def shortfall(runs: Sequence[Run], path: str) -> float:
    """How much of what the runs lack may be the doing of a node, from 0 to 1: the mean over all runs of what the run's quality
    lacks times what the node's visits there lack.

    An estimate from what was run anyway. `diagnosis.headroom` replays each node as a perfect one, which costs calls."""
    lacks: dict[str, list[float]] = {}
    for each in visits(runs, path):
        lacks.setdefault(each.run.example.id, []).append(1 - each.value)
    missing = {run.example.id: 1 - run.quality for run in runs}
    return sum(missing[name] * sum(found) / len(found) for name, found in lacks.items()) / max(1, len(runs))


def chosen(found: Sequence[Visited], bad: int, good: int) -> list[Visited]:
    """The worst visits, of different examples first, then the best ones, each once."""
    order = sorted(found, key=lambda each: (each.value, each.name))
    first: dict[str, Visited] = {}
    for each in order:
        first.setdefault(each.run.example.id, each)
    worst = [*first.values(), *(each for each in order if first[each.run.example.id] is not each)][:bad]
    best = [each for each in reversed(order) if each not in worst and each.value > worst[-1].value][:good] if worst else []
    return [*sorted(worst, key=lambda each: (each.value, each.name)), *best]


def told(each: Visited, node: LLMNode, bound: Bound, room: int) -> str:
    """A visit in words, of about `room` tokens at most besides what `BRIEF` cuts: what the node was shown, what it replied, how
    that was scored and why, what the gold of its example says, and what came of the run."""
    step, run = each.step, each.run
    arguments = bound.program.arguments(run.trace, step)
    again = f", round {step.round}" if step.round else f", visit {step.visit}" if step.visit > 1 else ""
    lines = [f"Visit {each.name}{again}, score {each.value:.2f}", "It was shown:", _shown(node, arguments, room)]
    if step.error is not None:
        lines.append(f"It failed: {_brief(step.error.message)}")
    else:
        lines.append(f"It replied: {_brief(_reply(node, step))}")
        if step.usage.get("fallbacks"):
            lines.append("The model's reply could not be used, so that rules did the step.")
    lines += [f"Scored: {_brief(said)}" for said in run.credit.words(step.id)]
    if (ideal := _ideal(node, arguments, run.example, step)) is not None:
        lines.append(f"A right reply: {_brief(ideal)}")
    lines.append(f"The run: {_outcome(run)}")
    return "\n".join(lines)


def _shown(node: LLMNode, arguments: Mapping[str, Any], room: int) -> str:
    shown = node.prompt_inputs(arguments)
    prompt = node.active_prompt
    if not prompt.reads:
        prompt = prompt.model_copy(update={"reads": {name: name.replace("_", " ").capitalize() for name in shown}})
    types = {read.parameter: read.type for read in node.contract().reads}
    head = TokenBudget().of(render(prompt, {}, output=node.reply_type, instruction="-", budget=TokenBudget(10**6)))
    try:
        made = render(prompt, shown, output=node.reply_type, instruction="-", budget=TokenBudget(head + room), types=types)
    except PromptError:
        return _brief(str(dict(shown)))
    return made[-1].content


def _reply(node: LLMNode, step: Step) -> str:
    own = {channel: name for name, channel in getattr(node, "writing", {}).items()}
    reply = node.reply({own.get(channel, channel): value for channel, value in step.writes.items()})
    return str(step.writes) if reply is None else reply.model_dump_json()


def _ideal(node: LLMNode, arguments: Mapping[str, Any], example: Example, step: Step) -> str | None:
    reply = node.ideal(FitRow(arguments, example, step.round))
    return None if reply is None else reply.model_dump_json()


def _outcome(run: Run) -> str:
    wrote = [step.writes["answer"] for step in run.trace.steps if "answer" in step.writes]
    answer = wrote[-1] if wrote else None
    said = answer.text if isinstance(answer, Answer) else "" if answer is None else str(answer)
    gold = f"; right: {' or '.join(run.example.answers)}" if run.example.answers else ""
    answered = f"it answered {_brief(said) or '(nothing)'!s}{gold}; " if wrote or gold else ""
    failed = [step for step in run.trace.steps if step.error is not None]
    broke = f"; {failed[0].id} failed: {_brief(failed[0].error.message)}" if failed and failed[0].error else ""
    return f"{answered}score {run.quality:.2f}{broke}"


def _brief(text: str) -> str:
    short = line(plain(text))
    return short if len(short) <= BRIEF else f"{short[:BRIEF]} [...]"
