"""What a draft has to pass, as a table that users may add to.

The filters are those of Search Self-play (Lu and others, 2025: a question is checked by rules, and by answering it from its own
passages plus noise) and of everyday care. Each is a function of a draft and the `View` of the documents:

    def polite(draft, view):
        return failed("shouting") if draft.question.isupper() else passed()

    sg.synthesis.draft(corpus, filters={**FILTERS, "polite": polite})

It may be a coroutine. Filters run in the order of the table, and the first that fails drops the draft. Those that ask a model
judge with the rule-based implementation where there is one, and else say that they could not.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.synthesis import reader
from seekgraph.synthesis.rules.english import points_outside
from seekgraph.synthesis.values import Draft, Outcome
from seekgraph.synthesis.view import View
from seekgraph.text.alike import alike
from seekgraph.text.matching import strict_tokens
from seekgraph.text.normal import comparable
from seekgraph.text.scripts import unspaced
from seekgraph.text.weights import terms
from seekgraph.types import Passage

Filter = Callable[[Draft, View], Outcome | Awaitable[Outcome]]

ALIKE = 0.85
"""From which token F1 two questions count as the same."""

NOISE = 6
"""Passages beside a draft's own when it is asked whether these answer it."""

SHORT = 6
"""Words up to which an answer may stand in a passage by chance, so that the question's words have to be there too."""

FIRST = 3
"""Passages of one search among which not all gold of a question that needs several searches may be."""

FOUND = 10
"""Passages of a plain search among which one gold passage has to be for a question to say what it is about."""

_MORE_WORDS = 40
_MADE_UP = re.compile(r"\b(?:foo|bar|baz|foobar|fake\w*|dummy|lorem|spam|alice|bob|john ?doe)\b", re.I)
_UNRESOLVED = re.compile(r"\b(?:above|(?:that|this|these|those|same) (?:file|example|code|section|page))\b", re.I)
_FIRST_POINTS = frozenset({"this", "these", "that", "those"})
_POINTING = (
    "the above",
    "the following",
    "in this",
    "this example",
    "the passage",
    "the text",
    "the document",
    "according to the",
)


def passed(reason: str = "") -> Outcome:
    return Outcome(filter="", passed=True, reason=reason)


def failed(reason: str) -> Outcome:
    return Outcome(filter="", passed=False, reason=reason)


def unjudged(reason: str) -> Outcome:
    return Outcome(filter="", passed=None, reason=reason)


def well_formed(draft: Draft, view: View) -> Outcome:
    """The question is one line of a length that people type, and ends as a question."""
    text = draft.question.strip()
    if "\n" in text or not text:
        return failed("not one line")
    spaced = not any(unspaced(character) for character in text)
    if not 8 <= len(text) <= 250 or (spaced and not 3 <= len(text.split()) <= _MORE_WORDS):
        return failed("too short or too long")
    return passed() if text[-1] in "?？؟;" else failed("no question mark")


def distinct(draft: Draft, view: View) -> Outcome:
    """No earlier question is nearly the same."""
    for other in view.earlier:
        if comparable(other) == comparable(draft.question) or alike(other, draft.question) >= ALIKE:
            return failed(f"like {other!r}")
    return passed()


def self_contained(draft: Draft, view: View) -> Outcome:
    """The question needs no surroundings: no "this", "above", "the example"; in English also no "it" and "they"."""
    low = draft.question.casefold()
    if any(each in low for each in _POINTING):
        return failed("refers to its passage")
    if _MADE_UP.search(draft.question):
        return failed("is about the made-up names of an example")
    if view.language in (None, "english"):
        if points_outside(draft.question):
            return failed("has a word that only its surroundings explain")
        if _UNRESOLVED.search(draft.answer) or _FIRST_POINTS & {word.strip(".,;:").lower() for word in draft.answer.split()[:3]}:
            return failed("its answer refers to its surroundings")
    return passed()


def grounded(draft: Draft, view: View) -> Outcome:
    """The answer stands verbatim in one of its passages, markup and white space aside."""
    wanted = comparable(draft.answer)
    if not wanted:
        return failed("no answer")
    return (
        passed()
        if any(stands_in(draft.answer, each) for each in _own(draft, view))
        else failed("the answer is in no gold passage")
    )


def not_in_question(draft: Draft, view: View) -> Outcome:
    """The question does not give its answer away."""
    answer, question = strict_tokens(draft.answer), strict_tokens(draft.question)
    if _within(answer, question):
        return failed("the answer is in the question")
    new = set(terms(draft.answer)) - set(terms(draft.question))
    if len(answer) > SHORT and terms(draft.answer) and len(new) < 2:
        return failed("the answer says no more than the question")
    return passed()


