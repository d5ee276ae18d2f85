"""Rewards of a step that answers which need no gold: does what it cites exist, and say so? They also serve at run time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.prompts.answers import UNSUPPORTED
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.combine import gate
from seekgraph.rewards.define import reward
from seekgraph.rewards.outcome import is_closed, passages_of, values_of
from seekgraph.rewards.weights import tunable
from seekgraph.text.entities import flat, folded, names
from seekgraph.text.sentences import sentences
from seekgraph.text.weights import terms
from seekgraph.types import Answer, Evidence, Example, Passage

MOST = 0.8
"""The share of a claim's terms that what it cites has to hold, where its words do not stand there in a row."""

_BRACKET = re.compile(r"\[([^\[\]\n]{1,400})\]")
_OTHER = Score(None, "the answer is not an Answer")
_REFUSED = Score(None, "refused")


@reward(on="answer")
def cites_found(step: Step, trace: Trace, example: Example | None) -> Score:
    """The share of an answer's citations that are passages which the run had found or read by then; 0 where it cites nothing.

    None for a refusal. It needs no gold. Source: the bottom line of every cited answer; RAVine counts what it calls false links.
    """
    answer = step.writes["answer"]
    if not isinstance(answer, Answer) or answer.refused:
        return _REFUSED if isinstance(answer, Answer) else _OTHER
    cited = set(answer.citations)
    if not cited:
        return Score(0.0, "cites nothing")
    unknown = sorted(cited - set(_texts(cited, step, trace)))
    return Score(1 - len(unknown) / len(cited), f"cites {', '.join(unknown[:3])}, which nothing has found" if unknown else "")


@reward(on="answer")
def faithful(step: Step, trace: Trace, example: Example | None) -> Score:
    """The share of the answer's claims that the text which they cite says, by rule, in [0, 1].

    Claims are the answer's sentences; one with ids in brackets, "[p3]", cites those, one marked "[no source]" nothing, any
    other what the answer cites. A claim is said if its words stand in a cited text, or if the cited texts together hold at
    least 0.8 of its terms and every number in it; so one that is right in other words counts as not said. None for a refusal,
    and for a yes or no, which stands in no text. It needs no gold.

    Source: answer faithfulness as an extractive rule; citation recall of attributed answers, without a model to judge.
    """
    answer = step.writes["answer"]
    if not isinstance(answer, Answer) or answer.refused:
        return _REFUSED if isinstance(answer, Answer) else _OTHER
    if is_closed((answer.text,)):
        return Score(None, "a yes or no stands in no text")
    claims = list(_claims(answer))
    if not claims:
        return Score(0.0, "says nothing")
    texts = _texts({id for _, cited in claims for id in cited}, step, trace)
    unsaid = [claim for claim, cited in claims if not supports(claim, [texts[id] for id in cited if id in texts])]
    feedback = f"what it cites does not say {unsaid[0][:120]!r}" if unsaid else "what it cites says it"
    return Score(1 - len(unsaid) / len(claims), feedback)


@tunable
def bottom_lines(*lines: Reward, behaviour: Reward, at_least: float = 0.5) -> Reward:
    """`behaviour` where every one of `lines` is `at_least` so much, else 0 with the feedback of the first that is not.

    bottom_lines(cites_found, faithful, behaviour=answer_f1) is SearchLLM's gated aggregation: bottom-line constraints must pass
    before behaviour counts. Which constraints and behaviours it has is not published. None where one of them does not apply.
    Raises `RewardError` without a line.
    """
    if not lines:
        raise RewardError("bottom_lines takes at least one reward that has to pass, such as cites_found")
    made = reduce(lambda inner, line: gate(line, inner, at_least), reversed(lines), behaviour)
    return made.named(f"bottom_lines({', '.join(line.name for line in lines)}: {behaviour.name})")


def supports(claim: str, texts: Sequence[str]) -> bool:
    """Whether these texts say a claim, by the rule of `faithful`."""
    whole = [flat(text) for text in texts]
    if any(names(text, folded(claim)) for text in whole):
        return True
    said = set(terms(claim))
    held = {term for text in texts for term in terms(text)}
    words = {word for text in whole for word in text.split()}
    numbers = {word for word in flat(claim).split() if any(character.isdigit() for character in word)}
    return bool(said) and len(said & held) / len(said) >= MOST and numbers <= words


def _claims(answer: Answer) -> Iterator[tuple[str, Sequence[str]]]:
    """Each claim without its brackets, and what it cites."""
    known = set(answer.citations)
    for sentence in sentences(answer.text):
        marked = [id for group in _BRACKET.findall(sentence.text) for id in [group, *re.split(r"[,;]\s*", group)] if id in known]
        claim = _BRACKET.sub(" ", sentence.text).strip()
        if flat(claim):
            yield claim, () if UNSUPPORTED in sentence.text else marked or answer.citations


def _texts(ids: set[str], step: Step, trace: Trace) -> dict[str, str]:
    """The text of what has one of these ids and was found by then, or read by the step, with its title."""
    known = {id: f"{each.title}. {each.text}" for id, each in passages_of(trace, ids, before=step).items()}
    if len(known) < len(ids):
        read = list(trace.inputs(step).values())
        known = {each.id: f"{each.title}. {each.text}" for each in values_of(read, Passage) if each.id in ids} | known
        for fact in values_of(read, Evidence):
            if fact.passage_id in ids:
                known.setdefault(fact.passage_id, fact.quote)
    return known
