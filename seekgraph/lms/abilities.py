"""What a model can do, found out by asking it: in which forms it takes a type, whether it streams, tells log-probabilities, what
its limits are, and how long each took. Seven short calls at most; they cost what such calls cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Literal

from pydantic import BaseModel

from seekgraph.core.language.lm import Completion, LMError, Message, OutputInvalid, Settings
from seekgraph.lms.client import BackedLM
from seekgraph.lms.host import Host
from seekgraph.lms.resolving import resolve
from seekgraph.lms.schemas import name_of

Outcome = Literal["yes", "no", "refused", "failed"]
"""`refused`: the host says no; `no`: it takes the request and does not do as asked; `failed`: it did not answer."""

LONGEST_REPLY = 512
_LIMITS = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx", "n_ctx_train")


class Capital(BaseModel):
    """What is asked for."""

    city: str
    country: str


class Sentence(BaseModel):
    """What is asked for where it is to be shown as it comes."""

    text: str


QUESTION = "Which city is the capital of France?"


@dataclass(frozen=True)
class Ability:
    """One thing that was tried."""

    name: str
    outcome: Outcome
    seconds: float
    note: str = ""


@dataclass
class Abilities:
    """What was found out about a model. `limits` are in tokens, by what they are of; `refuses` what was not taken, by name."""

    model: str
    tried: list[Ability] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    refuses: tuple[str, ...] = ()
    usd: float = 0.0

    def outcome(self, name: str) -> Outcome | None:
        """How the trial of this name came out; None where it was not tried."""
        return next((each.outcome for each in self.tried if each.name == name), None)


async def abilities(name: str, **options: Any) -> Abilities:
    """Ask the model of this name; `options` are those of `resolve`.

    Raises what `resolve` raises, and `Rejected` for a key that is missing or wrong: then nothing else was tried.
    """
    found = Abilities(name)
    source = resolve(name, **options).source
    if isinstance(source, Host):
        options = {"retries": 0, **options}
    for form in source.protocol.forms if isinstance(source, Host) else ("schema",):
        await _form(found, name, form, {**options, "mode": form} if isinstance(source, Host) else options)
        if found.tried[-1].outcome == "failed":
            return found
    await _streaming(found, _model(name, options))
    await _logprobs(found, _model(name, options))
    found.limits |= await _limits(name, options)
    return found


def _model(name: str, options: Mapping[str, Any], **settings: Any) -> BackedLM:
    quick = {"retries": 0} if "mode" in options or not name.startswith("local") else {}
    return resolve(
        name, **{"settings": Settings(max_tokens=LONGEST_REPLY, **settings), "reasks": 0, "fallback": False, **quick, **options}
    )


async def _form(found: Abilities, name: str, mode: str, options: Mapping[str, Any]) -> None:
    lm = _model(name, options)
    if isinstance(lm.source, Host) and lm.source.forms[0] != mode:
        found.tried.append(Ability(mode, "refused", 0.0, "known"))
        return

    await _tried(found, mode, lm, lambda done: ("yes", ""))
    if isinstance(lm.source, Host) and not lm.source.terms.takes(mode, name_of(Capital)):
        found.tried[-1] = replace(found.tried[-1], outcome="refused", note="")


async def _streaming(found: Abilities, lm: BackedLM) -> None:
    began, pieces = perf_counter(), [0.0, 0.0]

    def heard(piece: str, attempt: int) -> None:
        pieces[1] += 1
        pieces[0] = pieces[0] or perf_counter() - began

    def streams(done: Completion[Any]) -> tuple[Outcome, str]:
        taken = not isinstance(lm.source, Host) or lm.source.terms.takes("stream", True)
        return ("yes" if taken and pieces[1] > 1 else "refused" if not taken else "no"), f"first piece after {pieces[0]:.2f} s"

    await _tried(found, "streaming", lm, streams, heard, Sentence)


async def _logprobs(found: Abilities, lm: BackedLM) -> None:
    def tells(done: Completion[Any]) -> tuple[Outcome, str]:
        refused = any(note.startswith("logprobs") for note in done.notes)
        return ("yes" if done.logprobs else "refused" if refused else "no"), ""

    await _tried(found, "log-probabilities", lm.with_settings(logprobs=True, seed=1), tells)


async def _tried(
    found: Abilities,
    name: str,
    lm: BackedLM,
    judge: Callable[[Completion[Any]], tuple[Outcome, str]],
    on_text: Callable[[str, int], None] | None = None,
    output: type[Any] = Capital,
) -> None:
    """Ask once, and note how it came out. Raises `Rejected` where the key is at fault."""
    began = perf_counter()
    try:
        async with lm:
            done = await lm.complete([Message(role="user", content=QUESTION)], output, on_text=on_text)
        outcome, note = judge(done)
        found.usd += done.usage.usd
    except OutputInvalid as error:
        found.usd += error.usage.usd if error.usage else 0.0
        outcome, note = "no", "what came back was no such object"
    except LMError as error:
        if error.code == "unauthorised":
            raise
        outcome, note = "failed", str(error)
    found.tried.append(Ability(name, outcome, perf_counter() - began, note))
    if isinstance(lm.source, Host):
        found.refuses = tuple(sorted({*found.refuses, *lm.source.terms.refusals}))


async def _limits(name: str, options: Mapping[str, Any]) -> dict[str, int]:
    """Limits in tokens, by what the host's list of models says, or by what is known of the model."""
    from seekgraph.lms.prices import context_window, longest_reply

    source = resolve(name, **options).source
    if not isinstance(source, Host):
        context = getattr(source, "context", None)
        return {"prompt and reply": context} if isinstance(context, int) else {}
    said = await _listed(source) or context_window(name)
    longest = longest_reply(name)
    return {**({"prompt and reply": said} if said else {}), **({"reply": longest} if longest else {})}


async def _listed(host: Host) -> int | None:
    """What the host says of the model among its models: not in the interface that it speaks, and so by any of several names."""
    import aiohttp

    from seekgraph.lms.access import access

    try:
        headers = access(host.name, host.protocol, host.key, host.extras).headers
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(f"{host.base_url}/models", headers=headers, allow_redirects=False) as answer,
        ):
            found = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError, LMError):
        return None
    models = found.get("data") if isinstance(found, dict) else found
    for model in models if isinstance(models, list) else ():
        if isinstance(model, dict) and str(model.get("id", "")).removeprefix("models/") == host.model:
            said = {**model, **(model["meta"] if isinstance(model.get("meta"), dict) else {})}
            return next((value for limit in _LIMITS if isinstance(value := said.get(limit), int)), None)
    return None
