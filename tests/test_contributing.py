"""CONTRIBUTING says what an addition takes as it is counted, and each of its examples is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("tasks", ROOT / "docs" / "tasks.py")
assert SPEC is not None
assert SPEC.loader is not None
tasks = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tasks)


def test_the_table_is_what_is_counted() -> None:
    text = tasks.PAGE.read_text(encoding="utf-8")
    assert text == tasks.written(text), "run: python docs/tasks.py"


@pytest.mark.parametrize("task", sorted(tasks.TASKS))
def test_every_task_has_its_example_in_as_few_files_as_it_says(task: str) -> None:
    files = [ROOT / "examples" / name for name in tasks.TASKS[task]]
    assert all(file.is_file() for file in files)
    assert len(files) == (2 if "prompt" in task else 1)
    assert sum(map(tasks.lines, files)) <= 50


MODULE = """\
'''Doc.'''

import os

# why
X = (
    1,
)

@f
def g():
    '''Doc.'''
    return 1

def main():
    g()
"""


def test_lines_are_those_that_say_something(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(MODULE)
    assert tasks.lines(file) == 6
