"""A diagnosis for a terminal: the nodes, the waterfall, the classes, and the worst examples. All text in it is data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

    from seekgraph.evaluation.terminal import Fitting

WHOLE = ("node", "mean reward", "headroom", "share of what is needed", "mean")
"""Columns that are not broken into lines."""

SHOWN = 5
"""Examples that are shown."""


class Diagnosed(Protocol):
    """What the tables show of a `Diagnosis`, which imports this module and is not imported by it."""

    @property
    def flow(self) -> Mapping[str, Any]: ...
    @property
    def metric(self) -> Mapping[str, Any]: ...
    @property
    def n(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def errors(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def nodes(self) -> Mapping[str, Any]: ...
    @property
    def waterfall(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def classes(self) -> Mapping[str, int]: ...
    @property
    def guesses(self) -> Mapping[str, int]: ...
    @property
    def pairs(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def factors(self) -> Mapping[str, Any]: ...
    @property
    def examples(self) -> Sequence[Mapping[str, Any]]: ...


def as_rich(diagnosis: Diagnosed) -> Group:
    """The diagnosis for a terminal."""
    from rich.console import Group
    from rich.text import Text

    metric = diagnosis.metric
    head = (
        f"{diagnosis.flow['name'] or 'flow'}: {metric['name']} {_number(metric['mean'])} over {diagnosis.n} examples, "
        f"{diagnosis.failed} below {metric['good']:g}, {diagnosis.errors} errors, {diagnosis.seconds:.1f} s"
    )
    legend = Text("first: the share of failed examples whose first broken step is here; headroom: the gain were it perfect")
    parts: list[Any] = [Text(head), _nodes(diagnosis), legend]
    if diagnosis.pairs:
        rows: list[tuple[str, ...]] = [
            (" + ".join(each["nodes"]), _interval(each["headroom"]), _number(each["sum"])) for each in diagnosis.pairs
        ]
        parts.append(_table(("perfect together", "headroom", "sum of the two"), rows))
    if diagnosis.waterfall:
        rows = [(each["stage"], _bar(each["share"]), _interval({**each, "mean": each["share"]})) for each in diagnosis.waterfall]
        parts.append(_table(("from question to answer", "", "share of what is needed"), rows, words=2))
    if diagnosis.factors:
        rows = [(name, _interval(each), str(each["n"])) for name, each in diagnosis.factors.items()]
        parts.append(_table(("factor", "mean", "runs"), rows))
    if diagnosis.classes:
        rows = [(name, str(count), str(diagnosis.guesses.get(name, 0))) for name, count in diagnosis.classes.items()]
        parts.append(_table(("first broken step", "examples", "of them guesses"), rows))
    parts += [_example(each) for each in diagnosis.examples[:SHOWN]]
    return Group(parts[0], *(part for each in parts[1:] for part in (Text(), each)))


def _nodes(diagnosis: Diagnosed) -> Fitting:
    rows = []
    for path, node in diagnosis.nodes.items():
        rewards = "\n".join(f"{_short(found.mean)} {name}" for name, found in node.reward.items())
        cost = "\n".join(f"{_amount(value)} {SHORT.get(name, name)}" for name, value in node.cost.items() if value)
        gain = node.headroom
        headroom = "–" if gain is None else f"{_short(gain.mean, 3)} [{_short(gain.low)}, {_short(gain.high)}]"
        rows.append((path, str(node.visits), rewards, f"{node.blame:.0%}" if node.blame else "", headroom, cost))
    return _table(("node", "visits", "mean reward", "first", "headroom", "cost"), rows, left=("mean reward", "cost"))


SHORT = {"seconds": "s", "usd": "US$"}


def _short(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("0.", ".", 1) if value < 1 else f"{value:.{digits}f}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], words: int = 1, left: tuple[str, ...] = ()) -> Fitting:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from seekgraph.evaluation.terminal import Fitting

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for number, name in enumerate(head):
        table.add_column(
            Text(name),
            justify="left" if number < words or name in left else "right",
            overflow="fold",
            no_wrap=name in WHOLE,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return Fitting(table)


def _example(example: Any) -> Text:
    from rich.text import Text

    blame = example["blame"]
    said = "no answer" if example["answer"] is None else f"{example['answer']!r}{' (refused)' if example['refused'] else ''}"
    right = " or ".join(map(repr, example["golds"][:2])) or ", ".join(example["supporting_ids"])
    lines = [f"{example['id']}: {example['question']}", f"  said {said}, right is {right}"]
    if blame is not None:
        sure = "" if blame["confirmed"] else ", a guess"
        lines.append(f"  {blame['step']} ({blame['class']}{sure}): {blame['why']}")
    return Text("\n".join(lines))


def _bar(share: float | None, width: int = 24) -> str:
    filled = round((share or 0.0) * width)
    return "█" * filled + "·" * (width - filled)


def _interval(found: Any) -> str:
    if found["mean"] is None:
        return "–"
    return f"{_number(found['mean'])} [{_number(found['low'])}, {_number(found['high'])}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
