"""Hosted models: OpenAI, Anthropic, and whatever speaks as OpenAI does (vLLM, Ollama, the llama.cpp server)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from typing import Any, NoReturn
from urllib.parse import urlsplit

from pydantic import BaseModel
from pydantic_core import to_json

from seekgraph.core.base.budget import Usage
from seekgraph.core.language.lm import Message, OnText, Rejected, Settings, Unavailable
from seekgraph.lms.client import BackedLM
from seekgraph.lms.errors import ModelOption
from seekgraph.lms.extras import need
from seekgraph.lms.keys import KeySource, PiecesWithoutKey, checked_source, find_key, reply_without_key, without_key
from seekgraph.lms.prices import Price, at_most, longest_reply, price_of, spent
from seekgraph.lms.protocols import AnthropicWire, OpenAIWire, Wire
from seekgraph.lms.rate_limit import RateLimit
from seekgraph.lms.reading import text_field
from seekgraph.lms.schemas import plainly_told, shape, told
from seekgraph.lms.streaming import listener
from seekgraph.lms.structured import Counting, Policy, Reply
from seekgraph.lms.transport import Refused, Transient, Transport

MODES = ("tools", "json_schema")
OPTIONAL = ("temperature", "top_p", "seed", "logprobs", "stop")
"""What a model may refuse to be told: left out from then on, when its host says so."""


@dataclass(slots=True)
class Request:
    """What is sent, but for the model's name and how to sample."""

    messages: list[Any]
    rest: dict[str, Any]
    settings: Settings
    field: str | None
    """What to show of the reply as it comes: a field of JSON, or None for all of the text."""


