"""Options that belong together look to a shell as if each command had spelled them out."""

from __future__ import annotations

import inspect
from typing import NamedTuple

from seekgraph.cli.grouping import grouped


class Place(NamedTuple):
    host: str = "127.0.0.1"
    port: int = 80


def test_a_group_stands_for_its_options_and_arrives_as_one() -> None:
    heard: list[object] = []

    @grouped
    def serve(name: str, place: Place = Place(), loud: bool = False) -> None:  # noqa: B008
        heard.extend([name, place, loud])

    parameters = inspect.signature(serve).parameters
    assert list(parameters) == ["name", "host", "port", "loud"]
    assert (parameters["port"].default, parameters["port"].annotation) == (80, int)
    serve(name="a", host="::1", port=8, loud=True)
    assert heard == ["a", Place("::1", 8), True]
