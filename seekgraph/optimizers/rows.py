"""The rows that a compile is given: read, held back, and refused where a change could not be judged on them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seekgraph.evaluation.examples import ExampleError, split
from seekgraph.evaluation.validation import examples_of
from seekgraph.types import Example

HELD_BACK = 0.4


def split_rows(
    train: Iterable[Example] | str | Path, val: Iterable[Example] | str | Path | None, seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """The rows to search on and those to judge on, in an order that does not depend on the files'.

    Without `val`, two fifths of `train` are held back for it. Raises `ExampleError` for no rows, for two of one id, for one row
    alone, and for rows that are in both, by id or by question: nothing may be judged on what it was made from.
    """
    learn = examples_of(train)
    if val is None:
        if len(learn) < 2:
            raise ExampleError("compiling needs at least 2 examples, one to search on and one to judge on; there is 1")
        first, second = split(learn, 1 - HELD_BACK, HELD_BACK, seed=seed)
        return first, second
    judge = examples_of(val)
    ids = {example.id for example in learn}
    questions = {_folded(example) for example in learn}
    shared = sorted(example.id for example in judge if example.id in ids or _folded(example) in questions)
    if shared:
        named = ", ".join(shared[:3]) + (", ..." if len(shared) > 3 else "")
        raise ExampleError(
            f"{len(shared)} examples of val are in train too, by id or by question ({named}): a change is judged on other rows "
            "than it was made from. Take them out of one of the two, or give train alone and let a part be held back"
        )
    return _ordered(learn), _ordered(judge)


def _folded(example: Example) -> str:
    return " ".join(example.question.casefold().split())


def _ordered(rows: Iterable[Example]) -> tuple[Example, ...]:
    return tuple(sorted(rows, key=lambda example: example.id))
