"""Units of a text: what can be shown by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.units import units

PAGE = """# Heading

You can use it.
This goes on
in one line: like `x.y`.

* First item, long
  and wrapped.
* Second item

```python
def f():

    return 1
```

/// note | Technical
Some text. And more.
///

| a | b |
|---|---|
| 1 | 2 |
"""


def test_sentences_items_rows_and_code_blocks_are_units_and_structure_is_not() -> None:
    found = [(unit.kind, unit.text) for unit in units(PAGE)]
    assert ("code", "```python\ndef f():\n\n    return 1\n```") in found
    assert [text for kind, text in found if kind == "prose"][:4] == [
        "You can use it.",
        "This goes on\nin one line: like `x.y`.",
        "* First item, long\n  and wrapped.",
        "* Second item",
    ]
    assert not any(text.startswith(("#", "|---", "///\n")) or text == "///" for _, text in found)


def test_a_longer_fence_holds_a_shorter_one_and_an_open_one_ends_with_the_text() -> None:
    assert [unit.kind for unit in units("````\n```\nx\n```\n````\nAfter.")] == ["code", "prose"]
    assert [unit.text for unit in units("Before.\n```\nx = 1\n")] == ["Before.", "```\nx = 1\n"]


@given(st.text(alphabet="ab .`~\n#*|-{}/", max_size=120))
def test_units_are_verbatim_and_in_order(text: str) -> None:
    last = 0
    for unit in units(text):
        assert text[unit.start : unit.end] == unit.text
        assert unit.start >= last
        last = unit.end
