"""Answer: the end of a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import BaseModel

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import OrElse, Writes
from seekgraph.core.language.params import Fitted, Float, Int, Param, Switch, value_of
from seekgraph.core.language.ports import Ranker, Vocabulary
from seekgraph.nodes.answerable import Unknown, answerability, unknown
from seekgraph.nodes.best_block import nearness
from seekgraph.nodes.candidates import FEATURES
from seekgraph.nodes.composing import compose
from seekgraph.nodes.concluding import conclude
from seekgraph.nodes.extracting import Extracted, extract, read_candidates
from seekgraph.nodes.fitting import LinearModel, fit_listwise
from seekgraph.nodes.llm_node import LLMNode, fell_back
from seekgraph.nodes.read import wanted
from seekgraph.nodes.rules.language import rules_for
from seekgraph.nodes.writing import Sources, sources
from seekgraph.prompts.answers import MADE_UP
from seekgraph.prompts.guard import shown_id
from seekgraph.prompts.outputs import AnswerOut as Reply
from seekgraph.prompts.prompt import OURS
from seekgraph.prompts.quotes import locate
from seekgraph.text.matching import match_f1
from seekgraph.types import Answer as Answered
from seekgraph.types import Digest, Evidence, Goal, Passage
from seekgraph.types import Plan as Goals

# Fitted on 2wiki, hotpotqa and musique, on gold passages alone and among those of BM25, and rounded; `rank` is set by hand.
_WEIGHTS = (
    1.2, 3.2, -0.1, -0.8, -0.2, -0.3, 0.8, 2.0, 0.4, 2.2, 0.5, 1.0, 1.3, 1.1, 2.0, 0.3, 0.2, 0.8, -0.2, 0.4, -0.7, -0.9,
    1.5, 1.8, 1.1, -0.5, -1.1, -1.0, 1.7, 0.3,
)  # fmt: skip
DEFAULT = LinearModel.of(dict(zip(FEATURES, _WEIGHTS, strict=True)))


STYLES = ("auto", "short", "prose", "list")
UNSUPPORTED = ("mark", "drop")
_SHORT = frozenset(("yes_no", "person", "place", "date", "year", "number", "name"))
_AS_LIST = "\n\nWrite the answer as a list: one item a line, each begun with a dash and ended with the ids of its passages."


class AnswerOut(Writes):
    """The end of the run."""

    answer: Answered


class Answer(LLMNode):
    """Take the answer from what was found, cite where it comes from, or refuse.

    Where goals have been worked on (`digests`, and no goal of its own) it concludes from what they came to. Else it takes a
    span of the evidence, or of the best `sentences` of the context where there is no evidence; with `hops` the inner questions
    of a nested question are answered first. Comparisons, and questions for yes or no, are settled by what the passages say.
    In prose it is composed of the sentences, list items and code blocks that answer, verbatim, at most `words` words, each
    followed by the id of its passage (`composing.compose`); a `ranker` that is bound says how near each is in meaning,
    and so how probable it is that they answer at all (`answerable`), which is its confidence; a `vocabulary` that is bound says
    which names of the question stand nowhere in the documents.

    Citations are ids of passages that it has read: the one that holds the answer first, then those that lead there. Below a
    confidence of `refuse_below`, or where there is nothing to answer from, it refuses and says why.

    `style` says which of these it is: "short", "prose", "list" (prose, one item a line, with a model), or "auto": prose without
    a model; with one, short where the question asks for a yes or no, a person, a place, a date or a number, and prose where it
    asks how, why or what something is. Without a style it is `prose` that decides.

    A model that is bound writes the answer: in as few words as possible, or in prose with ids of passages in it. A sentence of
    prose that no passage which it cites bears out (`prompts.support`) cites one that does, or is `unsupported`: marked with
    "[no source]", or dropped ("drop"); where none is borne out, the answer is a refusal like one without a source. With `span`
    a short answer is held, while it is written, to spans of what was read; "auto" does so with a model that is known to gain by
    it. With `evidence_only` it is shown the evidence in the place of whole passages, where there is any: small models answer
    better from a few sentences. An answer that nothing which was read supports has a confidence of 0.01, and so is a refusal
    unless `refuse_below` is lower.
    """

    prompt = OURS / "answer_short.md"
    output = Reply
    prompt_when = {"prose": (OURS / "answer.md", Reply)}  # noqa: RUF012
    fit_needs = frozenset({"answers"})

    refuse_below: float = Float(0.02, low=0.0, high=0.9)
    sentences: int = Int(12, low=1, high=60)
    hops: bool = Switch(True)
    scorer: LinearModel = Fitted(LinearModel, default=DEFAULT)
    with_model = LLMNode.with_model | {"span", "evidence_only", "unsupported"}
    without_model = frozenset({"sentences", "hops", "scorer", "words", "ranker", "vocabulary"})

    prose: bool = False
    style: str = ""
    unsupported: str = "mark"
    words: int = 110
    ranker: str = "ranker"
    vocabulary: str = "vocabulary"
    span: bool | str = "auto"
    evidence_only: bool = False

    @property
    def role(self) -> str:
        """It is "answer" where it may be in prose, else "answer_short"; or `as_role`."""
        if self.as_role:
            return self.as_role
        style = value_of(self.style)
        return "answer" if (style != "short" if style else value_of(self.prose)) else "answer_short"

    @property
    def reply_tokens(self) -> int:
        return 512 if self.prose else 128

    def __post_init__(self) -> None:
        _one_of("style", self.style, ("", *STYLES))
        _one_of("unsupported", self.unsupported, UNSUPPORTED)
        super().__post_init__()

    async def run(
        self,
        question: str,
        context: Annotated[tuple[Passage, ...], OrElse("passages")] = (),
        evidence: tuple[Evidence, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        plan: Goals | None = None,
        lm: LM | None = None,
        ranker: Ranker | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> AnswerOut:
        if lm is not None and (context or evidence or digests):
            inputs = {"question": question, "context": context, "evidence": evidence, "goal": goal, "digests": digests}
            styled = self._styled(wanted(question, goal, digests))
            if (written := await styled._written(lm, {**inputs, "plan": plan})) is not None:
                return AnswerOut(answer=written)
        asking = wanted(question, goal, digests)
        if (self.style != "short" if self.style else self.prose) and not digests:
            near = await nearness(asking, context, ranker)
            missing = await unknown(asking, context, vocabulary)
            return AnswerOut(answer=_composed(asking, context, near, missing, self.words, self.refuse_below))
        self.scorer.expecting(FEATURES)
        concluded = conclude(asking, digests, plan) if digests and goal is None else None
        read = {passage.id: passage for passage in context}
        if goal is None:
            read = {passage.id: passage for digest in digests for passage in digest.resources} | read
        facts = tuple(fact for digest in digests for fact in digest.facts) if goal is None else ()
        found = concluded or extract(asking, tuple(read.values()), (*facts, *evidence), self.scorer, self.sentences, self.hops)
        return AnswerOut(answer=_answer(found, {*read, *(each.passage_id for each in (*facts, *evidence))}, self.refuse_below))

    def _styled(self, asking: str) -> Self:
        """This node with the style in the place of `prose`, for a model that answers one question."""
        style = self.style
        if not style:
            return self
        if style == "auto":
            style = "short" if rules_for(asking).asked(asking).type in _SHORT else "prose"
        prose = style != "short"
        instruction = value_of(self.instruction) if prose == self.prose else ""
        styled = replace(self, style="", prose=prose, instruction=instruction)
        if style != "list":
            return styled
        return replace(styled, instruction=f"{value_of(styled.instruction) or styled.active_prompt.instruction}{_AS_LIST}")

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._sources(inputs).shown

    def _sources(self, inputs: Mapping[str, Any]) -> Sources:
        found = sources(inputs)
        if not (self.evidence_only and found.facts):
            return found
        return found._replace(shown={**found.shown, "context": ()})

    def reply(self, writes: Mapping[str, Any]) -> Reply | None:
        answer = writes.get("answer")
        return Reply.of(answer) if isinstance(answer, Answered) else None

    def ideal(self, row: FitRow) -> Reply | None:
        """The gold answer with the supporting passages that were read, if it stands in one of them or is a yes or no."""
        inputs, golds = row.arguments, row.example.answers
        if self.prose or not golds or inputs.get("goal") is not None:
            return None
        gold = [each for each in sources(inputs).passages if each.id in row.example.supporting_ids]
        says = {each.id: found for each in gold if (found := _said_in(each, golds))}
        yes_no = golds[0].casefold() in ("yes", "no")
        if not gold or not (says or yes_no):
            return None
        cited = sorted(gold, key=lambda each: each.id not in says)
        text = golds[0] if yes_no else next(iter(says.values()))
        return Reply(text=text, citations=tuple(shown_id(each.id) for each in cited))

    async def _written(self, lm: LM, inputs: Mapping[str, Any]) -> Answered | None:
        """The model's answer, or a refusal where nothing supports it; None where there is none, and nothing to hold one to."""
        found = self._sources(inputs)
        span = not self.prose and (getattr(lm, "spans", False) if self.span == "auto" else bool(self.span))
        output = found.held() if span else None
        if not found.passages or (span and output is None):
            return None
        drop = self.unsupported == "drop"
        answer = await self.ask_with(lm, found.shown, lambda out: found.answer(out, prose=self.prose, drop=drop), output)
        if answer is not None and not answer.refused and answer.confidence == MADE_UP:
            fell_back(lm)  # code found the source that the model did not name
        if answer is None or answer.refused or answer.confidence >= self.refuse_below:
            return answer
        reason = f"The passages found do not support an answer: none of them says {answer.text!r}."
        return Answered(text=reason, confidence=answer.confidence, refused=True)

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """In each visit, spans that are a gold answer are to come before those that are not."""
        groups, labels = [], []
        for row in rows:
            vectors, right = self._learnable(row)
            groups.append(vectors)
            labels.append(right)
        model = fit_listwise(FEATURES, groups, labels, l2=0.05)
        return {"scorer": model} if model else {}

    def _learnable(self, row: FitRow) -> tuple[list[tuple[float, ...]], list[float]]:
        """The candidates of one visit, and which of them are right: equal to a gold answer, or else the nearest to one."""
        inputs = row.arguments
        golds = row.example.answers
        question = wanted(row.example.question, inputs.get("goal"), inputs.get("digests") or ())
        if not golds or inputs.get("goal") is not None or {"yes", "no"} & set(map(str.lower, golds)):
            return [], []
        context, evidence = inputs.get("context") or (), inputs.get("evidence") or ()
        scorer, most, hops = value_of(self.scorer), value_of(self.sentences), value_of(self.hops)
        found = read_candidates(question, context, evidence, scorer, most, hops)
        shares = [match_f1(each.text, golds) for each in found]
        best = max(shares, default=0.0)
        return [each.features for each in found], [float(share == best and best >= 0.5) for share in shares]


