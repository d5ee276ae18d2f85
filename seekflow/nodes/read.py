"""Read: from passages to the sentences that bear on the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel

from seekflow.core.fitting import FitRow
from seekflow.core.ledger import EvidenceList
from seekflow.core.node import Node, OrElse, Writes
from seekflow.core.params import Fitted, Float, Int
from seekflow.nodes.fitting import LinearModel, fit_logistic
from seekflow.nodes.plan import resolve
from seekflow.text.entities import entities, folded
from seekflow.text.questions import AnswerType, asked
from seekflow.text.sentences import Sentence, sentences
from seekflow.text.weights import coverage, idf, terms
from seekflow.types import Digest, Evidence, Goal, Passage

FEATURES = (
    "coverage",  # share of the question's idf mass that the sentence holds
    "near",  # the same for the passage, title included
    "names",  # share of the question's names in the sentence
    "title",  # the question names the passage
    "title_coverage",  # share of the title's terms that are in the question
    "links",  # the sentence names another passage of the context
    "linked",  # another passage of the context names this one
    "type",  # the sentence holds something of the expected type that is not in the question
    "first",  # it opens the passage
    "place",  # how far down it stands, in [0, 1]
    "rank",  # 1 / (1 + rank of the passage)
    "new",  # share of its terms that the evidence kept so far does not have
)
DEFAULT = LinearModel.of(dict.fromkeys(FEATURES, 1.0), bias=-3.0)


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence of the passage with the number `passage`, and its features in the order of `FEATURES`."""

    sentence: Sentence
    passage: int
    features: tuple[float, ...]


class ReadOut(Writes):
    evidence: EvidenceList


class Read(Node):
    """Pick the sentences of the context that bear on the question, or on the goal where there is one, as evidence.

    At most `keep` sentences a visit, best first, each with a score of at least `least`. The quote is verbatim text of its passage,
    the claim is the same sentence, the score is the model's probability that the sentence is needed.
    """

    fit_needs = frozenset({"supporting_ids", "answers"})

    keep: int = Int(6, low=1, high=30)
    least: float = Float(0.2, low=0.0, high=0.95)
    scorer: LinearModel = Fitted(LinearModel, default=DEFAULT)

    async def run(
        self,
        question: str,
        context: Annotated[tuple[Passage, ...], OrElse("passages")],
        evidence: tuple[Evidence, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
    ) -> ReadOut:
        wanted = resolve(goal.text, digests) if goal else question
        return ReadOut(evidence=read(wanted, context, evidence, self.scorer, self.keep, self.least))

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """A sentence of a gold passage that has an answer in it, or names another gold passage, is one to keep."""
        vectors: list[tuple[float, ...]] = []
        labels: list[float] = []
        weights: list[float] = []
        for row in rows:
            found = _examples(row)
            vectors += [vector for vector, _ in found]
            labels += [label for _, label in found]
            weights += [1.0 / len(found)] * len(found)
        model = fit_logistic(FEATURES, vectors, labels, weights)
        return {"scorer": model} if model else {}


def read(
    question: str,
    context: Sequence[Passage],
    kept: Sequence[Evidence] = (),
    scorer: LinearModel = DEFAULT,
    keep: int = 6,
    least: float = 0.0,
) -> tuple[Evidence, ...]:
    """The best sentences of `context` for `question` as evidence, best first."""
    scorer.expecting(FEATURES)
    found = [(scorer.probability(each.features), each) for each in scored_sentences(question, context, kept)]
    found.sort(key=lambda pair: -pair[0])
    return tuple(
        Evidence(claim=each.sentence.text, passage_id=context[each.passage].id, quote=each.sentence.text, score=score)
        for score, each in found[:keep]
        if score >= least
    )


def scored_sentences(question: str, context: Sequence[Passage], kept: Sequence[Evidence] = ()) -> list[Scored]:
    """Every sentence of the context with its features, in the order of the context."""
    weights = idf(f"{passage.title} {passage.text}" for passage in context)
    wanted = set(terms(question))
    names = {entity.key for entity in entities(question)} - {""}
    folded_question, kind = f" {folded(question)} ", asked(question).type
    titles = [folded(passage.title) for passage in context]
    texts = [f" {folded(passage.text)} " for passage in context]
    known = {term for each in kept for term in terms(each.quote or each.claim)}
    found = []
    for number, passage in enumerate(context):
        title_terms = set(terms(passage.title))
        shared = (
            coverage(wanted, {*terms(passage.text), *title_terms}, weights),
            float(bool(titles[number]) and f" {titles[number]} " in folded_question),
            coverage(title_terms, wanted, weights),
            float(any(other != number and _names(texts[other], titles[number]) for other in range(len(context)))),
            1.0 / (1 + number),
        )
        parts = sentences(passage.text)
        for place, sentence in enumerate(parts):
            held = set(terms(sentence.text))
            flat = f" {folded(sentence.text)} "
            links = any(
                other != number and titles[other] != titles[number] and _names(flat, titles[other])
                for other in range(len(context))
            )
            features = (
                coverage(wanted, held, weights),
                shared[0],
                sum(f" {name} " in flat for name in names) / len(names) if names else 0.0,
                shared[1],
                shared[2],
                float(links),
                shared[3],
                float(_of_type(sentence.text, kind, folded_question)),
                float(place == 0),
                place / len(parts),
                shared[4],
                coverage(held, held - known, weights) if known else 1.0,
            )
            found.append(Scored(sentence, number, features))
    return found


def _names(flat: str, title: str) -> bool:
    """Whether a folded text names a folded title; titles of less than three letters are never found."""
    return len(title) > 2 and f" {title} " in flat


def _of_type(text: str, kind: AnswerType, question: str) -> bool:
    """Whether a text holds something of the expected type that the question does not."""
    wanted = {"date": ("date", "year"), "year": ("date", "year"), "number": ("number",)}.get(kind, ("name", "quoted"))
    return any(entity.kind in wanted and f" {entity.key} " not in question for entity in entities(text))


def _examples(row: FitRow) -> list[tuple[tuple[float, ...], float]]:
    """The sentences of one visit as features and labels; none where the context holds no gold passage."""
    arguments = row.arguments
    context: Sequence[Passage] = arguments.get("context") or ()
    gold = set(row.example.supporting_ids)
    titles = {passage.id: folded(passage.title) for passage in context if passage.id in gold}
    if not titles:
        return []
    answers = [f" {folded(answer)} " for answer in row.example.answers if folded(answer)]
    found = []
    for each in scored_sentences(row.example.question, context, arguments.get("evidence") or ()):
        passage = context[each.passage]
        flat = f" {folded(each.sentence.text)} "
        others = [title for name, title in titles.items() if name != passage.id]
        needed = passage.id in gold and (
            any(answer in flat for answer in answers) or any(_names(flat, title) for title in others)
        )
        found.append((each.features, float(needed)))
    return found
