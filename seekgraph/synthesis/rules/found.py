"""What a pattern has found in a passage: the wording of a question and the words that answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from seekgraph.synthesis.view import View
from seekgraph.types import Passage


class Found(NamedTuple):
    """A question and its answer, which stands in the passage of `ids` (the first one, where there are several).

    `about` is what a pair of questions is made from: the clause that is asked for ("read a file"), or the thing ("Uvicorn").
    """

    question: str
    answer: str
    ids: tuple[str, ...]
    nuggets: tuple[tuple[str, ...], ...] = ()
    about: str = ""


Writer = Callable[[View, Passage], Iterator[Found]]
"""Writes the questions that one passage answers; pure, in the order of the text."""
