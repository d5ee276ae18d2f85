"""From a question that goes on from a conversation to one that stands by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Writes
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.nodes.rules.language import rules_for
from seekgraph.prompts.outputs import QuestionOut
from seekgraph.prompts.prompt import OURS
from seekgraph.types import Turn


class Asked(Writes):
    """The question as all steps after this one read it."""

    question: str


class Standalone(LLMNode):
    """Put what a question refers to into it: "And her husband?" after "Where was Clara Schumann born?" becomes "Where was Clara
    Schumann's husband born?".

    Put it before a flow that is to answer in a conversation, `Standalone() >> flow`; a question without `history` stays as it is.
    Without a model by the rules of its language (`nodes.rules`), which know pronouns, "the city", "there" and fragments of
    English; what they do not understand stays as it is. A model that is bound rewrites the question; one whose reply is empty, or
    more than four times as long, is not followed.
    """

    prompt = OURS / "standalone.md"
    output = QuestionOut

    @property
    def reply_tokens(self) -> int:
        return 96  # one question

    async def run(self, question: str, history: tuple[Turn, ...] = (), lm: LM | None = None) -> Asked:
        if not history or not question.strip():
            return Asked(question=question)
        inputs = {"question": question, "history": history}
        if (full := await self.ask(lm, inputs, lambda out: _usable(out.question, question, history))) is not None:
            return Asked(question=full)
        return Asked(question=rules_for(question).standalone(question, history))

    def reply(self, writes: Mapping[str, Any]) -> QuestionOut | None:
        question = writes.get("question")
        return QuestionOut(question=question) if isinstance(question, str) and question.strip() else None


def _usable(text: str, question: str, history: tuple[Turn, ...]) -> str:
    """The rewritten question in one line. Raises `ValueError` for one that is none."""
    found = " ".join(text.split())
    longest = 4 * max(len(question), *(len(turn.text) for turn in history if turn.role == "user"), 60)
    if not found or len(found) > longest:
        raise ValueError("that is no rewritten question")
    return found
