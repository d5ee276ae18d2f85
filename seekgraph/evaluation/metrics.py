"""Metrics: how good the outcome of one example is, and what it cost.

A metric is a pure function of an example and the outcome of running it. It returns a number, or None where it does not apply:
a row without gold, a flow that does not answer. A None is left out of the mean; it is never a zero.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, get_args

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.text.answers import exact_match, token_f1
from seekgraph.text.ranking import full_support, ndcg, support_recall
from seekgraph.types import Answer, Example

Need = Literal["supporting_ids", "answers", "decomposition"]


class MetricError(SeekgraphError, ValueError):
    """A metric that is not known, or is declared wrongly."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run handed on, and what it used.

    `passages` are ids, best first. `answer` is None where the flow has no answer node. `usd` is None where a price is unknown.
    `searches` are retrieval calls, `calls` LM calls, `tokens` those of prompts and completions, `seconds` wall-clock time.
    """

    passages: tuple[str, ...] = ()
    answer: Answer | None = None
    searches: int = 0
    calls: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Metric:
    """A named number for one example.

    `function(example, outcome)` is pure and gives a finite number or None. `needs` are the fields of the example without which
    the metric does not apply. Calling the metric checks them first, so that `function` may rely on them. Two metrics are equal by
    all but their function; in one report a name stands for one metric. With a module-level `function` a metric can be pickled.
    """

    name: str
    function: Callable[[Example, Outcome], float | None] = field(compare=False, repr=False)
    needs: frozenset[Need] = frozenset()
    higher_is_better: bool = True

    def __post_init__(self) -> None:
        unknown = sorted(set(self.needs) - set(get_args(Need)))
        if unknown:
            raise MetricError(f"metric {self.name!r} needs {unknown}: an example has {', '.join(get_args(Need))}")

    def applies_to(self, example: Example) -> bool:
        """Whether the example has all the gold that this metric needs."""
        return all(getattr(example, need) for need in self.needs)

    def __call__(self, example: Example, outcome: Outcome) -> float | None:
        return self.function(example, outcome) if self.applies_to(example) else None


def answer_em(answer: Answer | None, golds: Sequence[str]) -> float | None:
    """Exact match after SQuAD normalisation, best over the golds: 0.0 or 1.0; None without answer or golds."""
    return exact_match(_said(answer), golds) if answer is not None and golds else None


def answer_f1(answer: Answer | None, golds: Sequence[str]) -> float | None:
    """Token F1 after SQuAD normalisation, best over the golds, in [0, 1]; None without answer or golds."""
    return token_f1(_said(answer), golds) if answer is not None and golds else None


def citation_precision(citations: Iterable[str], gold: Iterable[str]) -> float | None:
    """|cited gold| / |cited|, each id once, in [0, 1]; None without gold, and None without citations.

    An answer that cites nothing claims no support that could be wrong. As 0 it would count the same omission as `citation_recall`
    does and punish a refusal; as 1 it would reward silence. So read this next to recall.
    """
    cited, wanted = set(citations), set(gold)
    return len(cited & wanted) / len(cited) if cited and wanted else None


def citation_recall(citations: Iterable[str], gold: Iterable[str]) -> float | None:
    """|cited gold| / |gold|, each id once, in [0, 1]; None without gold. No citations are 0."""
    cited, wanted = set(citations), set(gold)
    return len(cited & wanted) / len(wanted) if wanted else None


def refused(answer: Answer | None) -> float | None:
    """1.0 if the answer is a refusal, else 0.0; None without an answer."""
    return None if answer is None else float(answer.refused)


def metric(name: str | Metric) -> Metric:
    """The metric of that name, such as "answer_f1" or "support_recall@5"; a `Metric` is returned as it is.

    `@k` cuts off `support_recall`, `full_support` and `ndcg`; without it they judge everything that the run hands on.
    Raises `MetricError` that lists the known names.
    """
    if isinstance(name, Metric):
        return name
    base, at, digits = name.strip().partition("@")
    if base not in _RANKED and base not in _PLAIN:
        close = difflib.get_close_matches(base, [*_RANKED, *_PLAIN], n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise MetricError(f"no metric is called {name!r}: {hint}known are {', '.join(metric_names())}")
    if not at and base in _PLAIN:
        return _PLAIN[base]
    if base in _PLAIN:
        raise MetricError(f"metric {name!r}: {base!r} has no cutoff; write {base!r}. Known are {', '.join(metric_names())}")
    if at and not re.fullmatch(r"0*[1-9][0-9]{0,8}", digits, re.ASCII):
        raise MetricError(f"metric {name!r}: the cutoff after @ is a whole number from 1, such as '{base}@5'; got {digits!r}")
    k = int(digits) if at else None
    function = partial(_of_ranking, measure=_RANKED[base], k=k)
    return Metric(base if k is None else f"{base}@{k}", function, frozenset({"supporting_ids"}))


def metric_names() -> tuple[str, ...]:
    """The names that `metric` knows; those that may be cut off end in "@k"."""
    return (*(f"{name}@k" for name in _RANKED), *_PLAIN)


def _said(answer: Answer) -> str:
    # A refusal's text is its reason, whose words must not earn F1. "noanswer" is what HotpotQA's script calls a refusal.
    return "noanswer" if answer.refused else answer.text


Measure = Callable[[Sequence[str], Iterable[str], int | None], float | None]

# Module-level functions and partials of them, not lambdas: a metric has to reach worker processes by pickle.


def _of_ranking(example: Example, outcome: Outcome, *, measure: Measure, k: int | None) -> float | None:
    return measure(outcome.passages, example.supporting_ids, k)


def _of_answer(
    example: Example, outcome: Outcome, *, measure: Callable[[Answer | None, Sequence[str]], float | None]
) -> float | None:
    return measure(outcome.answer, example.answers)


def _of_citations(
    example: Example, outcome: Outcome, *, measure: Callable[[Iterable[str], Iterable[str]], float | None]
) -> float | None:
    return None if outcome.answer is None else measure(outcome.answer.citations, example.supporting_ids)


def _of_refusal(example: Example, outcome: Outcome) -> float | None:
    return refused(outcome.answer)


def _of_usage(example: Example, outcome: Outcome, *, what: str) -> float | None:
    used: float | None = getattr(outcome, what)
    return None if used is None else float(used)


_RANKED: dict[str, Measure] = {"support_recall": support_recall, "full_support": full_support, "ndcg": ndcg}

_COSTS = ("searches", "calls", "tokens", "usd", "seconds")

_PLAIN: dict[str, Metric] = {
    found.name: found
    for found in (
        Metric("answer_em", partial(_of_answer, measure=answer_em), frozenset({"answers"})),
        Metric("answer_f1", partial(_of_answer, measure=answer_f1), frozenset({"answers"})),
        Metric("citation_precision", partial(_of_citations, measure=citation_precision), frozenset({"supporting_ids"})),
        Metric("citation_recall", partial(_of_citations, measure=citation_recall), frozenset({"supporting_ids"})),
        # Lower, because a row of a dev set is asked to be answered. Where refusing is right, "noanswer" among `answers` says so.
        Metric("refused", _of_refusal, higher_is_better=False),
        *(Metric(what, partial(_of_usage, what=what), higher_is_better=False) for what in _COSTS),
    )
}

DEFAULT_METRICS: tuple[Metric, ...] = (
    *(metric(name) for name in ("support_recall@5", "full_support@5", "ndcg@5")),
    *_PLAIN.values(),
)
"""What `evaluate` reports unless told otherwise; those whose needs no example meets drop out."""
