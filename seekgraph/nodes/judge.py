"""Judge: an answer against rules, and against a rubric where a model is bound."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import OrElse, Writes
from seekgraph.core.language.params import Fitted, Float
from seekgraph.nodes.fitting import LinearModel, fit_logistic
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.nodes.read import about, wanted
from seekgraph.nodes.rules.language import rules_for
from seekgraph.prompts.outputs import VerdictOut, to_verdict
from seekgraph.prompts.prompt import OURS
from seekgraph.prompts.rubric import rubric_file, rubric_text
from seekgraph.text.entities import entities, flat, folded, names
from seekgraph.text.matching import match_f1
from seekgraph.text.weights import terms
from seekgraph.types import Answer, Digest, Evidence, Example, Goal, Passage, Verdict

LIKELY = 0.5  # from here on a calibrated verdict says that the answer is rather right than wrong
_RIGHT = 0.5  # the F1 of strict tokens from which on an answer counts as right in calibrating
_DECIDE = ("cited", "known")  # checks of plain facts: where one fails, nobody has to be asked
_FEATURES = ("score",)
_MOST = 0.8  # the share of a longer answer's terms that its citations have to hold


class Judged(Writes):
    """How the answer does, and what a model said of it before that was calibrated."""

    verdict: Verdict
    raw_verdict: Verdict | None = None


class Judge(LLMNode):
    """Check an answer by rule. The verdict's score is the weighted share of checks that hold; its reason lists those that fail.

    - `cited`: it cites something;
    - `known`: everything that it cites is among the passages, the evidence or the digests' resources;
    - `supported`: its text occurs in what it cites, or most of its terms do where it is longer than a name;
    - `typed`: it is of the type that the question asks for;
    - `informative`: it says something that the question does not.

    A check that weighs 0 is left out. A refusal passes none: its score is 0 and its label "refused"; else the label is "pass"
    where every check holds, and "fail".

    A model that is bound judges by `rubric` and scores in tenths; the label is "pass" from `passes` on. It judges refusals, too.
    It is asked only where the rules leave something open: an answer that cites nothing, or what nothing has found, fails with the
    score 0 and costs no call. `rubric` is the name of a written one ("correctness", "groundedness", "completeness"), a `Path`
    to a Markdown file, or the text itself; without one the prompt asks whether the answer is right, complete and supported.

    `calibration`, once it is fitted to examples with gold answers, turns the model's score s into the probability that the answer
    is right, 1 / (1 + exp(-(a s + b))) with a > 0; then the label is "pass" from 0.5 on. `raw_verdict` keeps what the model said.
    (Platt, "Probabilistic outputs for support vector machines", 1999.)
    """

    prompt = OURS / "judge.md"
    output = VerdictOut
    for_trace = True
    fit_needs = frozenset({"answers"})

    cited: float = Float(1.0, low=0.0, high=5.0)
    known: float = Float(2.0, low=0.0, high=5.0)
    supported: float = Float(2.0, low=0.0, high=5.0)
    typed: float = Float(1.0, low=0.0, high=5.0)
    informative: float = Float(1.0, low=0.0, high=5.0)
    rubric: str | Path = ""
    passes: float = Float(0.7, low=0.0, high=1.0)
    calibration: LinearModel | None = Fitted(LinearModel)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.rubric, Path):
            object.__setattr__(self, "rubric", rubric_file(self.rubric))

    @property
    def reply_tokens(self) -> int:
        return 256  # one or two sentences, and a number

    async def run(
        self,
        question: str,
        answer: Answer,
        context: Annotated[tuple[Passage, ...], OrElse("passages")] = (),
        passages: tuple[Passage, ...] = (),
        evidence: tuple[Evidence, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        lm: LM | None = None,
    ) -> Judged:
        checks = self._checks(answer, wanted(question, goal, digests), _texts((*passages, *context), evidence, digests))
        decided = not answer.refused and any(each.name in _DECIDE and each.weight and not each.holds for each in checks)
        if lm is not None and decided:
            return Judged(verdict=Verdict(score=0.0, label="fail", reason=_reason(checks)))
        inputs = {"question": question, "answer": answer, "context": context, "passages": passages, "evidence": evidence}
        inputs |= {"goal": goal, "digests": digests}
        if (verdict := await self.ask(lm, inputs, lambda out: to_verdict(out).value)) is not None:
            return Judged(verdict=self.calibrated(verdict, answer), raw_verdict=verdict)
        if answer.refused:
            return Judged(verdict=Verdict(score=0.0, label="refused", reason=answer.text or "the answer is a refusal"))
        total = sum(each.weight for each in checks)
        passed = sum(each.weight for each in checks if each.holds)
        reason = _reason(checks)
        label = "fail" if reason else "pass"
        return Judged(verdict=Verdict(score=passed / total if total else 0.0, label=label, reason=reason or "every check holds"))

    def _checks(self, answer: Answer, asking: str, texts: dict[str, str]) -> tuple[Check, ...]:
        kind = rules_for(asking).asked(asking).type
        return (
            Check("cited", self.cited, bool(answer.citations), "it cites nothing"),
            Check("known", self.known, all(name in texts for name in answer.citations), _unknown(answer.citations, texts)),
            Check("supported", self.supported, _supports(answer, asking, texts), "what it cites does not say it"),
            Check(
                "typed",
                self.typed,
                _is_typed(answer.text, asking),
                f"it is not of the type asked for ({kind})",
            ),
            Check("informative", self.informative, _tells(answer.text, asking), "it says nothing that the question does not"),
        )

    def calibrated(self, raw: Verdict, answer: Answer) -> Verdict:
        """The verdict that follows from what a model said of an answer."""
        score = raw.score if self.calibration is None else self.calibration.expecting(_FEATURES).probability((raw.score,))
        passes = score >= (self.passes if self.calibration is None else LIKELY)
        label = "refused" if answer.refused else "pass" if passes else "fail"
        return Verdict(score=score, label=label, reason=raw.reason)

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """The probability that the answer is right (`match_f1` of 0.5 or more) by the model's own score.

        Labels are Platt's, (n + 1) / (n + 2) and 1 / (m + 2) for n right and m wrong ones. Nothing is fitted to fewer than ten
        visits that asked a model, to answers that are all right or all wrong, or where a higher score speaks against the answer.
        """
        channel = self.writing.get("raw_verdict", "raw_verdict")
        asked_of = [row for row in rows if channel in row.writes]
        seen = [(row.writes[channel].score, is_right(row.arguments["answer"], row.example)) for row in asked_of]
        right, wrong = sum(label for _, label in seen), sum(not label for _, label in seen)
        if not right or not wrong:
            return {}
        labels = [(right + 1) / (right + 2) if label else 1 / (wrong + 2) for _, label in seen]
        model = fit_logistic(_FEATURES, [(score,) for score, _ in seen], labels)
        return {"calibration": model} if model is not None and model.weights[0] > 0 else {}

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the answer cites comes first among the passages."""
        digests = inputs.get("digests") or ()
        whole = (passage for digest in digests for passage in digest.resources)
        found = {each.id: each for each in (*(inputs.get("context") or ()), *(inputs.get("passages") or ()), *whole)}
        cited = {id: found[id] for id in inputs["answer"].citations if id in found}
        facts = (*(inputs.get("evidence") or ()), *(fact for digest in digests for fact in digest.facts))
        subject = about(inputs)
        asking = subject["goal"].text if subject["goal"] else subject["question"]
        material = {
            "evidence": facts,
            "context": tuple((cited | found).values()),
            "rubric": rubric_text(str(self.rubric)) or None,
        }
        return {**material, "question": asking, "answer": inputs["answer"]}


