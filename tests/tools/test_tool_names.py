"""`import seekgraph.tools` is light, and its names are all there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import seekgraph.tools


def test_importing_the_room_imports_no_numbers_and_no_engine() -> None:
    code = "import sys, seekgraph.tools; print([name for name in ('numpy', 'bm25s', 'Stemmer', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", seekgraph.tools.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(seekgraph.tools, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'BM26'"):
        seekgraph.tools.BM26


def test_the_table_and_the_list_agree() -> None:
    assert set(seekgraph.tools.__all__) == set(seekgraph.tools._HOME)
