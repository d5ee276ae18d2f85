"""Writing an answer with a model: what it is shown, what it may cite, and what is made of its reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from seekgraph.nodes.plan import resolve
from seekgraph.nodes.rules.language import rules_for
from seekgraph.nodes.span import held_to_spans, span_candidates
from seekgraph.prompts.answers import to_answer
from seekgraph.prompts.outputs import AnswerOut
from seekgraph.text.entities import flat, folded, names
from seekgraph.types import Answer, Evidence, Passage

UNCITED = 0.01
"""The confidence of an answer that nothing which was read supports."""


class Sources(NamedTuple):
    """What an answer is written from: what is asked, what is shown by the names that the prompts read, and what may be cited."""

    asking: str
    shown: Mapping[str, Any]
    facts: tuple[Evidence, ...]
    passages: tuple[Passage, ...]

    def held(self) -> type[AnswerOut] | None:
        """The type of a reply that is a span of what was read; None where nothing in it can be an answer."""
        spans = span_candidates(self.asking, self.facts, self.passages)
        return held_to_spans(spans, [passage.id for passage in self.passages]) if spans else None

    def answer(self, out: AnswerOut, *, prose: bool, drop: bool = False) -> Answer:
        """The answer, citing only what was read. Raises `ValueError` where the reply holds none (`to_answer`).

        A yes or no, and a choice, that cites nothing cites what the question names; one that cites what was never shown does not.
        A confidence of `UNCITED` marks an answer that cites nothing in the end.
        """
        answer, dropped = to_answer(out, self.passages, prose=prose, question=self.asking, drop=drop)
        if answer.refused or answer.citations:
            return answer
        if dropped:
            return answer.model_copy(update={"confidence": UNCITED})
        words = flat(self.asking)
        named: tuple[str, ...] = ()
        if rules_for(self.asking).asked(self.asking).closed:
            named = tuple(each.id for each in self.passages if (title := folded(each.title)) and names(words, title))
        return answer.model_copy(update={"citations": named, "confidence": answer.confidence if named else UNCITED})


def sources(inputs: Mapping[str, Any]) -> Sources:
    """The sources of an answer, from what `Answer.run` is given.

    Inside a call that works on a goal, the goal is all that is asked and what other goals came to is put into it. Else digests
    are shown as they are, and their facts and resources may be cited.
    """
    goal, digests, evidence = inputs.get("goal"), inputs.get("digests") or (), inputs.get("evidence") or ()
    context: Sequence[Passage] = inputs.get("context") or ()
    asking = resolve(goal.text, digests) if goal else inputs["question"]
    shown = {"question": inputs["question"], "evidence": evidence, "context": context}
    if goal:
        shown["goal"] = goal.model_copy(update={"text": asking})
        known, facts = {passage.id: passage for passage in context}, (*evidence,)
    else:
        shown |= {"digests": digests, "plan": inputs.get("plan") if digests else None}
        resources = {passage.id: passage for digest in digests for passage in digest.resources}
        known = {passage.id: passage for passage in context} | resources
        facts = (*evidence, *(fact for digest in digests for fact in digest.facts))
    for fact in facts:
        if fact.passage_id not in known:
            known[fact.passage_id] = Passage(id=fact.passage_id, text=fact.quote or fact.claim)
    return Sources(asking, shown, facts, tuple(known.values()))