def only_here(draft: Draft, view: View) -> Outcome:
    """No other passage answers it too: none near the question has the answer, and no gold passage has a near copy."""
    asked, answer = set(terms(draft.question)), strict_tokens(draft.answer)
    for other in view.near(f"{draft.question} {draft.answer[:200]}", FOUND):
        if other.id in draft.supporting_ids:
            continue
        if not stands_in(draft.answer, other):
            continue
        shared = len(asked & set(terms(f"{other.title} {other.text}"))) / max(1, len(asked))
        if len(answer) > SHORT or shared >= 0.6:
            return failed(f"{other.id} has the answer too")
    return passed()


def findable(draft: Draft, view: View) -> Outcome:
    """The question says enough for a plain search to have a gold passage among its first ones."""
    found = [each.id for each in view.near(draft.question, FOUND)]
    return passed() if set(found) & set(draft.supporting_ids) else failed(f"no search for it finds its passage in {FOUND}")


async def answerable(draft: Draft, view: View) -> Outcome:
    """From its own passages among others that are near the question, a reader answers it rightly.

    The reader is the model; without one it is the ready-made flow `ask`, which has to cite a gold passage and not refuse.
    """
    own = _own(draft, view)
    noise = [each for each in view.near(draft.question, NOISE + len(own)) if each.id not in draft.supporting_ids][:NOISE]
    if view.lm is not None:
        said = await reader.asked(view.lm, draft.question, reader.mixed(own, noise, draft.id))
        return passed() if reader.agrees(said, draft) else failed(f"the model answered {said[:80]!r}")
    answer = await reader.cited(draft.question, reader.mixed(own, noise, draft.id))
    if answer.refused:
        return failed("the reader refuses")
    return passed() if set(answer.citations) & set(draft.supporting_ids) else failed("the reader answers from another passage")


async def needs_documents(draft: Draft, view: View) -> Outcome:
    """The model does not know the answer without the documents."""
    if view.lm is None:
        return unjudged("needs a model")
    said = await reader.asked(view.lm, draft.question, ())
    return failed(f"known without documents: {said[:80]!r}") if reader.agrees(said, draft) else passed()


async def needs_own_passages(draft: Draft, view: View) -> Outcome:
    """From passages near the question without its own the model does not get to the answer."""
    if view.lm is None:
        return unjudged("needs a model")
    others = [
        each for each in view.near(draft.question, NOISE + len(draft.supporting_ids)) if each.id not in draft.supporting_ids
    ]
    said = await reader.asked(view.lm, draft.question, others[:NOISE])
    return failed(f"answered by others: {said[:80]!r}") if reader.agrees(said, draft) else passed()


def several_searches(draft: Draft, view: View) -> Outcome:
    """A question that has several gold passages is not answered by one search: its first results do not hold them all."""
    if len(draft.supporting_ids) < 2:
        return passed()
    first = {each.id for each in view.near(draft.question, FIRST)}
    return failed("one search finds all of its passages") if set(draft.supporting_ids) <= first else passed()


FILTERS: Mapping[str, Filter] = {
    each.__name__: each
    for each in (
        well_formed,
        self_contained,
        grounded,
        not_in_question,
        distinct,
        findable,
        only_here,
        several_searches,
        answerable,
        needs_documents,
        needs_own_passages,
    )
}
"""The filters by name, those that cost little first."""


async def judged(draft: Draft, view: View, filters: Mapping[str, Filter]) -> Draft:
    """The draft with the outcome of each filter, up to the first that it does not pass. Raises `SeekgraphError` for a filter that
    gives no `Outcome`."""
    outcomes: list[Outcome] = []
    for name, filter in filters.items():
        found = filter(draft, view)
        outcome = await found if isawaitable(found) else found
        if not isinstance(outcome, Outcome):
            raise SeekgraphError(f"filter {name!r} gave {outcome!r}: give passed(), failed(reason) or unjudged(reason)")
        outcomes.append(outcome.model_copy(update={"filter": name}))
        if outcome.passed is False:
            break
    return draft.model_copy(update={"outcomes": tuple(outcomes)})


def stands_in(answer: str, passage: Passage) -> bool:
    """Whether a passage has the answer verbatim; markup, white space and the shapes of quotes aside, and in whole words."""
    from seekgraph.synthesis.rules.plain import plain

    wanted = comparable(answer)
    texts = (comparable(passage.text), comparable(plain(passage.text)), comparable(f"{passage.title}"))
    if len(wanted) > 40:
        return any(wanted in text for text in texts)
    tokens = strict_tokens(answer)
    return any(_within(tokens, strict_tokens(text)) for text in texts)


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    return bool(part) and any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


def _own(draft: Draft, view: View) -> list[Passage]:
    return [found for id in draft.supporting_ids if (found := view.get(id)) is not None]
