"""Boundary cases: questions that are written together with an instruction, where it could be misunderstood.

After AutoPrompt's intent-based prompt calibration (Levi et al., 2024): hard cases are generated jointly with the prompt, against
what earlier prompts got wrong, and labelled. A case is a question about passages that training rows have read; its label comes
from the rules, a judge or a person. Cases only help to search: no change is ever judged on one.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from seekgraph.core.base.budget import Usage
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.metering import Metered
from seekgraph.core.language.lm import LM
from seekgraph.core.language.params import value_of
from seekgraph.core.language.ports import charges
from seekgraph.nodes.judge import Judge
from seekgraph.optimizers.writer import Reflected
from seekgraph.prompts.guard import clean
from seekgraph.prompts.support import supporting
from seekgraph.types import Answer, Example, Passage

LONGEST = 400
"""Characters of a question, or of an answer."""


class Case(BaseModel):
    """A question with the answer that its writer takes for right."""

    question: str
    answer: str


class Bounded(Reflected):
    """What reflecting comes to, with cases at the boundary of the new instruction."""

    cases: list[Case] = Field(default_factory=list)


Answers = tuple[str, ...] | None
Label = Callable[[Case, Sequence[Passage]], Answers | Awaitable[Answers]]
"""Says the right answers to a case, given the passages that it is about; None for a case that is no good."""


def by_rules(case: Case, passages: Sequence[Passage]) -> tuple[str, ...] | None:
    """The case's own answer where a passage says it (`prompts.support`), and the question does not."""
    said = case.answer.casefold() not in case.question.casefold()
    return (case.answer,) if said and supporting(case.answer, passages, case.question) else None


@dataclass(frozen=True)
class ByJudge:
    """The case's own answer where the rules hold, and `Judge` with the model `lm` passes it on the passages that say it. In a
    compile its calls count in the budget (`metered`)."""

    lm: Any

    def metered(self, meter: Meter) -> ByJudge:
        """The same, counted in a meter."""
        return ByJudge(Metered(self.lm, charges(LM), meter, Usage()))

    async def __call__(self, case: Case, passages: Sequence[Passage]) -> tuple[str, ...] | None:
        if by_rules(case, passages) is None:
            return None
        cited = supporting(case.answer, passages, case.question)[:2]
        answer, context = Answer(text=case.answer, citations=cited), tuple(each for each in passages if each.id in cited)
        judge = Judge(**{name: value_of(setting) for name, setting in Judge().settings.items()})
        judged = await judge.run(question=case.question, answer=answer, context=context, lm=self.lm)
        return (case.answer,) if judged.verdict.label == "pass" else None


async def labelled(
    cases: Iterable[Case], passages: Sequence[Passage], label: Label, known: Iterable[str], number: int
) -> list[Example]:
    """The cases as examples, without those that are no good, and those whose question is among `known` ones; `number` tells
    proposals apart in their ids."""
    asked = {_folded(question) for question in known}
    found: list[Example] = []
    for case in cases:
        question, answer = clean(case.question).strip(), clean(case.answer).strip()
        if not question or not answer or max(len(question), len(answer)) > LONGEST or _folded(question) in asked:
            continue
        said = label(Case(question=question, answer=answer), passages)
        answers = await said if inspect.isawaitable(said) else said
        if answers:
            asked.add(_folded(question))
            found.append(Example(id=f"boundary:{number}.{len(found)}", question=question, answers=tuple(answers)))
    return found


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())
