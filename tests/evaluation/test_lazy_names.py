"""`seekgraph.evaluation` offers its names without loading what they need."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

import seekgraph.evaluation as evaluation


def test_every_name_of_the_table_exists_and_is_listed() -> None:
    for name in evaluation._HOMES:
        assert getattr(evaluation, name) is not None
        assert name in dir(evaluation)


def test_the_table_and_the_names_that_editors_see_are_the_same() -> None:
    tree = ast.parse(inspect.getsource(evaluation))
    [checked] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {name.asname: part.module for part in checked.body if isinstance(part, ast.ImportFrom) for name in part.names}
    assert seen == evaluation._HOMES


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'metrik'"):
        evaluation.metrik


def test_numpy_is_loaded_only_when_something_is_computed() -> None:
    code = (
        "import sys; import seekgraph.evaluation as e; assert 'seekgraph.evaluation.metrics' not in sys.modules; "
        "e.bootstrap, e.metric, e.read_examples, e.holm; assert 'numpy' not in sys.modules; "
        "e.bootstrap([0.0, 1.0]); assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
