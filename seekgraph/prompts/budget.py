"""Tokens: how many a prompt may have, and how they are counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

_PIECE = re.compile(r"[A-Za-z]+|[^\x00-\x7f]|[^\sA-Za-z]|\n|[^\S\n]{2,}")
_A_MESSAGE = 8
"""Tokens that a chat template adds to each message, more or less: its role and the marks around it."""


class Said(Protocol):
    """What is counted of a message."""

    @property
    def content(self) -> str: ...


@lru_cache(maxsize=8192)
def estimate(text: str) -> int:
    """About how many tokens `text` has, for a tokenizer that is not at hand; rather too many than too few.

    One token for each four letters a word begins, one for each digit, mark and line break, and one for each byte of any other
    character in UTF-8. Measured against SmolLM2's tokenizer: English passages count 0.9 to 1.8 times what they
    have, 1.2 to 1.4 times in the middle; JSON up to twice. Letters that make no words may have more than this.
    """
    return sum(_cost(match[0]) for match in _PIECE.finditer(text))


def _cost(piece: str) -> int:
    if piece.isascii():
        return (len(piece) + 3) // 4 if piece[0].isalpha() else (len(piece) + 7) // 8
    return len(piece.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class TokenBudget:
    """How many tokens the messages of one prompt may have together.

    `most` is the model's context less what the reply may take. `demos` is the share of what the instruction leaves that
    demonstrations may take, in [0, 1]. `count` gives the number of tokens of a text: the model's own tokenizer where there is
    one, else the estimate. It should not give more for a text than for two halves of it by themselves. `fresh` is how many the
    inputs may have: what comes before them stays the same over questions, and a model may keep what it has read of it. Where they
    do not fit into so few, they have what `most` leaves.
    """

    most: int = 3000
    demos: float = 0.4
    count: Callable[[str], int] = estimate
    fresh: int | None = None

    def __post_init__(self) -> None:
        if self.most < 1 or not 0 <= self.demos <= 1:
            raise ValueError(f"a budget has at least 1 token, and a share in [0, 1] for demos, not {self.most} and {self.demos}")

    def of(self, messages: Iterable[Said]) -> int:
        """The tokens of messages, with what a chat template adds to each."""
        return sum(self.count(message.content) + _A_MESSAGE for message in messages)


def shares(wanted: Sequence[int], most: int) -> list[int]:
    """`most` dealt out by max-min fairness: nobody gets more than wanted, nor less than another who wants as much."""
    shared_out, left = [0] * len(wanted), max(0, most)
    for rank, at in enumerate(sorted(range(len(wanted)), key=lambda at: (wanted[at], at))):
        shared_out[at] = min(wanted[at], left // (len(wanted) - rank))
        left -= shared_out[at]
    return shared_out
