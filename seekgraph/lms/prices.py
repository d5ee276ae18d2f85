"""What hosted models cost. Facts of a date: a user's own prices go before them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from seekgraph.core.base.budget import AtMost, Usage

AS_OF = "2026-11"
"""When the table was last checked: list prices without discounts for batches, long prompts or regions."""


class Price(NamedTuple):
    """US dollars for a million tokens."""

    input: float
    output: float
    cached: float | None = None
    """For prompt tokens that the host had in its cache; None: as much as others."""

    def of(self, tokens_in: int, tokens_out: int, cached: int = 0) -> float:
        """US dollars for these tokens; `cached` of `tokens_in` came from the host's cache."""
        known = self.input if self.cached is None else self.cached
        return ((tokens_in - cached) * self.input + cached * known + tokens_out * self.output) / 1e6


FREE = Price(0.0, 0.0)

TABLE: Mapping[str, Price] = {
    "openai/gpt-4.1": Price(2.00, 8.00, 0.50),
    "openai/gpt-4.1-mini": Price(0.40, 1.60, 0.10),
    "openai/gpt-4.1-nano": Price(0.10, 0.40, 0.025),
    "openai/gpt-4o": Price(2.50, 10.00, 1.25),
    "openai/gpt-4o-mini": Price(0.15, 0.60, 0.075),
    "openai/o3": Price(2.00, 8.00, 0.50),
    "openai/o4-mini": Price(1.10, 4.40, 0.275),
    "openai/gpt-5": Price(1.25, 10.00, 0.125),
    "openai/gpt-5-mini": Price(0.25, 2.00, 0.025),
    "openai/gpt-5-nano": Price(0.05, 0.40, 0.005),
    "openai/gpt-5.1": Price(1.25, 10.00, 0.125),
    "openai/gpt-5.2": Price(1.75, 14.00, 0.175),
    "openai/gpt-5.4": Price(2.50, 15.00, 0.25),
    "openai/gpt-5.4-mini": Price(0.75, 4.50, 0.075),
    "openai/gpt-5.5": Price(5.00, 30.00, 0.50),
    "anthropic/claude-haiku-4-5": Price(1.00, 5.00, 0.10),
    "anthropic/claude-sonnet-4-5": Price(3.00, 15.00, 0.30),
    "anthropic/claude-sonnet-4-6": Price(3.00, 15.00, 0.30),
    "anthropic/claude-sonnet-5": Price(2.00, 10.00, 0.20),
    "anthropic/claude-opus-4-5": Price(5.00, 25.00, 0.50),
    "anthropic/claude-opus-4-6": Price(5.00, 25.00, 0.50),
    "anthropic/claude-opus-4-7": Price(5.00, 25.00, 0.50),
    "anthropic/claude-opus-4-8": Price(5.00, 25.00, 0.50),
    "anthropic/claude-opus-5": Price(5.00, 25.00, 0.50),
}

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


def price_of(name: str, own: Mapping[str, Price] | None = None) -> Price | None:
    """The price of a model by its full name; None where it is not known.

    A dated version (`openai/gpt-4.1-mini-2025-04-14`, `anthropic/claude-haiku-4-5-20251001`) costs what the model costs.
    """
    for table in (own or {}, TABLE):
        if name in table:
            return table[name]
        for known in table:
            version = name.removeprefix(known)
            if version != name and version.startswith("-") and version[1:].replace("-", "").isdigit():
                return table[known]
    return None


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
    dearest = Price(max(price.input, price.cached or 0.0), price.output)
    return AtMost(tokens, dearest.of(prompt_tokens, reply_tokens))


def spent(price: Price | None, tokens_in: int, tokens_out: int, cached: int = 0) -> Usage:
    """The usage of an attempt, without counting it as a call."""
    usd = 0.0 if price is None else price.of(tokens_in, tokens_out, cached)
    return Usage(tokens_in=tokens_in, tokens_out=tokens_out, usd=usd)
