"""Metrics: how good the outcome of one example is, and what it cost.

A metric is a pure function of an example and the outcome of running it. It returns a number, or None where it does not apply:
a row without gold, a flow that does not answer. `evaluate` leaves a None out of the mean: it is never a zero there, and the
report says over how many rows the mean is. `compile` counts the same None as 0 where the example has the gold that the metric
needs: else a candidate that answers only what it is sure of, or cites nothing, would gain by it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from inspect import signature
from typing import Literal, get_args

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.text.answers import Rule, exact_match, token_f1
from seekgraph.text.matching import answer_contains as stands_in
from seekgraph.text.matching import answers_match, match_f1
from seekgraph.text.ranking import full_support, ndcg, support_recall
from seekgraph.types import Answer, Example

Need = Literal["supporting_ids", "answers", "decomposition"]


class MetricError(SeekgraphError, ValueError):
    """A metric that is not known, or is declared wrongly."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run handed on, and what it used.

    `passages` are the ids of those handed on, best first; `in_calls` the same of each call inside the flow: what its own reader
    had before it, where only what it cites came back (without discarded attempts). `answer` is None where the flow has no
    answer node. `usd` is None where a price is unknown.
    `searches` are retrieval calls, `calls` LM calls, `tokens` those of prompts and completions, `seconds` wall-clock time.
    """

    passages: tuple[str, ...] = ()
    answer: Answer | None = None
    searches: int = 0
    calls: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    in_calls: tuple[tuple[str, ...], ...] = ()


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
        if not self.applies_to(example):
            return None
        value = self.function(example, outcome)
        if value is not None and not isinstance(value, int | float):
            raise MetricError(f"metric {self.name!r} returns {value!r}: return a number, or None where it does not apply")
        return value


def answer_em(answer: Answer | None, golds: Sequence[str]) -> float | None:
    """Exact match after SQuAD normalisation (HotpotQA's and MuSiQue's too), best over the golds: 0.0 or 1.0.

    None without answer or golds. "-5" equals "5" by this rule: `answer_match` is stricter.
    """
    return exact_match(_said(answer), golds) if answer is not None and golds else None


def answer_f1(answer: Answer | None, golds: Sequence[str], rule: Rule = "hotpot") -> float | None:
    """Token F1 by the `rule` of HotpotQA's script, or of another (see `text.answers.token_f1`), best over the golds, in [0, 1].

    None without answer or golds. The metrics `squad_f1` and `musique_f1` are this by the other two rules.
    """
    return token_f1(_said(answer), golds, rule) if answer is not None and golds else None


def answer_contains(answer: Answer | None, golds: Sequence[str]) -> float | None:
    """Whether a gold answer stands in the answer (`text.matching.answer_contains`): 0.0 or 1.0; None without answer or golds.

    What to read of answers in prose, of which exact match and F1 say nothing. Ids of the passages that it cites are no part of
    what it says; a refusal says nothing.
    """
    if answer is None or not golds:
        return None
    text = _said(answer)
    for id in answer.citations:
        text = text.replace(f"[{id}]", " ")
    return stands_in(text, golds)


def answer_match(answer: Answer | None, golds: Sequence[str]) -> float | None:
    """Strict exact match, in any script (`text.matching`), best over the golds: 0.0 or 1.0; None without answer or golds."""
    return answers_match(_said(answer), golds) if answer is not None and golds else None


def answer_match_f1(answer: Answer | None, golds: Sequence[str]) -> float | None:
    """F1 of the strict tokens (`text.matching`), characters where a script has no spaces; None without answer or golds."""
    return match_f1(_said(answer), golds) if answer is not None and golds else None


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


Function = Callable[[Example, Outcome], float | None]


def metric(name: str | Metric | Function) -> Metric:
    """The metric of that name, such as "answer_f1" or "support_recall@5"; a `Metric` is returned as it is.

    A plain function `(example, outcome) -> float | None` becomes a metric of its own name, for which higher is better and which
    applies to every example; `Metric(name, function, needs, higher_is_better)` says more.

    `@k` cuts off `support_recall`, `full_support` and `ndcg`; without it they judge everything that the run hands on.
    `support_recall` and `full_support` are about finding: a gold passage counts as found at k if it is among the first k of what
    the run hands on, or among the first k of what a call inside it does (`Outcome.in_calls`). Without calls that is the recall
    of one ranking. `ndcg` is about the order of one ranking, and judges that of the run.
    Raises `MetricError` that lists the known names.
    """
    if isinstance(name, Metric):
        return name
    if not isinstance(name, str):
        return _of_function(name)
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
    function = partial(_of_finding if base in _FINDING else _of_ranking, measure=_RANKED[base], k=k)
    return Metric(base if k is None else f"{base}@{k}", function, frozenset({"supporting_ids"}))


def metric_names() -> tuple[str, ...]:
    """The names that `metric` knows; those that may be cut off end in "@k"."""
    return (*(f"{name}@k" for name in _RANKED), *_PLAIN)


def _of_function(function: Function) -> Metric:
    inner = getattr(function, "func", function)
    called = str(getattr(inner, "__name__", type(inner).__name__))
    said = f"a metric is a name, a Metric, or a function (example, outcome) -> float | None, not {function!r}"
    if not callable(function) or isinstance(function, type):
        raise MetricError(said)
    try:
        signature(function).bind(None, None)
    except (TypeError, ValueError) as error:
        raise MetricError(f"{said}: {error}") from None
    return Metric(called, function)


def _said(answer: Answer) -> str:
    # A refusal's text is its reason, whose words must not earn F1. "noanswer" is what HotpotQA's script calls a refusal.
    return "noanswer" if answer.refused else answer.text


Measure = Callable[[Sequence[str], Iterable[str], int | None], float | None]

# Module-level functions and partials of them, not lambdas: a metric has to reach worker processes by pickle.


def _of_ranking(example: Example, outcome: Outcome, *, measure: Measure, k: int | None) -> float | None:
    return measure(outcome.passages, example.supporting_ids, k)


def _of_finding(example: Example, outcome: Outcome, *, measure: Measure, k: int | None) -> float | None:
    found = dict.fromkeys(id for ranking in (outcome.passages, *outcome.in_calls) for id in ranking[:k])
    return measure(tuple(found), example.supporting_ids, None)


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


_FINDING: dict[str, Measure] = {"support_recall": support_recall, "full_support": full_support}
_RANKED: dict[str, Measure] = {**_FINDING, "ndcg": ndcg}

_COSTS = ("searches", "calls", "tokens", "usd", "seconds")

_DEFAULT: dict[str, Metric] = {
    found.name: found
    for found in (
        Metric("answer_em", partial(_of_answer, measure=answer_em), frozenset({"answers"})),
        Metric("answer_f1", partial(_of_answer, measure=answer_f1), frozenset({"answers"})),
        Metric("answer_contains", partial(_of_answer, measure=answer_contains), frozenset({"answers"})),
        Metric("citation_precision", partial(_of_citations, measure=citation_precision), frozenset({"supporting_ids"})),
        Metric("citation_recall", partial(_of_citations, measure=citation_recall), frozenset({"supporting_ids"})),
        # Lower, because a row of a dev set is asked to be answered. Where refusing is right, "noanswer" among `answers` says so.
        Metric("refused", _of_refusal, higher_is_better=False),
        *(Metric(what, partial(_of_usage, what=what), higher_is_better=False) for what in _COSTS),
    )
}

_MORE: dict[str, Metric] = {
    name: Metric(name, partial(_of_answer, measure=measure), frozenset({"answers"}))
    for name, measure in (
        ("squad_f1", partial(answer_f1, rule="squad")),
        ("hotpot_f1", partial(answer_f1, rule="hotpot")),
        ("musique_f1", partial(answer_f1, rule="musique")),
        ("answer_match", answer_match),
        ("answer_match_f1", answer_match_f1),
    )
}

_PLAIN = _DEFAULT | _MORE

DEFAULT_METRICS: tuple[Metric, ...] = (
    *(metric(name) for name in ("support_recall@5", "full_support@5", "ndcg@5")),
    *_DEFAULT.values(),
)
"""What `evaluate` reports unless told otherwise; those whose needs no example meets drop out."""
