"""The room's names: loaded when used, and light."""

from __future__ import annotations

import subprocess
import sys

import pytest

import seekgraph.nodes as room
from seekgraph.core.language.node import Node


@pytest.mark.parametrize("name", sorted(room._HOME))
def test_every_name_is_a_node_of_its_own_name(name: str) -> None:
    kind = getattr(room, name)
    assert issubclass(kind, Node)
    assert kind.__name__ == name
    assert kind.contract().writes


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        room.Nonsense


def test_importing_every_node_loads_neither_numpy_nor_a_stemmer() -> None:
    names = ", ".join(sorted(room._HOME))
    code = f"import sys; from seekgraph.nodes import {names}; sys.exit(any(name in sys.modules for name in ('numpy', 'Stemmer')))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
