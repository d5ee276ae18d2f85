"""The inputs of a prompt as a person would lay them out: one section each, under its heading."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import BaseModel, PydanticUserError, TypeAdapter, ValidationError

from seekgraph.prompts.guard import line, plain, shown_id, without_tokens
from seekgraph.prompts.parsing import PromptError
from seekgraph.types import Answer, Digest, Evidence, Goal, Passage, Plan, Query, Turn, Verdict

_TYPES: Mapping[str, Any] = {
    "context": tuple[Passage, ...],
    "passages": tuple[Passage, ...],
    "evidence": tuple[Evidence, ...],
    "digests": tuple[Digest, ...],
    "goals": tuple[Goal, ...],
    "goal": Goal,
    "plan": Plan,
    "query": Query,
    "queries": tuple[Query, ...],
    "history": tuple[Turn, ...],
    "verdict": Verdict,
    "answer": Answer,
}
"""The values that inputs of these names are read as, where they come as plain data and nothing else is said of them."""

_SPOKEN = frozenset({"question", "rubric"})
"""Texts that stand outside of a fence: their author is the one who asks. Any other text may be a model's, or from outside."""


@dataclass(frozen=True)
class Shown:
    """A passage as it is shown: its id, its title on one line, its text."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Section:
    """An input under its heading: a text of the flow's own, or what came from outside, as lines or as passages.

    `newest` says which lines are left out first where there is no room for all: the oldest, or else the last.
    """

    heading: str
    text: str = ""
    lines: tuple[str, ...] = ()
    passages: tuple[Shown, ...] = ()
    newest: bool = False

    @property
    def empty(self) -> bool:
        return not (self.text or self.lines or self.passages)

    def guarded(self, tokens: Collection[str]) -> Section:
        """This section without these control tokens."""
        lines = tuple(without_tokens(each, tokens) for each in self.lines)
        passages = tuple(
            Shown(each.id, without_tokens(each.title, tokens), without_tokens(each.text, tokens)) for each in self.passages
        )
        return replace(self, text=without_tokens(self.text, tokens), lines=lines, passages=passages)

    def texts(self) -> tuple[str, ...]:
        """All that it may show, for finding a fence that none of it can end."""
        return (self.text, *self.lines, *(part for each in self.passages for part in (each.title, each.text)))


def sections(
    reads: Mapping[str, str],
    inputs: Mapping[str, Any],
    where: str,
    types: Mapping[str, Any] | None = None,
    tokens: Collection[str] = (),
) -> tuple[Section, ...]:
    """The sections of the inputs in the order of `reads`, without those that have nothing in them.

    `types` as `typed` has it; `tokens` are control tokens of the model that are kept out (`guard.without_tokens`).

    Raises `PromptError` for an input that is not among `reads`, and for one that is not what its name says.
    """
    if unknown := sorted(set(inputs) - set(reads)):
        raise PromptError(f"{where} does not read {unknown}: it reads {list(reads)}")
    values = {name: typed(name, inputs[name], where, types) for name in reads if inputs.get(name) is not None}
    found = (_section(reads[name], name, value, values) for name, value in values.items())
    return tuple(section.guarded(tokens) if tokens else section for section in found if not section.empty)


def typed(name: str, value: Any, where: str, types: Mapping[str, Any] | None = None) -> Any:
    """An input as the value that its name stands for; texts, and inputs of names that are not known, as they are.

    `types` has the types of a node's own inputs by name; a value that is not of that type is taken for one of the usual ones.
    """
    if isinstance(value, str):
        return value
    if types and name in types:
        try:
            return _adapter(types[name]).validate_python(value)
        except (ValidationError, PydanticUserError):
            pass  # what a node shows of an input may be something else: one passage of several, the texts of a list
    if name not in _TYPES:
        return value
    if name in ("context", "passages") and isinstance(value, Passage):
        value = (value,)
    try:
        return _adapter(_TYPES[name]).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (name, *first["loc"])))
        raise PromptError(f"{where}: the input {place!r} does not fit: {first['msg'].lower()}") from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _section(heading: str, name: str, value: Any, values: Mapping[str, Any]) -> Section:
    if isinstance(value, str):
        text = plain(value).strip()
        return Section(heading, text=text) if name in _SPOKEN else Section(heading, lines=tuple(text.splitlines()))
    if isinstance(value, bool | int | float):
        return Section(heading, text=str(value))
    if isinstance(value, Goal | Query):
        return Section(heading, text=line(value.text))
    if isinstance(value, Verdict):
        return Section(heading, text=line(value.reason or value.label))
    items: Sequence[Any] = value.goals if isinstance(value, Plan) else value if isinstance(value, Sequence) else (value,)
    if items and all(isinstance(item, Passage) for item in items):
        return Section(heading, passages=tuple(map(_shown, items)))
    plan = values.get("plan")
    goals = {goal.id: goal.text for goal in plan.goals} if isinstance(plan, Plan) else {}
    lines = tuple(text for item in items for text in _lines(item, goals))
    return Section(heading, lines=lines, newest=name in ("history", "digests", "asked", "queries"))


def _shown(passage: Passage) -> Shown:
    return Shown(shown_id(passage.id), line(passage.title), plain(passage.text).strip())


def _lines(item: Any, goals: Mapping[str, str]) -> tuple[str, ...]:
    """An item as lines, each of which can be left out."""
    if isinstance(item, Evidence):
        return (_evidence(item),)
    if isinstance(item, Digest):
        return _digest(item, goals)
    if isinstance(item, Goal):
        needs = f" (needs {', '.join(map(line, item.needs))})" if item.needs else ""
        return (f"{line(item.id)}. {line(item.text)}{needs}",)
    if isinstance(item, Turn):
        return (f"{item.role}: {line(item.text)}",)
    if isinstance(item, Query):
        return (f"- {line(item.text)}",)
    if isinstance(item, Answer):
        cited = "".join(f" [{shown_id(id)}]" for id in item.citations)
        return ((line(item.text) or ("(refused)" if item.refused else "(empty)")) + cited,)
    if isinstance(item, str):
        return (f"- {line(item)}",)
    data = item.model_dump(mode="json") if isinstance(item, BaseModel) else item
    return (f"- {line(json.dumps(data, ensure_ascii=False, default=str))}",)


def _evidence(each: Evidence) -> str:
    quote, claim = line(each.quote), line(each.claim)
    said = f"{quote} ({claim})" if quote and claim and claim != quote else quote or claim
    return f"- [{shown_id(each.passage_id)}] {said}{' (speaks against it)' if each.stance == 'refutes' else ''}"


def _digest(each: Digest, goals: Mapping[str, str]) -> tuple[str, ...]:
    asked = f"{line(each.goal_id)}. {line(goals.get(each.goal_id, ''))} " if each.goal_id else "- "
    ids = dict.fromkeys([*(fact.passage_id for fact in each.facts), *(passage.id for passage in each.resources)])
    cited = "".join(f" [{shown_id(id)}]" for id in [*ids][:4])
    head = f"{asked}{line(each.conclusion) or '(nothing found)'}{cited}"
    return (head, *(f"  {_evidence(fact)}" for fact in each.facts[:4]))
