"""Writes the guide's table of what our nodes read and write, from their contracts. Run it after changing a node:

python docs/channels.py
"""

from __future__ import annotations

from pathlib import Path

from seekgraph import nodes
from seekgraph.core.language.node import Node, ReadSpec, WriteSpec
from seekgraph.core.record.ledger import Merge

GUIDE = Path(__file__).parent / "guide.md"
BEGIN, END = "<!-- channels -->\n", "<!-- end -->"


def kinds() -> list[type[Node]]:
    """The kinds of node that `seekgraph.nodes` offers, by name."""
    offered = [getattr(nodes, name) for name in nodes.__all__ if name != "LLMNode"]  # a base, which reads nothing
    return [each for each in offered if isinstance(each, type) and issubclass(each, Node) and each is not Node]


def table() -> str:
    """The table: one row a kind."""
    rows = ["| node | reads | asks for | writes |", "|---|---|---|---|"]
    for kind in kinds():
        contract = kind.contract()
        reads = ", ".join(map(_read, contract.reads))
        ports = ", ".join(f"{port.port.__name__}{'' if port.required else '?'}" for port in contract.ports)
        rows.append(f"| `{kind.__name__}` | {reads} | {ports} | {', '.join(map(_write, contract.writes))} |")
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """The guide's text with the table as it has to be."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


def _read(read: ReadSpec) -> str:
    name = read.parameter + (f" or {read.or_else}" if read.or_else else "")
    return name if read.required else f"{name}?"


def _write(write: WriteSpec) -> str:
    rule = "" if write.channel.merge is Merge.REPLACE else f" ({write.channel.merge.value})"
    return f"{write.channel.name}{rule}{'' if write.always else '?'}"


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
