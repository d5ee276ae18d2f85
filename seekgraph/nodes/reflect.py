"""Reflect: whether what was found is enough to answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import OrElse, Writes
from seekgraph.core.language.params import Fitted
from seekgraph.nodes.fitting import LinearModel, fit_logistic
from seekgraph.nodes.fuse import LINKS, TITLES
from seekgraph.nodes.llm_node import LLMNode, searched
from seekgraph.nodes.material import Material
from seekgraph.nodes.plan import plan_by_patterns
from seekgraph.nodes.read import about, has_type, wanted
from seekgraph.nodes.rules.language import rules_for
from seekgraph.prompts.outputs import VerdictOut, to_verdict
from seekgraph.prompts.prompt import OURS
from seekgraph.text.entities import entities, flat, folded, names
from seekgraph.text.weights import coverage, terms
from seekgraph.types import Digest, Evidence, Goal, Passage, Ranking, Verdict

FEATURES = (
    "covered",  # share of the question's idf mass that the context holds
    "covered_by_one",  # the most of it that one passage holds
    "names",  # share of the question's names that the context speaks of
    "about",  # share of the question's names that a passage is about
    "chain",  # a passage that the question names names another passage
    "chain_covers",  # the most of the idf mass that two such passages hold
    "compared",  # the question compares two things, and each has its passage
    "compares",  # the question compares two things
    "hops",  # how many goals it has by patterns, at most 4, over 4
    "reach",  # passages that it names, or that those name, over the number of goals, 2 at least; at most 1
    "typed",  # the evidence, or the passages at the end of the chain, hold something of the type asked for
    "gap",  # 1 - second best passage score / best
    "evidence",  # the best score of the evidence
    "new",  # share of the last ranked list that no earlier one had
    "round",  # log2 of the round in the loop
    "size",  # log2(1 + number of passages)
)
# Fitted on 2wiki, hotpotqa and musique contexts with and without all gold passages, rounded; evidence and round are set by hand.
_WEIGHTS = (1.2, -2.3, 1.6, 0.0, 0.4, 2.3, 1.5, -0.4, -3.8, 2.5, -1.0, 0.0, 0.5, 0.0, 0.2, 0.2)
DEFAULT = LinearModel.of(dict(zip(FEATURES, _WEIGHTS, strict=True)), bias=-1.3)
_ENOUGH = 0.5


class Reflected(Writes):
    """Whether to go on searching."""

    verdict: Verdict


class Reflect(LLMNode):
    """Judge whether the context is enough to answer the question, or the goal where there is one.

    The verdict's score is the probability that everything needed has been found, its label "enough" from one half on, else
    "more"; its reason names what is missing: names and words of the question that the context does not speak of.

    A model that is bound gives the score, in tenths, and names what is missing.
    """

    prompt = OURS / "reflect.md"
    output = VerdictOut
    fit_needs = frozenset({"supporting_ids"})
    without_model: ClassVar[frozenset[str]] = frozenset({"critic"})

    critic: LinearModel = Fitted(LinearModel, default=DEFAULT)

    @property
    def reply_tokens(self) -> int:
        return 128  # what is missing, and a number

    async def run(
        self,
        question: str,
        context: Annotated[tuple[Passage, ...], OrElse("passages")],
        evidence: tuple[Evidence, ...] = (),
        rankings: tuple[Ranking, ...] = (),
        round: int = 0,
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        lm: LM | None = None,
    ) -> Reflected:
        if context:
            inputs = {"question": question, "context": context, "evidence": evidence, "rankings": rankings, "goal": goal}
            verdict = await self.ask(lm, {**inputs, "digests": digests}, lambda out: to_verdict(out).value)
            if verdict is not None:
                label = "enough" if verdict.score >= _ENOUGH else "more"
                return Reflected(verdict=verdict.model_copy(update={"label": label}))
        self.critic.expecting(FEATURES)
        asking, material = wanted(question, goal, digests), Material(context)
        score = self.critic.probability(features(asking, material, evidence, rankings, round)) if context else 0.0
        label = "enough" if score >= _ENOUGH else "more"
        return Reflected(verdict=Verdict(score=score, label=label, reason=reason(asking, material)))

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        found = {name: inputs.get(name) for name in ("evidence", "digests", "context")}
        return {**found, "asked": searched(inputs.get("rankings") or (), (LINKS, TITLES)), **about(inputs)}

    def reply(self, writes: Mapping[str, Any]) -> VerdictOut | None:
        verdict = writes.get("verdict")
        return VerdictOut.of(verdict) if isinstance(verdict, Verdict) else None

    def ideal(self, row: FitRow) -> VerdictOut | None:
        """Ten tenths where all supporting passages are there, else at most four."""
        gold, context = set(row.example.supporting_ids), row.arguments.get("context") or ()
        if not gold or row.arguments.get("goal") is not None:
            return None
        share = len(gold & {passage.id for passage in context}) / len(gold)
        if share == 1:
            return VerdictOut(reason="All that the question needs is there.", score=10)
        return VerdictOut(reason=reason(row.arguments["question"], Material(context)), score=int(5 * share))

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """A visit is to be judged enough if all gold passages were in its context."""
        vectors, labels = [], []
        for row in rows:
            inputs = row.arguments
            context, gold = inputs.get("context") or (), set(row.example.supporting_ids)
            if not context or not gold:
                continue
            asking = wanted(row.example.question, inputs.get("goal"), inputs.get("digests") or ())
            evidence, rankings = inputs.get("evidence") or (), inputs.get("rankings") or ()
            vectors.append(features(asking, Material(context), evidence, rankings, inputs.get("round") or row.round))
            labels.append(float(gold <= {passage.id for passage in context}))
        model = fit_logistic(FEATURES, vectors, labels, l2=0.02)
        return {"critic": model} if model else {}


def features(
    question: str, material: Material, evidence: Sequence[Evidence], rankings: Sequence[Ranking], round: int
) -> tuple[float, ...]:
    """What the critic looks at, in the order of `FEATURES`."""
    asking, weights, words = frozenset(terms(question)), material.weights, flat(question)
    named = _names(question)
    about = [at for at, is_about in enumerate(material.about(words)) if is_about]
    ahead = [(at, to) for at in about for to in sorted(material.naming[at])]
    reached = {*about, *(to for _, to in ahead)}
    asked = rules_for(question).asked(question)
    options, kind = asked.options, asked.type
    nested = len(plan_by_patterns(question, 4).goals)
    compared = [
        any(names(title, folded(option)) or names(folded(option), title) for title in material.titles) for option in options
    ]
    held = frozenset().union(*material.terms)
    pairs = (coverage(asking, material.terms[at] | material.terms[to], weights) for at, to in ahead)
    last = [material.passages[to].text for _, to in ahead] or [material.passages[at].text for at in about]
    scores = sorted((passage.score for passage in material.passages), reverse=True)
    return (
        coverage(asking, held, weights),
        max((coverage(asking, each, weights) for each in material.terms), default=0.0),
        sum(_spoken_of(name, material) for name in named) / max(1, len(named)),
        sum(any(names(title, name) for title in material.titles) for name in named) / max(1, len(named)),
        float(bool(ahead)),
        max(pairs, default=0.0),
        float(bool(compared) and all(compared)),
        float(bool(compared)),
        nested / 4,
        min(1.0, len(reached) / max(2, nested)),
        float(any(has_type(text, kind, words) for text in [each.quote for each in evidence] or last)),
        1 - scores[1] / scores[0] if len(scores) > 1 and scores[0] > 0 and scores[1] >= 0 else 0.0,
        max((each.score for each in evidence), default=0.0),
        _share_new(rankings),
        math.log2(max(1, round)),
        math.log2(1 + len(material.passages)),
    )


def reason(question: str, material: Material) -> str:
    """What of the question the passages do not speak of, in words."""
    if not material.passages:
        return "nothing has been found"
    held = frozenset().union(*material.terms)
    missing = [entity.text for entity in entities(question) if entity.key and not _spoken_of(entity.key, material)]
    words = [
        word for word in flat(question).split() if set(terms(word)) - held and not any(word in flat(name) for name in missing)
    ]
    absent = list(dict.fromkeys([*missing, *words]))
    return f"no passage speaks of: {', '.join(absent)}" if absent else "the passages speak of all that the question names"


def _names(question: str) -> set[str]:
    return {entity.key for entity in entities(question) if entity.kind in ("name", "quoted")} - {""}


def _spoken_of(name: str, material: Material) -> bool:
    return any(names(text, name) for text in material.texts) or any(names(title, name) for title in material.titles)


def _share_new(rankings: Sequence[Ranking]) -> float:
    """The share of the last ranked list that no earlier one had; 1 where there is none."""
    if not rankings or not rankings[-1].ids:
        return 1.0
    seen = {name for ranking in rankings[:-1] for name in ranking.ids}
    return sum(name not in seen for name in rankings[-1].ids) / len(rankings[-1].ids)
