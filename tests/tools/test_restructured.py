"""reStructuredText, read as a reader of the site sees it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.tools.restructured import Reader, substitutions
from seekgraph.tools.split import split_text

FILES = {"x.py": "a = 1\nb = 2\nc = 3\n", "part.rst": "Of :func:`f`.\n"}


def read(text: str) -> str:
    """With blank lines left out, since they only separate."""
    found = Reader(substitutions(text), FILES.get).read(text)
    return "\n".join(line.rstrip() for line in found.split("\n") if line.strip())


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (".. note:: One\n   line.\n\n   More.\n\nAfter.", "One\nline.\nMore.\nAfter."),
        (".. warning::\n\n   Hot.\n", "Warning:\nHot."),
        (".. warning:: Hot.\n", "Warning: Hot."),
        (".. admonition:: Take care\n\n   Hot.\n", "Take care:\nHot."),
        (".. seealso:: :doc:`/patterns/packages`\n", "packages"),
        (".. versionadded:: 0.3\n\nText.", "Added in version 0.3.\nText."),
        (".. versionchanged:: 2.0\n    Faster.\n", "Changed in version 2.0:\nFaster."),
        (".. deprecated:: 7.0 Use ``x``.\n", "Deprecated since version 7.0:\nUse `x`."),
        (".. code-block:: python\n    :caption: a\n\n    x = 1\n\n    y = 2\n\nAfter.", "```python\nx = 1\ny = 2\n```\nAfter."),
        ("Like this::\n\n    x = ``1``\n\nAfter.", "Like this:\n```\nx = ``1``\n```\nAfter."),
        ("Like this ::\n\n    x\n", "Like this\n```\nx\n```"),
        ("::\n\n    x\n", "```\nx\n```"),
        ("- One::\n\n      x\n\n- Two.", "- One:\n```\nx\n```\n- Two."),
        (".. option:: -k EXPRESSION\n\n    Only **these**.\n", "`-k EXPRESSION`\nOnly **these**."),
        (".. py:function:: f(a)\n              g(b)\n\n   Does it.\n", "`f(a)`\n`g(b)`\nDoes it."),
        (":param int x: The number.\n:returns: It.\n:rtype: int\n", "- x: The number.\n- Returns: It."),
        (".. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\nText.", "Text."),
        (".. currentmodule:: flask\n.. autoclass:: Flask\n   :members:\n\n   Also this.\n", "Also this."),
        (".. image:: a.png\n   :alt: A\n", ""),
        (".. A comment\n   of two lines.\n\n.. _target:\n\n.. _site: https://a.example\n\nText.", "Text."),
        ("..\n   hidden\n\nText.", "Text."),
        (".. [1] A footnote.\n   Its end.\n", "[1] A footnote.\n   Its end."),
        (".. |v| replace:: 3.1\n\nVersion |v|, |unknown|.", "Version 3.1, |unknown|."),
        (":orphan:\n\nText.", "Text."),
        ("See :ref:`the\nplace <place>`, `a link <https://a.example>`_ and `Text`_.", "See the place, a link and Text."),
        ("Call ``f(*a)`` and :func:`~a.g`.", "Call `f(*a)` and a.g."),
        (".. literalinclude:: x.py\n   :language: python\n   :lines: 1,3-\n", "```python\na = 1\nc = 3\n```"),
        (".. literalinclude:: nowhere.py\n\nText.", "Text."),
        (".. include:: part.rst\n", "Of f."),
        (".. only:: html\n\n   Text.\n", "Text."),
        (".. list-table:: Rivers\n   :header-rows: 1\n\n   * - River\n     - Length\n   * - Rhine\n     - 1230\n",
         "Rivers\n| River | Length |\n|---|---|\n| Rhine | 1230 |"),
        (".. csv-table::\n   :header: a, b\n\n   1, 2\n", "| a | b |\n|---|---|\n| 1 | 2 |"),
        (".. tab:: Linux\n\n   Use apt.\n", "Linux:\nUse apt."),
        (".. raw:: html\n\n   <b>no</b>\n\nText.", "Text."),
    ],
)  # fmt: skip
def test_what_is_written_and_what_is_seen(written: str, seen: str) -> None:
    assert read(written) == seen


def test_output_in_a_literal_block_holds_no_heading_and_stays_whole() -> None:
    text = (
        "Run it\n======\n\nSo::\n\n    $ run\n\n    Results\n    =======\n    all well\n\nEnd of ``it``\n-------------\n\nDone.\n"
    )
    title, pieces = split_text(text, ".rst")
    assert title == "Run it"
    assert [(piece.headings, piece.text) for piece in pieces] == [
        (("Run it",), "So:\n\n```\n$ run\n\nResults\n=======\nall well\n```"),
        (("Run it", "End of `it`"), "Done."),
    ]


line = st.sampled_from(
    (
        "",
        "words",
        "  words",
        ".. note::",
        "   .. note:: words",
        "words::",
        "::",
        "..",
        ".. x::",
        "   :a: b",
        ":a:",
        "* - words",
        "|x|",
        "`",
    )
)


@given(st.lists(line, max_size=20))
def test_anything_is_read(lines: list[str]) -> None:
    assert isinstance(read("\n".join(lines)), str)


def test_it_takes_time_linear_in_the_text() -> None:
    for part in (".. note::\n", "::\n\n  ", ":a:`", "|a", "``", "`", ".. |x| replace::\n  y\n"):
        read(part * 20_000)
    read("".join(" " * at + ".. note::\n" for at in range(400)))
