"""WebDetective's factors over a handful of runs, worked by hand."""

from __future__ import annotations

from small_runs import Fail, Find, Say, example, run

from seekgraph.diagnosis.factors import factors
from seekgraph.types import Example

GOLD = ("p1", "p2")


def row(found: tuple[str, ...], say: Say) -> tuple[Example, object]:
    return example(*GOLD), run(Find(found) >> say)


def test_search_use_and_refusal_are_told_apart() -> None:
    rows = [
        row(GOLD, Say("Ann")),  # found, used
        row(GOLD, Say("Bob")),  # found, not used
        row(GOLD, Say("", refused=True)),  # found, and gave up
        row(("p1",), Say("", refused=True)),  # lacked, and refused
        row(("p1",), Say("Bob")),  # lacked, and guessed
        row(("p1",), Say("Ann")),  # lacked, and was right: nothing to refuse for
    ]
    found = factors(rows)
    assert (found.sufficiency.mean, found.sufficiency.n) == (3 / 6, 6)
    assert (found.use.mean, found.use.n) == (1 / 3, 3)
    assert (found.refusal.mean, found.refusal.n) == (1 / 2, 2)
    assert (found.precision.mean, found.precision.n) == (1 / 2, 2)
    assert list(found.to_json()) == ["sufficiency", "use", "refusal", "precision"]
    assert found.to_json()["use"]["n"] == 3


def test_no_answer_is_neither_use_nor_refusal() -> None:
    found = factors([(example(*GOLD), run(Find(GOLD) >> Fail())), (example(*GOLD), run(Find(()) >> Fail()))])
    assert (found.use.mean, found.refusal.mean, found.precision.n) == (0, 0, 0)
    assert list(found.to_json()) == ["sufficiency", "use", "refusal"]


def test_an_example_without_gold_is_left_out() -> None:
    found = factors([(example(), run(Say("Ann"))), (example("p1", answers=()), run(Say("Ann")))])
    assert [interval.n for interval in found] == [0, 0, 0, 0]
