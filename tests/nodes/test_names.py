"""The names of the package: loaded when used, and light."""

from __future__ import annotations

import subprocess
import sys

import pytest
from amounts import PATIENCE

import seekgraph.nodes as nodes
from seekgraph.core.language.node import Node


@pytest.mark.parametrize("name", sorted(nodes.__all__))
def test_every_name_is_a_node_of_its_own_name(name: str) -> None:
    kind = getattr(nodes, name)
    assert issubclass(kind, Node)
    assert kind.__name__ == name
    assert kind is nodes.LLMNode or kind.contract().writes  # what LLMNode writes its subclasses say


def test_a_star_import_gives_the_nodes_and_nothing_else() -> None:
    found: dict[str, object] = {}
    exec("from seekgraph.nodes import *", found)
    del found["__builtins__"]
    assert sorted(found) == nodes.__all__
    assert {"Plan", "Retrieve", "Answer", "LLMNode"} <= set(found)


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        nodes.Nonsense


def test_importing_every_node_loads_neither_numpy_nor_a_stemmer() -> None:
    names = ", ".join(sorted(nodes.__all__))
    code = f"import sys; from seekgraph.nodes import {names}; sys.exit(any(name in sys.modules for name in ('numpy', 'Stemmer')))"
    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE).returncode == 0
