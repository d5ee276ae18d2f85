"""The sign of a number is a part of it: "-5" is another answer than "5"."""

from __future__ import annotations

import pytest

from seekgraph.nodes.candidate_spans import spans_of
from seekgraph.nodes.rules.language import rules_for


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The mean temperature in January is -5 degrees.", "-5 degrees"),
        ("It was \u22125 in the morning.", "\u22125"),
        ("(-5)", "-5"),
        ("The war of the 1914-18 generation.", None),
        ("The Boeing-747 flew.", None),
    ],
)
def test_a_number_is_read_with_its_sign(text: str, number: str | None) -> None:
    found = [span.text for span in spans_of(text, "number", rules_for(text))]
    if number is None:
        assert not any(each.startswith("-") for each in found)
    else:
        assert number in found
        assert "5" not in found
