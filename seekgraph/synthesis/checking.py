"""What is wrong with a dev set, before anything is concluded from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from seekgraph.evaluation.nearest import nearest_ids
from seekgraph.evaluation.power import rows_needed, smallest_gain, spread_of
from seekgraph.evaluation.recorded import changes
from seekgraph.synthesis.filters import ALIKE, stands_in
from seekgraph.synthesis.labels import pending
from seekgraph.synthesis.values import UNANSWERABLE
from seekgraph.synthesis.view import View
from seekgraph.text.alike import alike
from seekgraph.text.answers import CLOSED
from seekgraph.text.matching import strict_tokens
from seekgraph.text.normal import comparable
from seekgraph.text.weights import terms
from seekgraph.tools.bm25 import BM25
from seekgraph.types import Example, Passage

Sets = Mapping[str, Sequence[Example]]
"""Dev sets by what they are called: the names of their files."""

GAIN = 0.05
"""The gain for which the report says how many rows would prove it."""

RAREST = 3  # words of a question, one of which another one that is nearly the same has too


class Finding(NamedTuple):
    """One thing that is wrong, or worth a look: which check says so, of which rows, and in words. Errors make results wrong."""

    check: str
    level: Literal["error", "warning"]
    rows: tuple[str, ...]
    text: str


class Gain(NamedTuple):
    """What the rows of a set can prove: the smallest gain of a metric in [0, 1] that a paired test would find in 4 of 5 cases."""

    name: str
    rows: int
    smallest: float


class Checked(NamedTuple):
    """What a check came to. `needed` is how many rows a gain of `GAIN` needs."""

    findings: tuple[Finding, ...]
    gains: tuple[Gain, ...]
    needed: int

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make results wrong."""
        return tuple(each for each in self.findings if each.level == "error")

    def to_json(self) -> dict[str, Any]:
        """The check as plain data."""
        findings = [{**each._asdict(), "rows": list(each.rows)} for each in self.findings]
        return {"findings": findings, "gains": [each._asdict() for each in self.gains], "rows_for_0.05": self.needed}


Check = Callable[[Sets, View], Iterable[Finding]]


def check(sets: Sets, corpus: BM25 | Iterable[Passage], checks: Mapping[str, Check] | None = None) -> Checked:
    """Look through dev sets, given by name, over the passages of a corpus. `checks` are `CHECKS` where they are not given."""
    view = View(corpus)
    used = CHECKS if checks is None else checks
    findings = tuple(found for each in used.values() for found in each(sets, view))
    spread = spread_of(())
    gains = tuple(Gain(name, len(rows), smallest_gain(len(rows), spread)) for name, rows in sets.items())
    return Checked(findings, gains, rows_needed(GAIN, spread))


def leaks(sets: Sets, view: View) -> Iterator[Finding]:
    """Questions that stand in two sets, or nearly: what is judged there is not new."""
    for one, other in _alike([(name, row) for name, rows in sets.items() for row in rows]):
        if one[0] != other[0]:
            said = (
                "the same question"
                if comparable(one[1].question) == comparable(other[1].question)
                else "nearly the same question"
            )
            text = f"{said} in {one[0]} and {other[0]}: {one[1].question!r}"
            yield Finding("leaks", "error", (one[1].id, other[1].id), text)


def duplicates(sets: Sets, view: View) -> Iterator[Finding]:
    """Questions that stand twice in one set, or nearly: they count twice."""
    for name, rows in sets.items():
        for one, other in _alike([(name, row) for row in rows]):
            yield Finding(
                "duplicates", "warning", (one[1].id, other[1].id), f"{name}: {one[1].question!r} comes twice, or nearly"
            )


def missing_gold(sets: Sets, view: View) -> Iterator[Finding]:
    """Gold passages that the corpus has not: no flow can find them."""
    known = view.corpus.passages
    for _, row in _rows(sets):
        hops = tuple(each.supporting_id for each in row.decomposition if each.supporting_id is not None)
        for id in dict.fromkeys((*row.supporting_ids, *hops)):
            if known.number(id) is None:
                near = nearest_ids(id, (each.id for each in view.passages))
                hint = f"; nearest: {', '.join(near[:3])}" if near else ""
                yield Finding("missing_gold", "error", (row.id,), f"{row.id}: no passage is called {id!r}{hint}")


