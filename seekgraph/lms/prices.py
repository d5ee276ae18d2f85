"""What hosted models cost, by the list prices that the package `genai-prices` keeps; a user's own prices go before them.

The package's data are used as they were installed: nothing is fetched. It takes 0.4 s to import, once, when the first hosted
model is made.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from seekgraph.core.base.budget import AtMost, Usage

SOURCE = "genai-prices"


class Price(NamedTuple):
    """US dollars for a million tokens."""

    input: float
    output: float
    cached: float | None = None
    """For prompt tokens that the host had in its cache; None: as much as others."""
    longer: tuple[tuple[int, Price], ...] = ()
    """Other prices for all of a call whose prompt has more tokens than this, from few to many."""

    def of(self, tokens_in: int, tokens_out: int, cached: int = 0) -> float:
        """US dollars for these tokens; `cached` of `tokens_in` came from the host's cache."""
        price = next((other for more_than, other in reversed(self.longer) if tokens_in > more_than), self)
        known = price.input if price.cached is None else price.cached
        return ((tokens_in - cached) * price.input + cached * known + tokens_out * price.output) / 1e6

    def dearest(self, tokens_in: int) -> Price:
        """The most that each token of a call with a prompt of at most so many may cost."""
        possible = [self, *(price for more_than, price in self.longer if tokens_in > more_than)]
        return Price(max(max(each.input, each.cached or 0.0) for each in possible), max(each.output for each in possible))


FREE = Price(0.0, 0.0)

LONGEST: Mapping[str, int] = {
    "openai/gpt-4.1": 32_768,
    "openai/gpt-4o": 16_384,
    "openai/o3": 100_000,
    "openai/o4": 100_000,
    "openai/gpt-5": 128_000,
}
"""How many tokens a model's reply may have, reasoning included, where no `max_tokens` is sent; by the start of its name."""

TEMPLATE = 64
"""Tokens that a host's template may add to a prompt, besides what is sent."""


def price_of(name: str, own: Mapping[str, Price] | None = None, seller: str = "") -> Price | None:
    """The price of a model by its full name, `HOST/MODEL`; None where it is not known.

    `own` goes first. `seller` is the host's name in `genai-prices`, by default that of the table. A dated version
    (`openai/gpt-4.1-mini-2025-04-14`, `anthropic/claude-haiku-4-5-20251001`) costs what the model costs.
    """
    for known in own or {}:
        version = name.removeprefix(known)
        dated = version.startswith("-") and version[1:].replace("-", "").isdigit()
        if own and (not version or (version != name and dated)):
            return own[known]
    host, _, model = name.partition("/")
    if not seller:
        from seekgraph.lms.host_table import HOSTS

        seller = HOSTS[host].prices if host in HOSTS else ""
    return _listed(seller, model) if seller and model else None


def sellers(model: str) -> list[str]:
    """Who sells a model of this name, in the names of `genai-prices`."""
    return [each for each in ("openai", "anthropic", "google", "mistral", "x-ai", "deepseek", "cohere") if _found(each, model)]


def context_window(name: str) -> int | None:
    """How many tokens a model takes, by its full name and the same package; None where that is not known."""
    from seekgraph.lms.host_table import HOSTS

    host, _, model = name.partition("/")
    found = _found(HOSTS[host].prices, model) if host in HOSTS and HOSTS[host].prices else None
    return None if found is None else found.context_window


def as_of() -> str:
    """Which prices are used, for a person."""
    return f"{SOURCE} {importlib.metadata.version(SOURCE)}" if importlib.util.find_spec("genai_prices") else ""


def _found(seller: str, model: str) -> Any:
    """The package's entry of a model; None where it has none, or is not installed."""
    if importlib.util.find_spec("genai_prices") is None:
        return None
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model, None, seller, None)[1]
    except LookupError:
        return None


@cache
def _listed(seller: str, model: str) -> Price | None:
    """The list price; of prices that change in the course of a day the dearest, so that a cap is kept at any hour."""
    entry = _found(seller, model)
    if entry is None:
        return None
    now = datetime.now(UTC)
    prices = [price for hour in range(24) if (price := _price(entry.get_prices(now + timedelta(hours=hour)))) is not None]
    return max(prices, key=lambda price: (price.input, price.output), default=None)


def _price(found: Any) -> Price | None:
    lines = [getattr(found, f"{line}_mtok", None) for line in ("input", "output", "cache_read")]
    if lines[0] is None or lines[1] is None:
        return None
    starts = sorted({tier.start for line in lines for tier in getattr(line, "tiers", ())})

    def at(start: int) -> list[float | None]:
        return [None if line is None else _at(line, start) for line in lines]

    base = at(0)
    return Price(base[0] or 0.0, base[1] or 0.0, base[2], tuple((start, Price(*at(start))) for start in starts))  # type: ignore[arg-type]


def _at(line: Any, start: int) -> float:
    """A price for prompts of more tokens than `start`."""
    reached = [tier.price for tier in getattr(line, "tiers", ()) if tier.start <= start and start]
    return float(reached[-1] if reached else getattr(line, "base", line))


@cache
def longest_reply(name: str) -> int | None:
    """The model's own limit of a reply in tokens, by its full name; None where it is not known."""
    return next((most for known, most in LONGEST.items() if name.startswith(known)), None)


def at_most(price: Price | None, prompt_bytes: int, reply_tokens: int | None) -> AtMost:
    """What a call may use at most. A token is at least one byte of UTF-8, so that a prompt has no more tokens than bytes."""
    prompt_tokens = prompt_bytes + TEMPLATE
    tokens = None if reply_tokens is None else prompt_tokens + reply_tokens
    if price is None or not any(price):
        return AtMost(tokens, 0.0)
    if reply_tokens is None:
        return AtMost()
    return AtMost(tokens, price.dearest(prompt_tokens).of(prompt_tokens, reply_tokens))


def spent(price: Price | None, tokens_in: int, tokens_out: int, cached: int = 0) -> Usage:
    """The usage of an attempt, without counting it as a call."""
    usd = 0.0 if price is None else price.of(tokens_in, tokens_out, cached)
    return Usage(tokens_in=tokens_in, tokens_out=tokens_out, usd=usd)
