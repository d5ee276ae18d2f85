"""From what is asked of a model to the bytes of a request. What its messages do not change is put together once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic_core import to_json

from seekgraph.lms.options import Extras
from seekgraph.lms.protocols import Asked, HostProtocol, Question, Shape
from seekgraph.lms.refusals import Terms

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
MOST_KEPT = 64
"""Shapes of requests; there are as many as types and settings, which are few."""


class Composed(NamedTuple):
    """A request: its body, the shape that it has, and how many tokens a reply to it may have (None: the model's own limit)."""

    body: bytes
    shape: Shape
    longest: int | None


class Composer:
    """Puts the requests for one model together, by what its host takes."""

    def __init__(self, protocol: HostProtocol, model: str, forms: Sequence[str], extras: Extras, terms: Terms) -> None:
        self._protocol = protocol
        self._model = model
        self._forms = forms
        self._extras = extras
        self._terms = terms
        self._kept: dict[tuple[int, ...], tuple[Asked, Composed]] = {}  # by identity, which each entry keeps from being another's

    def compose(self, question: Question, stream: bool, trial: Terms | None = None) -> Composed:
        """The request for a question, in the first form that the host is not known to refuse.

        With `trial`, terms that only may hold, by these.
        """
        system = False
        for each in question.messages:
            if each.role == "system" and each.content:
                system = True
        if trial is None:
            begun = self._begun(question, system, stream)
        else:
            begun = self._new(Asked(question.output, question.settings, system, stream), trial)
        messages = self._protocol.messages(question, begun.shape)
        if self._extras.body:
            messages = {name: value for name, value in messages.items() if name not in self._extras.body}
        return Composed(begun.body + to_json(messages)[1:], begun.shape, begun.longest)

    def _begun(self, question: Question, system: bool, stream: bool) -> Composed:
        key = id(question.output), id(question.settings), system, stream, self._terms.version
        found = self._kept.get(key)
        if found is not None:
            return found[1]
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        asked = Asked(question.output, question.settings, system, stream)
        begun = self._new(asked, self._terms)
        self._kept[key] = asked, begun
        return begun

    def _new(self, asked: Asked, terms: Terms) -> Composed:
        """The beginning of a request."""
        shape = self._protocol.shape(asked, self._forms, self._extras, terms)
        body: dict[str, Any] = {"model": self._model, **shape.body}
        return Composed(to_json(body)[:-1] + b",", shape, _longest(body))


def _longest(body: dict[str, Any]) -> int | None:
    """How many tokens all replies to a request may have, by what is sent in the end."""
    limits = [body[name] for name in LIMITS if isinstance(body.get(name), int)]
    replies = body.get("n")
    return max(limits) * (replies if isinstance(replies, int) and replies > 1 else 1) if limits else None
