"""What a run came to: its answer, what it found and handed on, how often it searched, and whether it was in good form.

Read from the trace alone, so that rewards of a whole run need nothing beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import seen
from seekgraph.rewards.seen import ids_of, lasting, taken
from seekgraph.text.answers import exact_match, normalize, token_f1
from seekgraph.text.entities import flat, folded, names
from seekgraph.types import Answer, Digest, Evidence, Passage

V = TypeVar("V")

REFUSAL = "noanswer"
"""What a refusal counts as where answers are compared, whatever reason it gives: HotpotQA's word for it."""


def final_answer(trace: Trace) -> Answer | None:
    """`Result.answer`, read from the trace: the last answer outside of calls; None where there is none, or it is no `Answer`."""
    if not any("answer" in step.writes for step in taken(trace)):
        return None
    answers = [step.writes["answer"] for step in outside_calls(trace) if "answer" in step.writes]
    return answers[-1] if answers and isinstance(answers[-1], Answer) else None


def em_of(answer: Answer | None, golds: Collection[str]) -> float:
    """Exact match of an answer, 0 or 1; no answer is 0, and a refusal is right where "noanswer" is."""
    return 0.0 if answer is None else exact_match(REFUSAL if answer.refused else answer.text, golds)


def f1_of(answer: Answer | None, golds: Collection[str]) -> float:
    """Token F1 of an answer, in [0, 1]; no answer is 0, and a refusal is right where "noanswer" is."""
    return 0.0 if answer is None else token_f1(REFUSAL if answer.refused else answer.text, golds)


def searches(trace: Trace) -> list[Step]:
    """The visits that looked for passages and had a result, in the order of the trace.

    Those are steps that write `passages` and found some, or asked a retriever and found none. A step without a retriever, which
    writes nothing, has not searched, and neither has one that failed. Searches of attempts that were discarded count: they were
    made.
    """
    return [step for step in taken(trace) if is_search(step)]


def lasting_searches(trace: Trace) -> list[Step]:
    """The `searches` that were not made in discarded attempts: for what was found, where `searches` is for what was spent."""
    return [step for step in lasting(trace) if is_search(step)]


def is_search(step: Step) -> bool:
    """Whether a step is one of `searches`."""
    writes = step.kind == "node" and "passages" in step.writes
    return writes and bool(step.writes["passages"] or step.usage.get("searches"))


def found_by(trace: Trace) -> set[str]:
    """The ids of all passages that were found, or given, in the whole run."""
    return {id for step in lasting(trace) for id in ids_of(step.writes.get("passages", ()))}


def handed_on(trace: Trace) -> list[str]:
    """The ids of the passages that the run hands on, best first, each once: `Result.passages`, read from the trace.

    That is the last `context` outside of calls, or else all that was found there, or else what the calls came back with.
    """
    return _handed_on(outside_calls(trace))


def handed_on_in_calls(trace: Trace) -> tuple[tuple[str, ...], ...]:
    """For each call of the run, in the order in which they began: what `handed_on` is of its own steps, where that is anything.

    It is what the call's own reader had before it, and not the little that came back from it: the passages that it cites.
    """
    _, calls = _by_call(trace)
    return tuple(ids for call in calls if (ids := tuple(_handed_on(call))))


def _handed_on(own: Sequence[Step]) -> list[str]:
    for step in reversed(own):
        if "context" in step.writes:
            return list(dict.fromkeys(ids_of(step.writes["context"])))
    for channel in ("passages", "digests"):
        values = [step.writes[channel] for step in own if channel in step.writes]
        if values:
            resources = [digest.resources for digest in values_of(values, Digest)] if channel == "digests" else values
            return list(dict.fromkeys(ids_of(resources)))
    return []


def curated(trace: Trace) -> bool:
    """Whether anything has chosen among what was found: a `context` was written."""
    return any("context" in step.writes for step in lasting(trace) if step.kind == "node")


def outside_calls(trace: Trace) -> list[Step]:
    """The steps that are not inside a call, in order; what a call comes back with is outside."""
    return _by_call(trace)[0]


def _by_call(trace: Trace) -> tuple[list[Step], list[list[Step]]]:
    """The steps outside of calls, and those of each call, in the order of the trace; each step once, in the innermost."""
    outside: list[Step] = []
    calls: list[list[Step]] = []
    open_: list[list[Step]] = []  # a call begins with the step of what it is given
    for step in lasting(trace):
        if step.kind == "input" and step.path != "input" and step.error is None:  # with an error the call never began
            open_.append([step])
            calls.append(open_[-1])
            continue
        if step.kind == "digest":
            open_ = [call for call in open_ if (call[0].path, call[0].at) != (f"{step.path}.give", step.at)]
        around = (call for call in reversed(open_) if call[0].at == step.at[: len(call[0].at)])
        next(around, outside).append(step)
    return outside, calls


def bad_form(trace: Trace) -> str:
    """What is wrong with the form of a run, in words; "" where nothing is.

    The published formulas look for tags in a model's text. Where steps are typed, the form is bad where a step failed, where a
    model's reply was not what was asked for (`fallbacks` in a step's usage), where a budget ended the run, or where there is no
    answer to the run's question.
    """
    for step in lasting(trace):
        if step.error is not None:
            return f"{step.id} failed ({step.error.code})"
        if step.usage.get("fallbacks"):
            return f"the model's reply at {step.id} was not what was asked for"
    if trace.status != "ok":
        return f"the run ended {trace.status}"
    return "" if final_answer(trace) is not None else "there is no answer"


def passages_of(trace: Trace, ids: Collection[str], before: Step | None = None) -> dict[str, Passage]:
    """Passages with these ids as the run has them, by id; only those from earlier steps where `before` is given.

    What only a discarded attempt has found is not among them, unless `before` is in that attempt.
    """
    known: dict[str, Passage] = {}
    for step in lasting(trace) if before is None else seen.before(before, trace):
        for channel in ("passages", "context", "digests"):
            for passage in values_of(step.writes.get(channel, ()), Passage):
                if passage.id in ids:
                    known.setdefault(passage.id, passage)
    return known


def values_of(value: Any, kind: type[V]) -> Iterator[V]:
    """The values of a kind that a channel's value is or holds, also those in digests, in order."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, Digest):
        yield from values_of(value.resources if kind is Passage else value.facts if kind is Evidence else (), kind)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from values_of(item, kind)


def says(passage: Passage, answers: Collection[str]) -> bool:
    """Whether a passage, or its title, has the words of one of the answers in it; a yes or no is in nothing."""
    text = flat(f"{passage.title} {passage.text}")
    return any(names(text, folded(answer)) for answer in answers if not is_closed((answer,)))


def is_closed(answers: Collection[str]) -> bool:
    """Whether all of these answers are a yes or no, which stands in no text."""
    return all(normalize(answer) in ("yes", "no") for answer in answers)
