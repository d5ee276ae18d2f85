"""Read: from passages to the sentences that bear on the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import OrElse, Writes
from seekgraph.core.language.params import Fitted, Float, Int
from seekgraph.core.record.ledger import EvidenceList
from seekgraph.nodes.fitting import LinearModel, fit_logistic
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.nodes.material import Line, Material
from seekgraph.nodes.plan import resolve
from seekgraph.nodes.rules.base import AnswerType
from seekgraph.nodes.rules.language import rules_for
from seekgraph.prompts.outputs import EvidenceOut, to_evidence
from seekgraph.prompts.prompt import OURS
from seekgraph.text.entities import entities, flat, folded, names
from seekgraph.text.sentences import sentences
from seekgraph.text.weights import coverage, terms
from seekgraph.types import Digest, Evidence, Goal, Passage

FEATURES = (
    "coverage",  # share of the question's idf mass that the sentence holds
    "near",  # the same for the passage, title included
    "names",  # share of the question's names in the sentence
    "title",  # the question names the passage
    "title_coverage",  # share of the title's terms that are in the question
    "links",  # the sentence names another passage
    "linked",  # another passage of the context names this one
    "type",  # the sentence holds something of the expected type that is not in the question
    "first",  # it opens the passage
    "place",  # how far down it stands, in [0, 1]
    "rank",  # 1 / (1 + rank of the passage)
    "new",  # share of its terms that the evidence selected so far does not have
)
DEFAULT = LinearModel.of(
    dict(zip(FEATURES, (2.0, 0.0, 0.3, 0.9, 0.5, 2.0, 0.9, 0.7, 0.6, -0.4, 0.4, 0.8), strict=True)), bias=-6.0
)  # fitted on 2wiki, hotpotqa and musique contexts of gold and BM25 passages, rounded; rank and new are set by hand


class ReadOut(Writes):
    """Sentences worth keeping."""

    evidence: EvidenceList


class Read(LLMNode):
    """Pick the sentences of the context that bear on the question, or on the goal where there is one, as evidence.

    At most `keep` sentences a visit, best first, each with a score of at least `least`. The quote is verbatim text of its
    passage, the claim is the same sentence, the score is the model's probability that the sentence is needed.

    A model that is bound chooses the quotes and says what they tell; a quote that is in none of the passages is dropped.
    """

    prompt = OURS / "read.md"
    output = EvidenceOut
    fit_needs = frozenset({"supporting_ids", "answers"})
    without_model: ClassVar[frozenset[str]] = frozenset({"scorer", "least"})

    keep: int = Int(6, low=1, high=30)
    least: float = Float(0.2, low=0.0, high=0.95)
    scorer: LinearModel = Fitted(LinearModel, default=DEFAULT)

    @property
    def reply_tokens(self) -> int:
        return 32 + 80 * self.keep  # a quote and what it tells

    async def run(
        self,
        question: str,
        context: Annotated[tuple[Passage, ...], OrElse("passages")],
        evidence: tuple[Evidence, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        lm: LM | None = None,
    ) -> ReadOut:
        if context:
            inputs = {"question": question, "context": context, "evidence": evidence, "goal": goal, "digests": digests}
            use = lambda out: to_evidence(out, context, evidence, self.keep).value  # noqa: E731
            if (found := await self.ask(lm, inputs, use)) is not None:
                return ReadOut(evidence=found)
        return ReadOut(evidence=read(wanted(question, goal, digests), context, evidence, self.scorer, self.keep, self.least))

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: inputs.get(name) for name in ("evidence", "context")} | about(inputs)

    def reply(self, writes: Mapping[str, Any]) -> EvidenceOut | None:
        found = writes.get("evidence")
        return EvidenceOut.of(found) if found else None

    def ideal(self, row: FitRow) -> EvidenceOut | None:
        """Of each supporting passage the sentence that has an answer in it, or names another supporting passage."""
        gold = [each for each in row.arguments.get("context") or () if each.id in row.example.supporting_ids]
        found = [evidence for passage in gold for evidence in _needed(passage, gold, row.example.answers)]
        return EvidenceOut.of(found) if found else None

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """A sentence of a gold passage that has an answer in it, or names another gold passage, is one to keep."""
        vectors: list[tuple[float, ...]] = []
        labels: list[float] = []
        weights: list[float] = []
        for row in rows:
            found = _examples(row)
            vectors += [vector for vector, _ in found]
            labels += [label for _, label in found]
            weights += [1.0 / len(found) for _ in found]
        model = fit_logistic(FEATURES, vectors, labels, weights)
        return {"scorer": model} if model else {}


def wanted(question: str, goal: Goal | None, digests: Sequence[Digest]) -> str:
    """What is to be found out: the goal, with what is known about the goals that it needs, or else the question."""
    return resolve(goal.text, digests) if goal else question


def _needed(passage: Passage, gold: Sequence[Passage], answers: Sequence[str]) -> list[Evidence]:
    """The first sentence of a passage that holds an answer, else one that leads to another of the passages."""
    others = [folded(other.title) for other in gold if other.id != passage.id and other.title]
    for wanted_words in ([folded(answer) for answer in answers if answer.strip()], others):
        for sentence in sentences(passage.text):
            if any(words and names(flat(sentence.text), words) for words in wanted_words):
                return [Evidence(claim=sentence.text, passage_id=passage.id, quote=sentence.text)]
    return []


def about(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The question and the goal, with what is known about the goals that it needs, as a prompt shows them."""
    goal, digests = inputs.get("goal"), inputs.get("digests") or ()
    return {"question": inputs["question"], "goal": goal and goal.model_copy(update={"text": resolve(goal.text, digests)})}


