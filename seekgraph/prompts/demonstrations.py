"""Demonstrations: what a node was shown and the reply that it should have got, as plain data and no longer than needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from seekgraph.core.language.fitting import FitRow
from seekgraph.prompts.guard import shown_id
from seekgraph.prompts.prompted import Prompted
from seekgraph.types import Digest, Evidence, Passage

DISTRACTORS = 1
"""Passages in a demonstration that its reply does not name, so that choosing is shown, too."""

_SAMENESS = ("question", "goal")


@runtime_checkable
class Demonstrable(Prompted, Protocol):
    """A node that asks through a prompt and can be shown how: it has a setting `demos`."""

    def reply(self, writes: Mapping[str, Any]) -> BaseModel | None:
        """What a model would have had to say for a step to write this, by channel; None where no reply says it."""
        ...

    def ideal(self, row: FitRow) -> BaseModel | None:
        """What the reply to this visit should have been, by the example's gold; None where the gold does not say."""
        ...

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the prompt shows of what `run` is given."""
        ...


@runtime_checkable
class Shortened(Protocol):
    """A reply that has a shorter form for demonstrations, such as a ranking of its first few ids."""

    def shortened(self, shown: Set[str]) -> BaseModel:
        """The reply with what a demonstration has room for, naming only ids in `shown`."""
        ...


def demonstration(shown: Mapping[str, Any], reply: BaseModel) -> dict[str, Any]:
    """`{"inputs", "output"}` as `Demos` holds it.

    Of the passages those that the reply names are selected and one besides, of each its id, title and text, and the evidence from
    them: a short demonstration leaves room for another.
    """
    named = set(_ids(reply.model_dump(mode="json")))
    inputs = {name: value for name, value in shown.items() if value not in (None, "", ())}
    pool = [each for value in inputs.values() if isinstance(value, tuple | list) for each in value if isinstance(each, Passage)]
    order = sorted(range(len(pool)), key=lambda at: (shown_id(pool[at].id) not in named, at))
    known = sum(shown_id(each.id) in named for each in pool)
    selected = {pool[at].id for at in order[: max(1, known + DISTRACTORS)]}
    if isinstance(reply, Shortened):
        reply = reply.shortened(named)
        named = set(_ids(reply.model_dump(mode="json")))
        selected = {each.id for each in pool if shown_id(each.id) in named}
    plain = {name: _short(value, selected, bool(pool)) for name, value in inputs.items()}
    return {"inputs": to_jsonable_python(plain), "output": reply.model_dump(mode="json")}


def unlike(demos: Sequence[Mapping[str, Any]], shown: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The demonstrations that are not of what is being asked: no question is answered with its own answer in sight.

    One is of the same that has its question or its goal, or, for a node that is shown neither, all of its texts.
    """
    asked = {_text(shown.get(name)) for name in _SAMENESS} - {""}
    if asked:
        return tuple(demo for demo in demos if not asked & {_text(demo.get("inputs", {}).get(name)) for name in _SAMENESS})
    texts = {name: _text(value) for name, value in shown.items() if isinstance(value, str) or hasattr(value, "text")}
    if not texts:
        return tuple(demos)
    return tuple(demo for demo in demos if any(_text(demo.get("inputs", {}).get(name)) != texts[name] for name in texts))


def size(demo: Mapping[str, Any]) -> int:
    """How long a demonstration is: the characters of all its texts."""
    return sum(map(len, _texts(demo)))


def _short(value: Any, selected: set[str], some: bool) -> Any:
    if not isinstance(value, tuple | list):
        return value
    found: list[Any] = []
    for item in value:
        if isinstance(item, Passage):
            if item.id in selected:
                found.append({"id": item.id, "title": item.title, "text": item.text})
        elif isinstance(item, Digest):
            found.append(item.model_copy(update={"resources": item.resources[:2], "facts": item.facts[:3]}))
        elif not (some and isinstance(item, Evidence)) or item.passage_id in selected:
            found.append(item)
    return found


def _ids(value: Any) -> Iterator[str]:
    """Every text of a reply that may be an id."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _ids(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _ids(each)


def _text(value: Any) -> str:
    text = value.get("text", "") if isinstance(value, Mapping) else getattr(value, "text", value)
    return " ".join(str(text or "").casefold().split())


_texts = _ids
