"""Judge: an answer against a rubric that needs no model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from seekflow.core.lm import LM
from seekflow.core.node import OrElse, Writes
from seekflow.core.params import Float
from seekflow.nodes.asking import Asking
from seekflow.nodes.read import about, wanted
from seekflow.prompts.outputs import to_verdict
from seekflow.text.entities import entities, flat, folded, names
from seekflow.text.questions import asked
from seekflow.text.weights import terms
from seekflow.types import Answer, Digest, Evidence, Goal, Passage, Verdict

_PASSES = 0.7  # the score from which on a model's verdict is a pass
_MOST = 0.8  # the share of a longer answer's terms that its citations have to hold


class Judged(Writes):
    """How the answer does."""

    verdict: Verdict


class Judge(Asking):
    """Check an answer by rule. The verdict's score is the weighted share of checks that hold; its reason lists those that fail.

    - `cited`: it cites something;
    - `known`: everything that it cites is among the passages, the evidence or the digests' resources;
    - `supported`: its text occurs in what it cites, or most of its terms do where it is longer than a name;
    - `typed`: it is of the type that the question asks for;
    - `told`: it says something that the question does not.

    A check that weighs 0 is left out. A refusal passes none: its score is 0 and its label "refused"; else the label is "pass"
    where every check holds, and "fail".

    A model that is bound judges by `rubric` (without one: is it right, complete and supported) and scores in tenths; the label is
    "pass" from 0.7 on. It judges refusals, too.
    """

    cited: float = Float(1.0, low=0.0, high=5.0)
    known: float = Float(2.0, low=0.0, high=5.0)
    supported: float = Float(2.0, low=0.0, high=5.0)
    typed: float = Float(1.0, low=0.0, high=5.0)
    told: float = Float(1.0, low=0.0, high=5.0)
    rubric: str = ""

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
        if lm is not None:
            given = {"question": question, "answer": answer, "context": context, "passages": passages, "evidence": evidence}
            shown = self.shown({**given, "goal": goal, "digests": digests})
            if (verdict := await self.ask(lm, shown, lambda out: to_verdict(out).value)) is not None:
                label = "refused" if answer.refused else "pass" if verdict.score >= _PASSES else "fail"
                return Judged(verdict=verdict.model_copy(update={"label": label}))
        if answer.refused:
            return Judged(verdict=Verdict(score=0.0, label="refused", reason=answer.text or "the answer is a refusal"))
        asking = wanted(question, goal, digests)
        texts = _texts((*passages, *context), evidence, digests)
        checks = (
            ("cited", self.cited, bool(answer.citations), "it cites nothing"),
            ("known", self.known, all(name in texts for name in answer.citations), _unknown(answer.citations, texts)),
            ("supported", self.supported, _supports(answer, asking, texts), "what it cites does not say it"),
            ("typed", self.typed, _is_typed(answer.text, asking), f"it is not of the type asked for ({asked(asking).type})"),
            ("told", self.told, _tells(answer.text, asking), "it says nothing that the question does not"),
        )
        total = sum(weight for _, weight, _, _ in checks)
        passed = sum(weight for _, weight, holds, _ in checks if holds)
        failed = [f"{name}: {words}" for name, weight, holds, words in checks if weight and not holds]
        score = passed / total if total else 0.0
        return Judged(
            verdict=Verdict(score=score, label="fail" if failed else "pass", reason="; ".join(failed) or "every check holds")
        )

    def shown(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the answer cites comes first among the passages."""
        digests = inputs.get("digests") or ()
        whole = (passage for digest in digests for passage in digest.resources)
        found = {each.id: each for each in (*(inputs.get("context") or ()), *(inputs.get("passages") or ()), *whole)}
        cited = {id: found[id] for id in inputs["answer"].citations if id in found}
        facts = (*(inputs.get("evidence") or ()), *(fact for digest in digests for fact in digest.facts))
        subject = about(inputs)
        asking = subject["goal"].text if subject["goal"] else subject["question"]
        material = {"evidence": facts, "context": tuple((cited | found).values()), "rubric": self.rubric or None}
        return {**material, "question": asking, "answer": inputs["answer"]}


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
    asking = asked(question)
    if not cited:
        return False
    if asking.type == "yes_no" or asking.options:
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
    asking = asked(question)
    if asking.type == "yes_no":
        return re.match(r"\W*(?:yes|no)\b", text, re.IGNORECASE) is not None
    if " or " in question and asking.options:
        return any(names(flat(text), folded(option)) or names(folded(option), flat(text)) for option in asking.options)
    kinds = {"date": {"date", "year"}, "year": {"date", "year"}, "number": {"number", "year"}}.get(asking.type)
    if kinds is None:
        return bool(text.strip())
    return any(entity.kind in kinds for entity in entities(text))


def _tells(text: str, question: str) -> bool:
    """Whether an answer says more than the question: a yes or no and a choice always do."""
    asking = asked(question)
    if asking.type == "yes_no" or asking.options:
        return bool(text.strip())
    return bool(set(flat(text).split()) - set(flat(question).split()))
