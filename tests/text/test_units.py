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


@given(st.text(alphabet="ab .`~\n#*|-{}/:>", max_size=120))
def test_units_are_verbatim_and_in_order(text: str) -> None:
    last = 0
    for unit in units(text):
        assert text[unit.start : unit.end] == unit.text
        assert unit.start >= last
        last = unit.end


RST = """Once it runs, change the scheme in the ``init`` command:

.. code-block:: console

    $ restic -r sftp:user@host:/srv init

    created restic repository

Then use it in the specification::

    restic -r sftp:host backup

It is done.

>>> add(1, 2)
3

Use ``std::vector`` for a list.
"""


def test_code_that_restructuredtext_indents_and_a_doctest_are_units() -> None:
    code = [unit.text for unit in units(RST) if unit.kind == "code"]
    assert code == [
        ".. code-block:: console\n\n    $ restic -r sftp:user@host:/srv init\n\n    created restic repository",
        "    restic -r sftp:host backup",
        ">>> add(1, 2)\n3",
    ]
    assert [unit.text for unit in units(RST) if unit.kind == "prose"][-1] == "Use ``std::vector`` for a list."


def test_a_text_that_begins_within_a_block_of_code_begins_with_code() -> None:
    found = units("        self.model = model\n\n    def get(self):\n        return 1\n\nThis is the view.")
    assert [unit.kind for unit in found] == ["code", "prose"]


def test_pictures_and_labels_say_nothing() -> None:
    assert not units("![a bar](bar.gif)\n\n.. _a label:\n\n.. image:: a.png\n\n+----+----+\n")