@dataclass(eq=False)
class Host:
    """A model behind an address. See `openai`, `anthropic` and `openai_compatible` for what the fields are."""

    name: str
    wire: Wire
    model: str
    base_url: str
    key: KeySource
    mode: str
    version: str = ""
    retries: int = 4
    longest_wait: float = 60.0
    limit: RateLimit = field(default_factory=RateLimit)
    price: Price | None = None
    transport: Transport = field(default_factory=lambda: Transport(120.0))
    left_out: set[str] = field(default_factory=set)

    @property
    def made_of(self) -> Any:
        path = urlsplit(self.base_url).path
        return ["hosted", self.wire.provider, self.model, self.version, path, self.mode]

    @cached_property
    def _trying(self) -> Any:
        tenacity = need("tenacity", "lm", "a hosted model")
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Transient),
            stop=tenacity.stop_any(tenacity.stop_after_attempt(self.retries + 1), self._asks_for_too_long),
            wait=_wait,
            reraise=True,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_trying"}

    def request(self, messages: Sequence[Message], output: type[BaseModel] | None, settings: Settings) -> Request:
        turns, rest = self.wire.open(messages)
        if output is None:
            return Request(turns, rest, settings, None)
        return Request(turns, rest | shape(self.wire.provider, self.mode, output), settings, text_field(output))

    def again(self, request: Request, reply: Reply, problem: str) -> Request:
        if reply.text:
            messages = told(self.wire.provider, self.mode, request.messages, reply.raw, reply.text, problem)
        else:
            messages = [*request.messages, *plainly_told("", problem)]
        return Request(messages, request.rest, request.settings, request.field)

    async def attempt(self, request: Request, tally: Counting, on_text: OnText | None) -> Reply:
        self._require_limits(request, tally)
        key = find_key(self.key, self.name)
        try:
            return await self._accepted(request, key, tally, on_text)
        except Transient as error:
            failed = error
        trying = self._trying.copy()
        try:
            async for attempt in trying:
                with attempt:
                    if attempt.retry_state.attempt_number == 1:
                        raise failed  # the try above, which did without tenacity: it costs as much as all the rest
                    return await self._accepted(request, key, tally, on_text)
        except Transient as error:
            self._give_up(error, key, trying.statistics.get("attempt_number", 1))
        raise AssertionError("tenacity ends by returning or raising")

    def _require_limits(self, request: Request, tally: Counting) -> None:
        """Raise `Rejected` where a cap could not be kept, since what a call may cost at most is not known."""
        if self.price is None and (self.wire.paid or not _near(self.base_url)) and tally.caps("usd"):
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
        return settings.max_tokens or self.wire.most_tokens or longest_reply(self.name)

    async def _accepted(self, request: Request, key: str, tally: Counting, on_text: OnText | None) -> Reply:
        """One reply; what the model refuses to be told of sampling is left out and sent once more."""
        while True:
            given = self.wire.sampling(request.settings)
            sampling = {name: value for name, value in given.items() if name not in self.left_out}
            try:
                return await self._sent(request, sampling, key, tally, on_text)
            except Refused as refused:
                message = str(refused)
                unwanted = {name for name in OPTIONAL if name in sampling and name in message}
                if refused.status != 400 or not unwanted:
                    raise Rejected(
                        f"{self.name}: status {refused.status}: {without_key(message, key)}{_hint(self, refused)}"
                    ) from None
                self.left_out |= unwanted

    async def _sent(self, request: Request, sampling: dict[str, Any], key: str, tally: Counting, on_text: OnText | None) -> Reply:
        body: dict[str, Any] = {"model": self.model, "messages": request.messages, **request.rest, **sampling}
        if on_text is not None:
            body["stream"] = True
            if isinstance(self.wire, OpenAIWire):
                body["stream_options"] = {"include_usage": True}
        data = to_json(body)
        admission = await self.limit.admit(len(data) // 4 + (request.settings.max_tokens or 0))
        try:
            begun = await tally.begin(at_most(self.price, len(data), self._longest(request.settings)))
        except BaseException:
            self.limit.forget(admission)
            raise
        with begun:
            try:
                reply, used = await self._answered(data, request, key, tally.attempts, on_text)
            except (Transient, Refused) as error:
                if error.status:  # the host said no: nothing was used
                    begun.spend(Usage())
                raise
            self.limit.settle(admission, used.tokens)
            begun.spend(used)
        return reply

    async def _answered(
        self, data: bytes, request: Request, key: str, number: int, on_text: OnText | None
    ) -> tuple[Reply, Usage]:
        url, headers = self.base_url + self.wire.path, {"content-type": "application/json", **self.wire.headers(key)}
        try:
            if on_text is None:
                raw = await self.transport.post(url, data, headers)
            else:
                hearing = PiecesWithoutKey(on_text, key)
                show = listener(hearing, number, request.field) or _nothing
                async with aclosing(self.transport.stream(url, data, headers)) as events:
                    raw = await self.wire.gather(events, show)
                hearing.end()
            read = self.wire.read(raw)
            read.reply.text = reply_without_key(read.reply.text, key)
        except Transient as error:
            if error.status == 429 and error.after:
                self.limit.pause(min(error.after, self.longest_wait))
            raise
        tokens_in = len(data) // 4 if read.tokens_in is None else read.tokens_in
        tokens_out = len(read.reply.text) // 4 if read.tokens_out is None else read.tokens_out
        return read.reply, spent(self.price, tokens_in, tokens_out, read.reply.cached)

    def _asks_for_too_long(self, state: Any) -> bool:
        error = state.outcome.exception()
        return isinstance(error, Transient) and (error.after or 0.0) > self.longest_wait

    def _give_up(self, error: Transient, key: str, tries: int) -> NoReturn:
        asked = f"; it asks to wait {error.after:g} s" if (error.after or 0.0) > self.longest_wait else ""
        raise Unavailable(
            f"{self.name} did not answer in {tries} {'try' if tries == 1 else 'tries'}: {without_key(str(error), key)}{asked}"
        ) from None

    async def aclose(self) -> None:
        await self.transport.aclose()


def openai(
    model: str, *, key: KeySource = "OPENAI_API_KEY", base_url: str = "https://api.openai.com/v1", **options: Any
) -> BackedLM:
    """A model of OpenAI's, such as "gpt-4.1-mini". See `openai_compatible` for the options."""
    return _lm(f"openai/{model}", OpenAIWire(exact=True), model, base_url, key, options.pop("mode", "tools"), options)


def anthropic(
    model: str, *, key: KeySource = "ANTHROPIC_API_KEY", base_url: str = "https://api.anthropic.com/v1", **options: Any
) -> BackedLM:
    """A model of Anthropic's, such as "claude-haiku-4-5". See `openai_compatible` for the options."""
    return _lm(f"anthropic/{model}", AnthropicWire(), model, base_url, key, options.pop("mode", "tools"), options)


def openai_compatible(url: str, model: str, *, key: KeySource = None, mode: str = "json_schema", **options: Any) -> BackedLM:
    """A model behind any address that speaks as OpenAI does: "http://127.0.0.1:8080/v1".

    `key`: the name of an environment variable or a function; none is sent without it, so that OpenAI's key goes to OpenAI only.
    `mode`: how a type is asked for, "json_schema" (a response format) or "tools" (a forced function call).
    `settings`: `Settings`. `reasks`: how often what was wrong goes back (2). `fallback`: whether plain text will do in the end.
    `retries`: further tries after transport errors, 429 and 5xx (4), with `Retry-After` up to `longest_wait` seconds (60).
    `timeout`: seconds for one try (120). `limit`: a `RateLimit`. `price`: a `Price`, or prices by name;
    calls without one count as free, and are refused under a budget in US dollars, but for servers of this machine or network.
    `version`: part of the identity, for a server whose model changes under one name.
    """
    return _lm(f"{url.rstrip('/')}#{model}", OpenAIWire(exact=False), model, url, key, mode, options)


def _lm(name: str, wire: Wire, model: str, url: str, key: KeySource, mode: str, options: dict[str, Any]) -> BackedLM:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password or parts.query:
        raise ModelOption("a model's address is http(s)://host[:port]/path, without a user, a password or a query in it")
    if mode not in MODES:
        raise ModelOption(f"{name}: mode is one of {MODES}, not {mode!r}")
    settings = options.pop("settings", None) or Settings()
    policy = Policy(options.pop("reasks", 2), options.pop("fallback", True))
    price = options.pop("price", None)
    known = {"version", "retries", "longest_wait", "limit"} & set(options)
    kept = {each: options.pop(each) for each in known if options[each] is not None}
    transport = Transport(options.pop("timeout", 120.0))
    if options:
        raise TypeError(f"{name} has no option {sorted(options)}")
    price = price if isinstance(price, Price) else price_of(name, price)
    host = Host(name, wire, model, url.rstrip("/"), checked_source(key), mode, price=price, transport=transport, **kept)
    return BackedLM(host, settings, policy)


def _near(url: str) -> bool:
    """Whether an address is on this machine or in a private network, where calls cost nothing unless a price is given."""
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host
    return address.is_private


def _wait(state: Any) -> float:
    """Seconds to wait: what the host says and a little, or twice as long each time up to 20, by chance between half and all."""
    error = state.outcome.exception()
    backoff: float = min(20.0, 0.5 * 2.0 ** (state.attempt_number - 1)) * random.uniform(0.5, 1.0)
    if isinstance(error, Transient) and error.after is not None:
        return error.after + random.uniform(0.0, min(backoff, 0.1 + error.after / 4))
    return backoff


def _hint(host: Host, refused: Refused) -> str:
    if refused.status in (401, 403):
        source = host.key if isinstance(host.key, str) else "the key" if host.key else "key=, which is not given"
        return f" (look at {source})"
    return " (look at the model's name)" if refused.status == 404 else ""


def _nothing(piece: str) -> None:
    return None
