"""Whether a model's refusal is worth another search: what it says to be missing is searched for once."""

from __future__ import annotations

from typing import ClassVar

from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Node, Writes
from seekgraph.types import Answer, Passage, Verdict


class Settled(Writes):
    """Whether the answer stands: a score of 1, or of 0 with what is missing as the reason."""

    verdict: Verdict


class Missing(Node):
    """Judge an answer as missing (0) where a model that was shown passages refused, with its reason; else as settled (1).

    What is missing may be in the corpus all the same: a refusal of a model speaks of what it was shown. Without a model that is
    bound the answer stands, since what refuses then has looked at how near the corpus comes.
    """

    role: ClassVar[str] = "answer"  # where the model leaves answering to rules, a refusal is not its own

    async def run(self, answer: Answer, context: tuple[Passage, ...] = (), lm: LM | None = None) -> Settled:
        if lm is not None and answer.refused and context:
            return Settled(verdict=Verdict(score=0.0, label="missing", reason=answer.text))
        return Settled(verdict=Verdict(score=1.0, label="settled"))
