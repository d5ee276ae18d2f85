"""Local models: GGUF weights in the process, held to the output's JSON schema while they write."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from seekgraph.core.base.budget import AtMost
from seekgraph.core.base.folders import user_cache
from seekgraph.core.base.waiting import stand_still
from seekgraph.core.language.lm import Ended, LMError, Message, OnText, OutputInvalid, Rejected, Settings, Unavailable
from seekgraph.lms.client import BackedLM
from seekgraph.lms.engine import Chunk, Engine, Job, Size, default_threads, engine
from seekgraph.lms.errors import ModelOption
from seekgraph.lms.grammar import held_to
from seekgraph.lms.options import sampled
from seekgraph.lms.pace import KeptPace, Pace
from seekgraph.lms.prices import FREE, at_most, spent
from seekgraph.lms.profiles import profile_of, with_rules
from seekgraph.lms.reading import text_field
from seekgraph.lms.schemas import corrected
from seekgraph.lms.store import DEFAULT, find
from seekgraph.lms.streaming import listener
from seekgraph.lms.structured import Counting, Policy, Reply
from seekgraph.lms.vocabulary import control_tokens
from seekgraph.prompts.guard import without_tokens

MOST_TOKENS = 512
"""How long a reply may get where the settings do not say: a small model may never come to an end by itself."""


@dataclass(frozen=True, slots=True)
class Request:
    """What llama.cpp is given, and what to show of the reply as it comes."""

    body: dict[str, Any]
    field: str | None
    fixed: int = 0
    """How many of the first messages are the same for other questions."""


@dataclass(eq=False)
class Weights:
    """A GGUF file as a backend. It is loaded at the first call, and let go when nobody holds it any more."""

    name: str
    path: Path
    size: Size
    cache: Path = field(default_factory=user_cache)
    """Where its speed, and what it has read of prompts, are kept over processes."""
    _engine: Engine | None = field(default=None, repr=False)

    @cached_property
    def control_tokens(self) -> tuple[str, ...]:
        """The texts that its tokenizer takes for control tokens: see `vocabulary`. Read from the file at the first call."""
        return control_tokens(self.path)

    @property
    def made_of(self) -> Any:
        return ["local", self.path.name, self._content, self.size.context, metadata.version("xllamacpp")]

    @cached_property
    def _content(self) -> str:
        """A hash of the file's size, first and last megabyte: its metadata, its tokens, and weights."""
        size = self.path.stat().st_size
        found = hashlib.blake2b(str(size).encode(), digest_size=16)
        with self.path.open("rb") as file:
            found.update(file.read(1 << 20))
            file.seek(max(0, size - (1 << 20)))
            found.update(file.read())
        return found.hexdigest()

    def request(self, messages: Sequence[Message], output: type[BaseModel] | None, settings: Settings) -> Request:
        body: dict[str, Any] = {
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "temperature": settings.temperature,
            "max_tokens": settings.max_tokens or MOST_TOKENS,
            "seed": (settings.seed or 0) + settings.sample,
            "cache_prompt": True,
            "stream": True,  # also where nobody listens: only a stream can be stopped
            "stream_options": {"include_usage": True},
        }
        if settings.top_p is not None:
            body["top_p"] = settings.top_p
        if settings.stop:
            body["stop"] = list(settings.stop)
        if settings.logprobs:
            body["logprobs"] = True
        fixed = int(len(messages) > 1 and messages[0].role == "system")  # demonstrations may be other ones for another question
        if output is None:
            return Request(body, None, fixed)
        body |= held_to(output)
        return Request(body, text_field(output), fixed)

    def again(self, request: Request, reply: Reply, problem: str) -> Request:
        messages = [*request.body["messages"], *corrected(reply.text, problem)]
        return replace(request, body={**request.body, "messages": messages})

    async def attempt(self, request: Request, tally: Counting, on_text: OnText | None) -> Reply:
        loop = asyncio.get_running_loop()
        running = self._engine if self._engine is not None else await asyncio.to_thread(self._loaded)
        writing = _Writing(self.name)
        body = request.body | {"messages": [self._guarded(each) for each in request.body["messages"]]}
        if (show := listener(on_text, tally.attempts + 1, request.field)) is not None:
            writing.show = lambda piece: _call_in(loop, show, piece)
        with await tally.begin(self._at_most(request)) as begun:
            writing.over = over = stand_still()  # until the engine begins with it: it answers some callers at a time
            writing.loop = loop
            job = running.submit(Job(body, writing.start, writing, request.fixed))
            try:
                await asyncio.wrap_future(job.done)
            except asyncio.CancelledError:
                job.cancel()
                await _ended(job)  # a cancelled call leaves nothing running
                raise
            finally:
                over()
                if writing.started:
                    begun.spend(spent(FREE, writing.tokens_in, writing.tokens_out))
                else:
                    begun.withdraw()
        if "pace" in self.__dict__:
            self._kept_pace.heard(self.pace, *writing.read)
        return writing.reply()

    def _at_most(self, request: Request) -> AtMost:
        """Prompt and reply together fit into a slot's context."""
        prompt_bytes = len(to_json([request.body["messages"], request.body.get("json_schema")], fallback=str))
        most = at_most(FREE, prompt_bytes, request.body["max_tokens"])
        return AtMost(min(self.size.context, most.tokens or self.size.context), 0.0)

    def _guarded(self, message: dict[str, str]) -> dict[str, str]:
        """A message in which no text is taken for a control token of this model; its own earlier replies, too."""
        return message | {"content": without_tokens(message["content"], self.control_tokens)}

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._engine = engine(self.path, self.size, self.cache, [self._content, metadata.version("xllamacpp")])
            self.control_tokens  # noqa: B018  read here, in a thread
        loaded: Engine = self._engine
        return loaded

    @cached_property
    def pace(self) -> Pace:
        """How fast it reads here: measured once and kept, with the model loaded for that. Blocks then."""
        return self._kept_pace.known() or self._kept_pace.measured(self._loaded().speed)

    @cached_property
    def _kept_pace(self) -> KeptPace:
        return KeptPace(self.cache / "pace", [self._content, self.size.threads, metadata.version("xllamacpp")])

    @property
    def fresh_tokens(self) -> int | None:
        """How many tokens of a prompt may be new with each question: see `pace`. None for weights that cannot be loaded, which
        the first call says."""
        try:
            return self.pace.fresh_tokens
        except OSError:
            return None

    async def measure(self) -> None:
        """Look the speed up, or measure it, without blocking."""
        if "pace" not in self.__dict__:
            await asyncio.to_thread(lambda: self.fresh_tokens)

    async def aclose(self) -> None:
        """Let the weights go; they are unloaded when no other model holds them."""
        self._engine = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_engine": None}


