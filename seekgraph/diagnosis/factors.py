"""WebDetective's factors over a dev set: is enough found, is it used, and is it refused where it was not enough?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.intervals import Interval, interval
from seekgraph.rewards.outcome import em_of, f1_of, final_answer
from seekgraph.rewards.runs import sufficient
from seekgraph.types import Example


class Factors(NamedTuple):
    """Three factors of quality, each a mean with its interval; `n` of an interval says over how many examples.

    `sufficiency` is the share of runs that found all gold. `use` is the mean token F1 of those runs. `refusal` is the share of
    the other runs without a right answer that refused: what an agent should do that lacks what it needs. `precision` is the
    share of all refusals that were for such a lack: low where an agent gives up on what it has.
    """

    sufficiency: Interval
    use: Interval
    refusal: Interval
    precision: Interval

    def to_json(self) -> dict[str, Any]:
        """`{factor: {mean, low, high, n}}` as plain data, without the factors that apply to no run."""
        return {name: each.model_dump() for name, each in self._asdict().items() if each.n}


def factors(rows: Iterable[tuple[Example, Trace]]) -> Factors:
    """The factors over runs of examples with gold passages and answers; others are left out.

    Source: WebDetective, which reports search sufficiency, use of knowledge and appropriate refusal apart, since one number for
    the answer hides which of them fails. A run that came to no answer has neither used what it found nor refused.
    """
    found: list[float] = []
    used: list[float] = []
    refused: list[float] = []
    rightly: list[float] = []
    for example, trace in rows:
        if not example.supporting_ids or not example.answers:
            continue
        enough, answer = sufficient(trace, example), final_answer(trace)
        refuses = answer is not None and answer.refused
        found.append(float(enough))
        if enough:
            used.append(f1_of(answer, example.answers))
        elif refuses or em_of(answer, example.answers) < 1:
            refused.append(float(refuses))
        if refuses:
            rightly.append(float(not enough))
    return Factors(*(interval(values) for values in (found, used, refused, rightly)))
