"""Visiting one node on a state of one's choice, and a few passages about people who made films."""

from __future__ import annotations

from typing import Any

from seekgraph.core.language.node import Node
from seekgraph.flow import Flow
from seekgraph.types import Passage

FILM = Passage(
    id="film",
    title="The Silver Gate",
    text="The Silver Gate is a 1961 drama film directed by Marta Lindqvist. It was shown in Berlin.",
)
DIRECTOR = Passage(
    id="director",
    title="Marta Lindqvist",
    text="Marta Lindqvist (4 May 1920 – 2 June 1999) was a Swedish film director. She was born in Visby and died in Uppsala.",
)
OTHER = Passage(
    id="other",
    title="Dag Holm",
    text="Dag Holm (born 1 March 1931) is a Norwegian boxer. He was born in Oslo and won 35 fights.",
)
SCHOOL = Passage(id="school", title="Uppsala", text="Uppsala is a city in Sweden. Its university has 45,000 students.")
BRIDGE = "Where was the director of The Silver Gate born?"


def visit(node: Node, **state: Any) -> Any:
    """What one visit of `node` writes, on these channels."""
    contract = node.contract()
    kinds = {read.parameter: read.type for read in contract.reads}
    kinds |= {read.or_else: read.type for read in contract.reads if read.or_else}
    written = contract.writes[0].channel.name
    flow = Flow(node, inputs={name: kinds[name] for name in state}, output=written)
    result = flow.bind()(**state)
    assert result.status == "ok", result.errors
    return result.values[written]


CONTEXT_OF = {
    "japanese": (
        Passage(id="film", title="銀の門", text="「銀の門」は1961年の映画で、監督はマルタ・リンドクヴィストである。"),
        Passage(
            id="director",
            title="マルタ・リンドクヴィスト",
            text="マルタはスウェーデンの監督である。彼女はヴィスビーで生まれた。",
        ),
    ),
    "spanish": (
        Passage(
            id="film",
            title="La puerta de plata",
            text="La puerta de plata es una película de 1961 de la directora Marta Lindqvist.",
        ),
        Passage(id="director", title="Marta Lindqvist", text="Marta Lindqvist fue una directora sueca. Nació en Visby en 1920."),
    ),
}