def changed_gold(sets: Sets, view: View) -> Iterator[Finding]:
    """Gold passages whose text is no longer what the row has recorded."""
    for _, row in _rows(sets):
        for text in changes([row], ((each.id, each.text) for each in view.passages)):
            yield Finding("changed_gold", "error", (row.id,), text)


def answers_elsewhere(sets: Sets, view: View) -> Iterator[Finding]:
    """Answers of which none stands in a gold passage: either the answer or the gold is wrong, or it has to be worked out."""
    for _, row in _rows(sets):
        gold = [found for id in row.supporting_ids if (found := view.get(id)) is not None]
        if not (row.answers and gold) or CLOSED & {comparable(each) for each in row.answers}:
            continue
        if not any(stands_in(answer, passage) for answer in row.answers for passage in gold):
            text = f"{row.id}: {row.answers[0][:60]!r} stands in none of its gold passages"
            yield Finding("answers_elsewhere", "warning", (row.id,), text)


def answers_given_away(sets: Sets, view: View) -> Iterator[Finding]:
    """Answers that stand in the question; a choice between two things is none."""
    for _, row in _rows(sets):
        question = strict_tokens(row.question)
        for answer in row.answers:
            tokens = strict_tokens(answer)
            there = any(question[at : at + len(tokens)] == tokens for at in range(len(question)))
            if tokens and there and not {"or", "between"} & set(question):
                yield Finding(
                    "answers_given_away", "warning", (row.id,), f"{row.id}: its answer {answer[:60]!r} is in the question"
                )


def no_gold(sets: Sets, view: View) -> Iterator[Finding]:
    """Rows with nothing to score by."""
    for _, row in _rows(sets):
        if (
            not (row.answers or row.supporting_ids or row.decomposition or row.step_labels)
            and row.meta.get("kind") != UNANSWERABLE
        ):
            yield Finding("no_gold", "warning", (row.id,), f"{row.id} has neither answers nor gold passages")


def still_answerable(sets: Sets, view: View) -> Iterator[Finding]:
    """Unanswerable questions whose passages are in this corpus: here they are answered."""
    for _, row in _rows(sets):
        removed = row.meta.get("removed_ids")
        there = [str(id) for id in removed if view.get(str(id)) is not None] if isinstance(removed, Sequence) else []
        if there:
            text = f"{row.id} is unanswerable only without {there[0]!r}: take the documents that `draft --reduced` wrote"
            yield Finding("still_answerable", "error", (row.id,), text)


def drafts(sets: Sets, view: View) -> Iterator[Finding]:
    """Rows that nobody has looked at."""
    for name, rows in sets.items():
        if waiting := pending(rows):
            text = f"{name}: {len(waiting)} of {len(rows)} rows are drafts: look at them with `seekgraph questions label {name}`"
            yield Finding("drafts", "warning", tuple(each.id for each in waiting), text)


CHECKS: Mapping[str, Check] = {
    each.__name__: each
    for each in (
        leaks,
        missing_gold,
        changed_gold,
        still_answerable,
        duplicates,
        answers_elsewhere,
        answers_given_away,
        no_gold,
        drafts,
    )
}
"""The checks by name; users may give a table of their own."""


def _rows(sets: Sets) -> Iterator[tuple[str, Example]]:
    return ((name, row) for name, rows in sets.items() for row in rows)


def _alike(rows: Sequence[tuple[str, Example]]) -> Iterator[tuple[tuple[str, Example], tuple[str, Example]]]:
    """The pairs of rows whose questions are nearly the same, without comparing all with all: such share one of their rare
    words."""
    words = [set(terms(row.question)) or {comparable(row.question)} for _, row in rows]
    counts = Counter(word for each in words for word in each)
    having: dict[str, list[int]] = {}
    for at, own in enumerate(words):
        rare = sorted(own, key=lambda word: (counts[word], word))[:RAREST]
        for other in sorted({number for word in rare for number in having.get(word, ())}):
            if alike(rows[other][1].question, rows[at][1].question) >= ALIKE:
                yield rows[other], rows[at]
        for word in own:
            having.setdefault(word, []).append(at)
