"""Until a host takes a request: what it refuses is left out or asked for in another form, and remembered for its model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple

from seekgraph.core.base.logs import logger
from seekgraph.lms.composing import Composed, Composer
from seekgraph.lms.failures import Refused, Transient
from seekgraph.lms.guessing import left_out, names_nothing
from seekgraph.lms.protocols import Question
from seekgraph.lms.refusals import Terms
from seekgraph.lms.structured import Reply

Send = Callable[[Composed], Awaitable[Reply]]
Hide = Callable[[str], str]


class _Guess(NamedTuple):
    """A request without what the host may have refused, and the terms if this is so."""

    composed: Composed
    terms: Terms


class Negotiator:
    """Finds the form in which a host takes requests for one model. `name` is the model's full name."""

    def __init__(self, name: str, composer: Composer, terms: Terms) -> None:
        self._name = name
        self._composer = composer
        self._terms = terms

    async def agreed(self, question: Question, stream: bool, send: Send, hide: Hide) -> Reply:
        """The reply to a request in a form that the host takes. `hide` takes secrets out of what is said of a refusal.

        Raises `Refused` or `Transient`, as `send` does, where no other form is left.
        """
        composed = self._composer.compose(question, stream)
        try:
            reply = await send(composed)
        except (Refused, Transient) as error:
            if error.about is None:
                raise
            composed, reply = await self._in_another_form(question, stream, send, hide, composed, error)
        if not composed.shape.taken:
            composed.shape.taken = True
            self._terms.taken.update(each.exact for each in composed.shape.aspects)
        reply.notes = tuple(composed.shape.notes)
        return reply

    async def _in_another_form(
        self, question: Question, stream: bool, send: Send, hide: Hide, composed: Composed, error: Refused | Transient
    ) -> tuple[Composed, Reply]:
        guesses: Iterator[_Guess] | None = None
        guess: _Guess | None = None
        first, refused = error, composed
        while True:
            if self._learned(composed, error, hide):
                guess, guesses, composed = None, None, self._composer.compose(question, stream)
            else:
                if error.about is None or not names_nothing(error.status, error.about):
                    raise error
                if guesses is None:
                    first, refused = error, composed
                    guesses = self._guesses(question, stream, composed, error.status)
                guess = next(guesses, None)
                if guess is None:
                    self._terms.in_vain.add(_exact(refused))
                    raise first
                composed = guess.composed
            try:
                reply = await send(composed)
            except (Refused, Transient) as again:
                error = again
            else:
                if guess is not None:
                    self._take_over(guess, first, hide)
                return composed, reply

    def _learned(self, composed: Composed, error: Refused | Transient, hide: Hide) -> bool:
        """Whether it is known now what of the request was refused, so that the next will be another; new things are said."""
        if error.about is None:
            return False
        known = set(self._terms.refusals)
        refusal = self._terms.learn(composed.shape.aspects, error.status, error.about)
        if refusal is not None and refusal.key not in known:
            what = refusal.aspect.name if refusal.kind == "parameter" else refusal.key
            self._say(what, error.status, hide(error.about.message))
        return refusal is not None

    def _guesses(self, question: Question, stream: bool, composed: Composed, status: int) -> Iterator[_Guess]:
        """Plainer requests, each once; none where all of them were refused before."""
        if _exact(composed) in self._terms.in_vain:
            return
        tried = {composed.body}
        for names in left_out(composed.shape.aspects, self._terms.taken):
            terms = self._terms.without(names, composed.shape.aspects, status)
            guess = _Guess(self._composer.compose(question, stream, terms), terms)
            if guess.composed.body not in tried:
                tried.add(guess.composed.body)
                yield guess

    def _take_over(self, guess: _Guess, error: Refused | Transient, hide: Hide) -> None:
        """Remember what was left out of the request that the host took."""
        new = {key: each for key, each in guess.terms.refusals.items() if key not in self._terms.refusals}
        self._terms.refusals.update(new)
        if new:
            self._say(", ".join(new), error.status, f"{hide(str(error))} (it answers without this)")

    def _say(self, what: str, status: int, said: str) -> None:
        log = logger("seekgraph.lms")
        log.warning("host_refuses", model=self._name, what=what, status=status, said=said[:120])


def _exact(composed: Composed) -> frozenset[str]:
    return frozenset(each.exact for each in composed.shape.aspects)
