"""A model behind an address: what is sent, what is done when it fails or is refused, and what it cost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel
from pydantic_core import to_json

from seekgraph.core.base.budget import Usage
from seekgraph.core.language.lm import Message, OnText, Rejected, Settings, Unavailable
from seekgraph.lms.extras import need
from seekgraph.lms.keys import KeySource, PiecesWithoutKey, find_key, reply_without_key, without_key
from seekgraph.lms.options import Extras
from seekgraph.lms.prices import Price, at_most, longest_reply, spent
from seekgraph.lms.protocols import Composed, HostProtocol, Question
from seekgraph.lms.rate_limit import RateLimit
from seekgraph.lms.reading import text_field
from seekgraph.lms.refusals import Refusal, Terms
from seekgraph.lms.streaming import listener
from seekgraph.lms.structured import Counting, Reply
from seekgraph.lms.transport import Refused, TooLarge, Transient, Transport


class Access(NamedTuple):
    """The headers of a request, and what of them must be shown nowhere."""

    headers: dict[str, str]
    secrets: tuple[str, ...]

    def hidden(self, message: str) -> str:
        """A message without the secrets."""
        for secret in self.secrets:
            message = without_key(message, secret)
        return message


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes over the wire: where to, what, and what the reply shows as it comes."""

    url: str
    access: Access
    body: bytes
    field: str | None
    """A field of JSON, or None for all of the text."""
    stream: bool


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
    transport: Transport = field(default_factory=lambda: Transport(120.0))
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self) -> None:
        self._tenacity = need("tenacity", "lm", "a hosted model")  # now, and not while the first call is waited for

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
        return {name: value for name, value in self.__dict__.items() if name not in ("_trying", "_tenacity")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def request(self, messages: Sequence[Message], output: type[BaseModel] | None, settings: Settings) -> Question:
        return Question(tuple(messages), output, settings)

    def again(self, request: Question, reply: Reply, problem: str) -> Question:
        return replace(request, turns=(*request.turns, (reply, problem)))

    async def attempt(self, request: Question, tally: Counting, on_text: OnText | None) -> Reply:
        self._require_limits(request, tally)
        access = self._access()
        try:
            return await self._accepted(request, access, tally, on_text)
        except Transient as error:
            failed = error
        trying = self._trying.copy()
        try:
            async for attempt in trying:
                with attempt:
                    if attempt.retry_state.attempt_number == 1:
                        raise failed  # the try above, which did without tenacity: it costs as much as all the rest
                    return await self._accepted(request, access, tally, on_text)
        except Transient as error:
            self._give_up(error, access, trying.statistics.get("attempt_number", 1))
        raise AssertionError("tenacity ends by returning or raising")

    def _require_limits(self, request: Question, tally: Counting) -> None:
        """Raise `Rejected` where a cap could not be kept, since what a call may cost at most is not known."""
        if self.price is None and not self.free_without_price and tally.caps("usd"):
            raise Rejected(
                f"{self.name} has a price that Seekgraph does not know, so that a budget in US dollars cannot be kept: "
                f"give price=Price(input, output), in dollars for a million tokens (Price(0, 0) where it is free), "
                f"or take a budget of calls or tokens"
            )
        paid = any(self.price or ())
        if self._longest(request.settings) is None and (tally.caps("tokens") or (paid and tally.caps("usd"))):
            raise Rejected(
                f"{self.name}: how long a reply may get is not known, so that a budget of tokens or US dollars cannot be kept: "
                f"give settings=Settings(max_tokens=...), or max_tokens of the node, or take a budget of calls"
            )

    def _longest(self, settings: Settings) -> int | None:
        return settings.max_tokens or self.protocol.most_tokens or longest_reply(self.name)

    async def _accepted(self, request: Question, access: Access, tally: Counting, on_text: OnText | None) -> Reply:
        """One reply. What the host refuses of the request is asked for in another form, as long as there is one."""
        refused: Refusal | None = None
        while True:
            composed = self.protocol.compose(request, self.forms, self.extras, self.terms, on_text is not None)
            try:
                reply = await self._sent(self._sending(composed, request, access), request.settings, tally, on_text)
            except (Refused, Transient) as error:
                refused = self._learned(composed, error, access)
                if refused is None:
                    raise self._rejected(error, access) if isinstance(error, Refused) else error from None
            except TooLarge as error:
                raise Rejected(f"{self.name}: {error}", code="invalid") from None
            else:
                reply.notes = tuple(composed.notes)
                return reply

    def _learned(self, composed: Composed, error: Refused | Transient, access: Access) -> Refusal | None:
        """What of the request was refused; said once, when it is new. None where the request would stay as it is."""
        if error.about is None:
            return None
        known = set(self.terms.refusals)
        refusal = self.terms.learn(composed.aspects, error.status, error.about)
        if refusal is not None and refusal.key not in known:
            import structlog

            said = access.hidden(error.about.message)
            what = refusal.aspect.name if refusal.kind == "parameter" else refusal.key
            log = structlog.get_logger("seekgraph.lms")
            log.warning("host_refuses", model=self.name, what=what, status=error.status, said=said[:120])
        return refusal

    def _access(self) -> Access:
        """The headers of a request, looked up now. Raises `Rejected` where a key is missing."""
        key = find_key(self.key, self.name)
        headers, secrets = self.extras.found_headers(self.name)
        own = {"content-type": "application/json", **self.protocol.headers(key)}
        return Access(own | headers, tuple(each for each in (key, *secrets) if each))

    def _sending(self, composed: Composed, request: Question, access: Access) -> Sending:
        url = self.base_url + self.protocol.path
        if self.extras.query:
            url = f"{url}?{urlencode(self.extras.query)}"
        return Sending(
            url,
            access,
            to_json({"model": self.model, **composed.body}),
            None if request.output is None else text_field(request.output),
            "stream" in composed.body,
        )

    async def _sent(self, sending: Sending, settings: Settings, tally: Counting, on_text: OnText | None) -> Reply:
        size = len(sending.body)
        admission = await self.limit.admit(size // 4 + (settings.max_tokens or 0))
        try:
            begun = await tally.begin(at_most(self.price, size, self._longest(settings)))
        except BaseException:
            self.limit.forget(admission)
            raise
        with begun:
            try:
                reply, used = await self._answered(sending, tally.attempts, on_text)
            except (Transient, Refused) as error:
                if error.status:  # the host said no: nothing was used
                    begun.spend(Usage())
                raise
            self.limit.settle(admission, used.tokens)
            begun.spend(used)
        return reply

    async def _answered(self, sending: Sending, number: int, on_text: OnText | None) -> tuple[Reply, Usage]:
        try:
            raw = await self._raw(sending, number, on_text)
            read = self.protocol.read(raw)
        except Transient as error:
            if error.status == 429 and error.after:
                self.limit.pause(min(error.after, self.longest_wait))
            raise
        for secret in sending.access.secrets:
            read.reply.text = reply_without_key(read.reply.text, secret)
        tokens_in = len(sending.body) // 4 if read.tokens_in is None else read.tokens_in
        tokens_out = len(read.reply.text) // 4 if read.tokens_out is None else read.tokens_out
        used = spent(self.price, tokens_in, tokens_out, read.reply.cached)
        used.unpriced = int(self.price is None and not self.free_without_price)
        return read.reply, used

    async def _raw(self, sending: Sending, number: int, on_text: OnText | None) -> dict[str, Any]:
        """The host's answer, shown as it comes where somebody listens."""
        url, body, headers = sending.url, sending.body, sending.access.headers
        if on_text is None:
            return await self.transport.post(url, body, headers)
        hearing: OnText = on_text
        hidden = []
        for secret in sending.access.secrets:
            hidden.append(PiecesWithoutKey(hearing, secret))
            hearing = hidden[-1]
        show = listener(hearing, number, sending.field) or _nothing
        if sending.stream:
            async with aclosing(self.transport.stream(url, body, headers)) as events:
                raw = await self.protocol.gather(events, show)
        else:
            raw = await self.transport.post(url, body, headers)
            show(self.protocol.read(raw).reply.text)
        for each in reversed(hidden):
            each.end()
        return raw

    def _rejected(self, refused: Refused, access: Access) -> Rejected:
        message = f"{self.name}: status {refused.status}: {access.hidden(str(refused))}{self._hint(refused.status)}"
        return Rejected(message, code="unauthorised" if refused.status in (401, 403) else None)

    def _hint(self, status: int) -> str:
        if status in (401, 403):
            source = self.key if isinstance(self.key, str) else "the key" if self.key else "key=, which is not given"
            return f" (look at {source})"
        return " (look at the model's name)" if status == 404 else ""

    def _asks_for_too_long(self, state: Any) -> bool:
        error = state.outcome.exception()
        return isinstance(error, Transient) and (error.after or 0.0) > self.longest_wait

    def _give_up(self, error: Transient, access: Access, tries: int) -> NoReturn:
        asks = f"; it asks to wait {error.after:g} s" if (error.after or 0.0) > self.longest_wait else ""
        raise Unavailable(
            f"{self.name} did not answer in {tries} {'try' if tries == 1 else 'tries'}: {access.hidden(str(error))}{asks}",
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
