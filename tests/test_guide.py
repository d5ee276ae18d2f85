"""The guide runs as it stands, prints what it says, and its table is that of the nodes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from blocks import said

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_every_block_runs_in_order_and_prints_what_stands_below_it(tmp_path: Path) -> None:
    wrong = [(block.line, block.text, printed) for block, printed in said(DOCS / "guide.md", tmp_path) if block.text != printed]
    assert wrong == []


def script(name: str) -> Any:
    """A script of the docs, loaded and not run."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_the_page_of_rewards_is_made_from_their_docstrings() -> None:
    rewards = script("rewards")
    assert rewards.PAGE.read_text(encoding="utf-8") == rewards.written(), "run: python docs/rewards.py"


def test_the_table_of_channels_is_made_from_the_contracts() -> None:
    channels = script("channels")
    text = channels.GUIDE.read_text(encoding="utf-8")
    assert text == channels.written(text), "run: python docs/channels.py"