class Check(NamedTuple):
    """A rule, what it weighs, whether the answer keeps it, and what is said where it does not."""

    name: str
    weight: float
    holds: bool
    words: str


def is_right(answer: Answer, example: Example) -> bool:
    """Whether an answer is right by the example's gold answers: an F1 of strict tokens (`text.matching`) of 0.5 or more."""
    return match_f1("noanswer" if answer.refused else answer.text, example.answers) >= _RIGHT


def _reason(checks: Sequence[Check]) -> str:
    return "; ".join(f"{each.name}: {each.words}" for each in checks if each.weight and not each.holds)


def _texts(passages: Sequence[Passage], evidence: Sequence[Evidence], digests: Sequence[Digest]) -> dict[str, str]:
    """What may be cited, by id, folded."""
    facts = (*evidence, *(fact for digest in digests for fact in digest.facts))
    found = {each.passage_id: flat(each.quote or each.claim) for each in facts}
    whole = (*(passage for digest in digests for passage in digest.resources), *passages)
    return found | {passage.id: flat(f"{passage.title} {passage.text}") for passage in whole}


def _unknown(citations: Sequence[str], texts: dict[str, str]) -> str:
    return f"it cites {[name for name in citations if name not in texts]}, which nothing has found"


def _supports(answer: Answer, question: str, texts: dict[str, str]) -> bool:
    """Whether the cited texts say the answer; a yes or no, and a choice, where they speak of what the question asks about."""
    cited = [texts[name] for name in answer.citations if name in texts]
    asking = rules_for(question).asked(question)
    if not cited:
        return False
    if asking.closed:
        spoken = [any(names(text, folded(option)) for text in cited) for option in asking.options]
        held = {term for text in cited for term in terms(text)}
        return all(spoken) if spoken else bool(set(terms(question)) & held)
    if any(names(text, folded(answer.text)) for text in cited):
        return True
    said = terms(answer.text)
    held = {term for text in cited for term in terms(text)}
    return len(said) > 1 and sum(term in held for term in said) / len(said) >= _MOST


def _is_typed(text: str, question: str) -> bool:
    """Whether an answer has something of the type asked for in it."""
    asking = rules_for(question).asked(question)
    if asking.type == "yes_no":
        return re.match(r"\W*(?:yes|no)\b", text, re.IGNORECASE) is not None
    if asking.chooses:
        return any(names(flat(text), folded(option)) or names(folded(option), flat(text)) for option in asking.options)
    kinds = {"date": {"date", "year"}, "year": {"date", "year"}, "number": {"number", "year"}}.get(asking.type)
    if kinds is None:
        return bool(text.strip())
    return any(entity.kind in kinds for entity in entities(text))


def _tells(text: str, question: str) -> bool:
    """Whether an answer says more than the question: a yes or no and a choice always do."""
    asking = rules_for(question).asked(question)
    if asking.closed:
        return bool(text.strip())
    return bool(set(flat(text).split()) - set(flat(question).split()))