def _one_of(name: str, value: Any, known: Sequence[str]) -> None:
    if not isinstance(value, Param) and value not in known:
        raise ValueError(f"{name} is one of {[each for each in known if each]}, not {value!r}")


def _said_in(passage: Passage, golds: Sequence[str]) -> str:
    """The first of the gold answers that the passage has in it, as it is written there."""
    for gold in golds:
        if gold.strip() and (place := locate(gold, passage.text)):
            return passage.text[place[0] : place[1]]
    return ""


def _composed(
    question: str,
    passages: Sequence[Passage],
    near: Mapping[str, float],
    missing: Unknown,
    words: int,
    refuse_below: float,
) -> Answered:
    """An answer in prose, or a refusal that names the nearest passages, which are not an answer."""
    if not passages:
        return Answered(text="No passages were found, or none was handed on, to answer from.", confidence=0.0, refused=True)
    found = compose(question, passages, words=words, near=near)
    confidence = answerability(question, passages, near, missing)
    if found is None or confidence < refuse_below:
        nearest = "; ".join(f"{passage.title} [{passage.id}]" for passage in passages[:3])
        lacks = f" Nothing in the documents names {' or '.join(missing.names)}." if missing.names else ""
        text = f"The passages found do not answer this.{lacks} Nearest, but not an answer: {nearest}."
        return Answered(text=text, confidence=0.0 if found is None else confidence, refused=True)
    return Answered(text=found.text, citations=tuple(each.id for each in found.passages), confidence=confidence)


def _answer(found: Extracted | None, known: set[str], refuse_below: float) -> Answered:
    """What was extracted as an answer that cites only what is known, or a refusal."""
    if not known:
        return Answered(text="No passages were found, or none was handed on, to answer from.", confidence=0.0, refused=True)
    if found is None:
        return Answered(text="Nothing in the passages found can be an answer.", confidence=0.0, refused=True)
    citations = tuple(passage.id for passage in found.passages if passage.id in known)
    if not citations or found.confidence < refuse_below:
        reason = f"the best candidate, {found.text!r}, has a confidence of {found.confidence:.2f}"
        return Answered(text=f"The passages found do not support an answer: {reason}.", confidence=found.confidence, refused=True)
    return Answered(text=found.text, citations=citations, confidence=found.confidence)