class _Writing:
    """A reply while it is written: put together, in the worker's thread, from what llama.cpp streams."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self.over: Callable[[], None] | None = None
        self.show: Any = None
        self.pieces: list[str] = []
        self.logprobs: list[tuple[str, float]] = []
        self.ended: Ended = "other"
        self.usage: dict[str, int] = {}
        self.cached = 0
        self.read = (0, 0.0)
        """Tokens of the prompt that were not known, and how many of them were read in a second."""
        self.error: dict[str, Any] | None = None

    def __call__(self, chunk: Chunk) -> None:
        if "error" in chunk or "choices" not in chunk:
            self.error = chunk.get("error", chunk)
            return
        for choice in chunk["choices"]:
            if piece := (choice.get("delta") or {}).get("content"):
                self.pieces.append(piece)
                if self.show is not None:
                    self.show(piece)
            for each in (choice.get("logprobs") or {}).get("content") or ():
                self.logprobs.append((each["token"], float(each["logprob"])))
            if finish := choice.get("finish_reason"):
                self.ended = "length" if finish == "length" else "stop"
        self.usage = chunk.get("usage") or self.usage
        timings = chunk.get("timings") or {}
        self.cached = timings.get("cache_n") or self.cached
        self.read = (timings.get("prompt_n", 0), timings.get("prompt_per_second", 0.0)) if timings else self.read

    def start(self) -> None:
        """Llama.cpp is given the request."""
        self.started = True
        if self.loop is not None and self.over is not None:
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self.over)

    @property
    def tokens_in(self) -> int:
        return self.usage.get("prompt_tokens", 0)

    @property
    def tokens_out(self) -> int:
        return self.usage.get("completion_tokens", len(self.pieces))

    def reply(self) -> Reply:
        if self.error is not None:
            raise _refusal(self.name, self.error)
        text = "".join(self.pieces)
        return Reply(text, self.ended, tuple(self.logprobs) or None, self.cached)


def local_model(
    model: str = DEFAULT,
    *,
    folder: str | Path | None = None,
    cache: str | Path | None = None,
    slots: int = 4,
    context: int = 4096,
    threads: int | None = None,
    settings: Settings | None = None,
    sampling: Mapping[str, str] | None = None,
    reasks: int = 1,
    fallback: bool = True,
    rules: str | Iterable[str] | None = None,
) -> BackedLM:
    """A model in this process: "smollm2-135m", "owner/repository/file.gguf" of the hub, or a .gguf file of your own.

    `slots` requests run at once, each with `context` tokens for prompt and reply together, on `threads` threads (half of the
    processors; more is faster where nothing else runs). `folder` is where weights are kept (see `store.models_dir`), `cache`
    where its speed here and what it has read of the fixed part of prompts are kept over processes (the user's cache). `rules`
    are the roles that are left to rules, in the place of those that are known of the model (`profiles`).

    Raises `ModelMissing` where the weights are not on this machine.
    """
    if slots < 1 or context < 64 or (threads is not None and threads < 1):
        raise ModelOption(f"local/{model}: slots and threads are 1 or more, context 64 or more tokens")
    weights = Weights(
        f"local/{model}", find(model, folder), Size(slots, context, threads or default_threads()), Path(cache or user_cache())
    )
    profile = with_rules(profile_of(weights.name), rules)
    return BackedLM(weights, sampled(settings, sampling or {}), Policy(reasks, fallback), profile)


def _refusal(name: str, error: dict[str, Any]) -> LMError:
    message, kind = str(error.get("message", error))[:300], str(error.get("type", ""))
    if "context" in kind or "context" in message:
        return Rejected(f"{name}: the prompt does not fit its context ({message}): give it less, or make context= larger")
    if error.get("code") == 400:
        return Rejected(f"{name}: {message}")
    if "grammar" in message or "schema" in message:
        return OutputInvalid(f"{name} cannot be held to this output type: {message}")
    return Unavailable(f"{name}: {message}")


def _call_in(loop: asyncio.AbstractEventLoop, show: Any, piece: str) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody listens any more
        loop.call_soon_threadsafe(show, piece)


async def _ended(job: Job) -> None:
    while not job.done.done():
        await asyncio.sleep(0.005)
