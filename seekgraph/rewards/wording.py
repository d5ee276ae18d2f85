"""Rewards of a step that chose a query, by its words: do they tell passages apart, and where do they come from?

`turns` says which step that is, and what the words of a query are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, Protocol

from seekgraph.core.language.params import Float, Int
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.outcome import values_of
from seekgraph.rewards.seen import before
from seekgraph.rewards.turns import queries_of, question_for, said, turn_of
from seekgraph.rewards.weights import tunable
from seekgraph.text.titles import words_of
from seekgraph.text.weights import terms
from seekgraph.types import Evidence, Example, Passage


class DocumentFrequencies(Protocol):
    """In how many passages each term of a corpus stands. A `BM25` is one."""

    def terms(self, text: str) -> tuple[str, ...]:
        """The terms of a text, as the corpus has them."""
        ...

    def df(self, term: str) -> int:
        """In how many passages a term stands; 0 for one that the corpus does not have."""
        ...

    def __len__(self) -> int:
        """The number of passages."""
        ...


@tunable
def document_margin(
    table: DocumentFrequencies,
    low: int = Int(1, 1, 100),
    high: float = Float(0.05, 0.001, 1),
    of: Literal["added", "all"] = "added",
) -> Reward:
    """The share of the query's terms that stand in at least `low` passages and in at most the share `high` of them, in [0, 1].

    Other terms give a retriever no margin: one that no passage has finds nothing, one that many have tells none apart. With
    "added" only the terms that the question lacks are judged, and the reward does not apply where there are none; with "all"
    every term of the query. `table` is a `BM25`, or anything with its `terms`, `df` and length. It needs no gold, so it also
    serves while a flow runs; the feedback names the terms that are absent or too common.

    Source: SIRA (arXiv 2605.06647), the document-frequency filter of added terms. Its bounds are not known, so they are params;
    its third condition, a margin in retrieval, is not in what we could read of it, and left out. Raises `RewardError` for a
    table without `df`, for low < 1 and for high outside (0, 1].
    """
    if not callable(getattr(table, "df", None)):
        raise RewardError(
            f"{type(table).__name__} has no df(term): give a BM25, or a table with terms(text), df(term) and a length"
        )
    if low < 1 or not 0 < high <= 1 or of not in ("added", "all"):
        raise RewardError(f"low is at least 1, high in (0, 1], of 'added' or 'all'; not {low!r}, {high!r}, {of!r}")
    return reward(name="document_margin")(partial(_margin, table=table, low=low, high=high, of=of))


def _margin(
    step: Step, trace: Trace, example: Example | None, *, table: DocumentFrequencies, low: int, high: float, of: str
) -> Score:
    turn = turn_of(step, trace)
    if turn is None:
        return SILENT
    known = set(table.terms(question_for(turn, trace))) if of == "added" else set()
    judged = [term for term in dict.fromkeys(table.terms(turn.said)) if term not in known]
    if not judged:
        return Score(None, "the query adds no term" if of == "added" else "the query has no terms")
    counts = {term: table.df(term) for term in judged}
    rare = [term for term, df in counts.items() if df < low]
    common = [term for term, df in counts.items() if df >= low and df > high * len(table)]
    written = _as_written(turn.said, table.terms)
    faults = [
        f"{what}: {', '.join(written.get(term, term) for term in terms[:5])}"
        for what, terms in ((f"in fewer than {low} passages" if low > 1 else "in no passage", rare), ("too common", common))
        if terms
    ]
    return Score(1 - (len(rare) + len(common)) / len(judged), "; ".join(faults))


@reward()
def terms_from_evidence(step: Step, trace: Trace, example: Example | None) -> Score:
    """|new terms of the query that what was found by then has| / |new terms of the query|, in [0, 1].

    New are the terms that neither the question nor an earlier query has; found are the texts and titles of all passages, and the
    quotes, that stood before the step. None where there are no new terms, and where nothing had been found yet. It needs no
    gold. It says where the words of a query come from and not whether they help: much of it follows up what was found,
    little of it guesses or goes by a model's memory.

    Source: CTAR, context-driven term adoption rate, of "Agentic Search in the Wild" (arXiv 2601.17617); there 54 % of the new
    terms of 14.4 million requests occur in the evidence gathered by then. Which terms count as new there is not known to us.
    """
    turn = turn_of(step, trace)
    if turn is None:
        return SILENT
    earlier = before(step, trace)
    known = set(terms(question_for(turn, trace)))
    for query in (query for each in earlier for query in queries_of(each, trace)):
        known.update(terms(said(query)))
    found = [passage for each in earlier for passage in values_of(each.writes.get("passages", ()), Passage)]
    texts = [f"{passage.title} {passage.text}" for passage in found]
    texts += [fact.quote for each in earlier for fact in values_of(each.writes.get("evidence", ()), Evidence)]
    new = [term for term in dict.fromkeys(terms(turn.said)) if term not in known]
    if not new or not texts:
        return Score(None, "the query has no new terms" if texts else "nothing had been found yet")
    held = {term for text in texts for term in terms(text)}
    strange = [term for term in new if term not in held]
    feedback = f"{len(new) - len(strange)} of {len(new)} new terms are in what was found"
    written = _as_written(turn.said, terms)
    absent = ", ".join(written.get(term, term) for term in strange[:5])
    return Score(1 - len(strange) / len(new), f"{feedback}; not {absent}" if strange else feedback)


def _as_written(text: str, analyse: Callable[[str], tuple[str, ...]]) -> dict[str, str]:
    """The first word of a text for each of its terms: feedback is in words, not in stems."""
    return {term: word for word in reversed(words_of(text)) for term in analyse(word)}
