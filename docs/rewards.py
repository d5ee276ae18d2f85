"""Write the page of all rewards, docs/rewards.md, from the package: `python docs/rewards.py`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from seekgraph.rewards.catalog import Listed, catalog

PAGE = Path(__file__).with_name("rewards.md")

HEAD = """# Rewards

A reward scores one step in its trace: a value in [0, 1], higher is better, or None where it does not apply, and feedback in
words. Import them from `seekgraph.rewards`; those with parentheses are made by calling them. "Needs" is what they cannot do
without: gold of the examples, or a judge in the flow; one that needs nothing also serves while a flow runs. Whole formulas,
sources and constants are in the docstrings: `help(seekgraph.rewards.inforage)`; `seekgraph rewards list --json` has them short.
This page is made from the docstrings by `python docs/rewards.py`.
"""


def written() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    """A section for each module, by name, with a row for each of its rewards."""
    for section, listed in groupby(catalog(), key=lambda each: each.section):
        yield f"## {section}\n"
        yield "| reward | what it gives | needs |\n| --- | --- | --- |"
        for each in listed:
            yield f"| `{_cell(each.call)}` | {_cell(each.about)} | {_needs(each)} |"
        yield ""


def _needs(each: Listed) -> str:
    return "what its arguments need" if each.needs is None else ", ".join(each.needs) or "nothing"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