def read(
    question: str,
    context: Sequence[Passage],
    selected: Sequence[Evidence] = (),
    scorer: LinearModel = DEFAULT,
    keep: int = 6,
    least: float = 0.0,
) -> tuple[Evidence, ...]:
    """The best sentences of `context` for `question` as evidence, best first."""
    scorer.expecting(FEATURES)
    material = Material(context)
    found = sorted(scored(question, material, scorer, selected), key=lambda pair: -pair[0])
    return tuple(
        Evidence(claim=line.sentence.text, passage_id=context[line.passage].id, quote=line.sentence.text, score=score)
        for score, line in found[:keep]
        if score >= least
    )


def scored(
    question: str, material: Material, scorer: LinearModel = DEFAULT, selected: Sequence[Evidence] = ()
) -> list[tuple[float, Line]]:
    """Every sentence with the probability that it is needed, in the order of the material."""
    vectors = sentence_features(question, material, selected)
    return [(scorer.probability(vector), line) for vector, line in zip(vectors, material.lines, strict=True)]


def sentence_features(question: str, material: Material, selected: Sequence[Evidence] = ()) -> list[tuple[float, ...]]:
    """The features of every sentence of the material, in the order of `FEATURES`."""
    weights, asking = material.weights, frozenset(terms(question))
    flat_question, kind = flat(question), rules_for(question).asked(question).type
    named = {entity.key for entity in entities(question)} - {""}
    known = {term for each in selected for term in terms(each.quote or each.claim)}
    near = [coverage(asking, held, weights) for held in material.terms]
    about = material.about(flat_question)
    titled = [coverage(set(terms(passage.title)), asking, weights) for passage in material.passages]
    return [
        (
            coverage(asking, line.terms, weights),
            near[line.passage],
            sum(names(line.words, name) for name in named) / max(1, len(named)),
            float(about[line.passage]),
            titled[line.passage],
            float(line.links),
            float(material.linked[line.passage]),
            float(has_type(line.sentence.text, kind, flat_question)),
            float(line.place == 0),
            line.place,
            1.0 / (1 + line.passage),
            coverage(line.terms, line.terms - known, weights) if known else 1.0,
        )
        for line in material.lines
    ]


def has_type(text: str, kind: AnswerType, question: str) -> bool:
    """Whether a text holds something of the expected type that the question does not."""
    kinds = {"date": ("date", "year"), "year": ("date", "year"), "number": ("number",)}.get(kind, ("name", "quoted"))
    return any(entity.kind in kinds and not names(question, entity.key) for entity in entities(text))


def _examples(row: FitRow) -> list[tuple[tuple[float, ...], float]]:
    """The sentences of one visit as features and labels; none where the context holds no gold passage."""
    inputs = row.arguments
    context: Sequence[Passage] = inputs.get("context") or ()
    gold = set(row.example.supporting_ids)
    titles = {passage.id: folded(passage.title) for passage in context if passage.id in gold}
    if not titles:
        return []
    answers = [folded(answer) for answer in row.example.answers]
    question = wanted(row.example.question, inputs.get("goal"), inputs.get("digests") or ())
    material, found = Material(context), []
    vectors = sentence_features(question, material, inputs.get("evidence") or ())
    for vector, line in zip(vectors, material.lines, strict=True):
        name = context[line.passage].id
        looked_for = [*answers, *(title for other, title in titles.items() if other != name)]
        found.append((vector, float(name in gold and any(names(line.words, one) for one in looked_for))))
    return found
