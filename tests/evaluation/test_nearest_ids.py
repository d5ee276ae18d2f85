"""Gold that the corpus lacks is never taken for another passage; the nearest are named."""

from __future__ import annotations

import pytest

from seekgraph.evaluation.examples import ExampleError, check_gold, check_recorded
from seekgraph.evaluation.nearest import nearest_ids
from seekgraph.tools.identity import content_hash
from seekgraph.types import Example

KNOWN = ["cors.md#origin", "cors.md#wildcards", "cors.md#use-3f2a91", "cors.md#use-77aa01", "guide/mail.md#background", "p17"]


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("cors.md#orgin", ["cors.md#origin"]),
        ("cors.md#use", ["cors.md#use-3f2a91", "cors.md#use-77aa01"]),
        ("cors.md#use-000000", ["cors.md#use-3f2a91", "cors.md#use-77aa01"]),
        ("cors.md#zzzz", ["cors.md#origin"]),
        ("mail.md#background", ["guide/mail.md#background"]),
        ("p171", ["p17"]),
        ("nothing-like-it", []),
    ],
)
def test_the_nearest_ids_are_of_the_same_document(wanted: str, near: list[str]) -> None:
    assert nearest_ids(wanted, KNOWN) == near


def test_unknown_gold_is_reported_with_the_nearest_ids() -> None:
    row = Example(id="q", question="Who?", supporting_ids=("cors.md#orgin",))
    with pytest.raises(ExampleError, match=r"'q': 'cors.md#orgin' \(nearest to 'cors.md#orgin': 'cors.md#origin'\)"):
        check_gold([row], KNOWN)


ORIGIN = content_hash("The  old\ntext.")
ROW = Example(id="q", question="Who?", supporting_ids=("a.md#origin",), meta={"supporting_hashes": {"a.md#origin": ORIGIN}})


def test_a_recorded_passage_that_is_the_same_passes_whatever_its_white_space() -> None:
    check_recorded([ROW], [("a.md#origin", "The old text."), ("b", "x")])
    check_recorded([Example(id="r", question="Who?", supporting_ids=("b",))], iter([("b", "x")]))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([("a.md#origin", "A new text.")], "the text of 'a.md#origin' has changed since it was recorded"),
        ([("a.md#origin", "A new text."), ("b.md#origin", "The old text.")], "recorded as 'a.md#origin' is now 'b.md#origin'"),
        ([("b.md#origin", "Other.")], "'a.md#origin' is gone, and no passage has its text"),
    ],
)
def test_a_recorded_passage_that_changed_is_found_again_or_reported(texts: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(ExampleError, match=said):
        check_recorded([ROW], texts)
