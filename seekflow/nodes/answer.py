"""Answer: the end of a flow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel

from seekflow.core.fitting import FitRow
from seekflow.core.node import Node, OrElse, Writes
from seekflow.core.params import Fitted, Float, Int, Switch
from seekflow.nodes.comparing import compare
from seekflow.nodes.concluding import conclude
from seekflow.nodes.fitting import LinearModel, fit_listwise
from seekflow.nodes.nesting import unnest
from seekflow.nodes.plan import resolve
from seekflow.nodes.read import DEFAULT as READ
from seekflow.nodes.read import Scored, scored_sentences, wanted
from seekflow.nodes.spans import FEATURES, Candidate, candidates
from seekflow.text.entities import flat, folded, names
from seekflow.text.questions import asked
from seekflow.text.weights import coverage, idf, terms
from seekflow.types import Answer as Answered
from seekflow.types import Digest, Evidence, Goal, Passage
from seekflow.types import Plan as Goals

DEFAULT = LinearModel.of(dict.fromkeys(FEATURES, 1.0))


class AnswerOut(Writes):
    answer: Answered


class Answer(Node):
    """Take the answer from what was found, cite where it comes from, or refuse."""

    fit_needs = frozenset({"answers"})

    refuse_below: float = Float(0.05, low=0.0, high=0.9)
    sentences: int = Int(12, low=1, high=60)
    hops: bool = Switch(True)
    scorer: LinearModel = Fitted(LinearModel, default=DEFAULT)

    async def run(
        self,
        question: str,
        context: Annotated[tuple[Passage, ...], OrElse("passages")] = (),
        evidence: tuple[Evidence, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        plan: Goals | None = None,
    ) -> AnswerOut:
        raise NotImplementedError
