"""A model behind an address: what is sent, what is done when it fails or is refused, and what it cost."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel

from seekgraph.core.base.budget import Usage
from seekgraph.core.language.lm import Message, OnText, Rejected, Settings, Unavailable
from seekgraph.lms.access import Access, access
from seekgraph.lms.composing import Composed, Composer
from seekgraph.lms.extras import need
from seekgraph.lms.failures import Refused, TooLarge, Transient
from seekgraph.lms.keys import KeySource, PiecesWithoutKey
from seekgraph.lms.negotiating import Negotiator
from seekgraph.lms.options import Extras
from seekgraph.lms.prices import Price, at_most, longest_reply, spent
from seekgraph.lms.protocols import HostProtocol, Question, Read
from seekgraph.lms.rate_limit import RateLimit
from seekgraph.lms.reading import text_field
from seekgraph.lms.refusals import Terms
from seekgraph.lms.streaming import listener
from seekgraph.lms.structured import Counting, Reply
from seekgraph.lms.transport import Sending, Transport

_NOT_KEPT = frozenset({"_trying", "_tenacity", "_negotiator", "_path"})
"""Made again where a host has been pickled."""


@dataclass(eq=False)
class Host:
    """See `openai`, `anthropic` and `openai_compatible` (lms/hosted.py) for what the fields are."""

    name: str
    protocol: HostProtocol
    model: str
    base_url: str
    key: KeySource
    forms: tuple[str, ...]
    version: str = ""
    retries: int = 4
    longest_wait: float = 60.0
    limit: RateLimit = field(default_factory=RateLimit)
    price: Price | None = None
    free_without_price: bool = True
    extras: Extras = field(default_factory=Extras)
    transport: Sending = field(default_factory=lambda: Transport(120.0))
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self) -> None:
        self._tenacity = need("tenacity", "lm", "a hosted model")  # now, and not while the first call is waited for
        composer = Composer(self.protocol, self.model, self.forms, self.extras, self.terms)
        self._negotiator = Negotiator(self.name, composer, self.terms)
        self._path = self.protocol.path + (f"?{urlencode(self.extras.query)}" if self.extras.query else "")

    @property
    def made_of(self) -> Any:
        path = urlsplit(self.base_url).path
        return ["hosted", self.protocol.provider, self.model, self.version, path, self.forms[0], self.extras.identity]

    @cached_property
    def _trying(self) -> Any:
        tenacity = self._tenacity
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Transient),
            stop=tenacity.stop_any(tenacity.stop_after_attempt(self.retries + 1), self._asks_for_too_long),
            wait=_wait,
            reraise=True,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in _NOT_KEPT}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def request(self, messages: Sequence[Message], output: type[BaseModel] | None, settings: Settings) -> Question:
        return Question(tuple(messages), output, settings)

    def again(self, request: Question, reply: Reply, problem: str) -> Question:
        return replace(request, turns=(*request.turns, (reply, problem)))

    async def attempt(self, request: Question, tally: Counting, on_text: OnText | None) -> Reply:
        self._require_price(tally)
        sent_with = access(self.name, self.protocol, self.key, self.extras)
        try:
            return await self._accepted(request, sent_with, tally, on_text)
        except Transient as error:
            failed = error
        trying = self._trying.copy()
        try:
            async for attempt in trying:
                with attempt:
                    if attempt.retry_state.attempt_number == 1:
                        raise failed  # the try above, which did without tenacity: it costs as much as all the rest
                    return await self._accepted(request, sent_with, tally, on_text)
        except Transient as error:
            self._give_up(error, sent_with, trying.statistics.get("attempt_number", 1))
        raise AssertionError("tenacity ends by returning or raising")

    async def _accepted(self, request: Question, sent_with: Access, tally: Counting, on_text: OnText | None) -> Reply:
        """One reply. What the host refuses of the request is asked for in another form, as long as there is one."""

        def send(composed: Composed) -> Awaitable[Reply]:
            return self._sent(request, composed, sent_with, tally, on_text)

        try:
            return await self._negotiator.agreed(request, on_text is not None, send, sent_with.hidden)
        except Refused as error:
            raise self._rejected(error, sent_with) from None
        except TooLarge as error:
            raise Rejected(f"{self.name}: {error}", code="invalid") from None

    async def _sent(
        self, request: Question, composed: Composed, sent_with: Access, tally: Counting, on_text: OnText | None
    ) -> Reply:
        size, longest = len(composed.body), composed.longest or longest_reply(self.name)
        self._require_length(longest, tally)
        admission = await self.limit.admit(size // 4 + (request.settings.max_tokens or 0))
        try:
            begun = await tally.begin(at_most(self.price, size, longest))
        except BaseException:
            self.limit.forget(admission)
            raise
        with begun:
            try:
                read = self.protocol.read(await self._raw(request, composed, sent_with, tally.attempts, on_text))
            except (Transient, Refused) as error:
                if error.status:  # the host said no: nothing was used
                    begun.spend(Usage())
                if error.status == 429 and isinstance(error, Transient) and error.after:
                    self.limit.pause(min(error.after, self.longest_wait))
                raise
            used = self._used(read, size)
            self.limit.settle(admission, used.tokens)
            begun.spend(used)
        if sent_with.secrets:
            read.reply.text = sent_with.hidden_in_reply(read.reply.text)
        return read.reply

    def _used(self, read: Read, size: int) -> Usage:
        tokens_in = size // 4 if read.tokens_in is None else read.tokens_in
        tokens_out = len(read.reply.text) // 4 if read.tokens_out is None else read.tokens_out
        used = spent(self.price, tokens_in, tokens_out, read.reply.cached)
        used.unpriced = int(self.price is None and not self.free_without_price)
        return used

    async def _raw(
        self, request: Question, composed: Composed, sent_with: Access, number: int, on_text: OnText | None
    ) -> dict[str, Any]:
        """The host's answer, shown as it comes where somebody listens."""
        url, body, headers = self.base_url + self._path, composed.body, sent_with.headers
        if on_text is None:
            return await self.transport.post(url, body, headers)
        hearing: OnText = on_text
        hidden = []
        for secret in sent_with.secrets:
            hidden.append(PiecesWithoutKey(hearing, secret))
            hearing = hidden[-1]
        field_shown = None if request.output is None else text_field(request.output)
        show = listener(hearing, number, field_shown) or _nothing
        if "stream" in composed.shape.body:
            async with aclosing(self.transport.stream(url, body, headers)) as events:
                raw = await self.protocol.gather(events, show)
        else:
            raw = await self.transport.post(url, body, headers)
            show(self.protocol.read(raw).reply.text)
        for each in reversed(hidden):
            each.end()
        return raw

    def _require_price(self, tally: Counting) -> None:
        """Raise `Rejected` where a cap in dollars could not be kept, since the price is not known."""
        if self.price is None and not self.free_without_price and tally.caps("usd"):
            raise Rejected(
                f"{self.name} has a price that Seekgraph does not know, so that a budget in US dollars cannot be kept: "
                f"give price=Price(input, output), in dollars for a million tokens (Price(0, 0) where it is free), "
                f"or take a budget of calls or tokens"
            )

    def _require_length(self, longest: int | None, tally: Counting) -> None:
        """Raise `Rejected` where a cap could not be kept, since neither the request nor the model limits the reply."""
        if longest is not None:
            return
        if tally.caps("tokens") or (any(self.price or ()) and tally.caps("usd")):
            raise Rejected(
                f"{self.name}: how long a reply may get is not known, so that a budget of tokens or US dollars cannot be kept: "
                f"give settings=Settings(max_tokens=...), or max_tokens of the node, or take a budget of calls"
            )

    def _rejected(self, refused: Refused, sent_with: Access) -> Rejected:
        message = f"{self.name}: status {refused.status}: {sent_with.hidden(str(refused))}{self._hint(refused.status)}"
        return Rejected(message, code="unauthorised" if refused.status in (401, 403) else None)

    def _hint(self, status: int) -> str:
        if status in (401, 403):
            source = "key=, which is not given" if self.key is None else "the key" if callable(self.key) else str(self.key)
            return f" (look at {source})"
        return " (look at the model's name)" if status == 404 else ""

    def _asks_for_too_long(self, state: Any) -> bool:
        error = state.outcome.exception()
        return isinstance(error, Transient) and (error.after or 0.0) > self.longest_wait

    def _give_up(self, error: Transient, sent_with: Access, tries: int) -> NoReturn:
        asks = f"; it asks to wait {error.after:g} s" if (error.after or 0.0) > self.longest_wait else ""
        raise Unavailable(
            f"{self.name} did not answer in {tries} {'try' if tries == 1 else 'tries'}: {sent_with.hidden(str(error))}{asks}",
            code=error.code,
        ) from None

    async def aclose(self) -> None:
        await self.transport.aclose()


def _wait(state: Any) -> float:
    """Seconds to wait: what the host says and a little, or twice as long each time up to 20, by chance between half and all."""
    error = state.outcome.exception()
    backoff: float = min(20.0, 0.5 * 2.0 ** (state.attempt_number - 1)) * random.uniform(0.5, 1.0)
    if isinstance(error, Transient) and error.after is not None:
        return error.after + random.uniform(0.0, min(backoff, 0.1 + error.after / 4))
    return backoff


def _nothing(piece: str) -> None:
    return None
