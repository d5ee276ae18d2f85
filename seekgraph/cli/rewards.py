"""--reward, and `seekgraph rewards`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from seekgraph.cli.common import Misuse, Place, kind, named
from seekgraph.cli.output import show, write_json

if TYPE_CHECKING:
    from seekgraph.rewards import Reward

REWARD = Place("--reward", "package.module:attribute or a formula of names from `seekgraph rewards list`", "reward")


def find_rewards(names: Iterable[str]) -> tuple[Reward, ...] | None:
    """The rewards that --reward names: each a formula of names from `seekgraph.rewards`, or `package.module:attribute` for one of
    a user's own, looked for in the current folder too. None where none is named.

    Raises `Misuse` for what is no reward, and `FlowNotLoaded` for a module that raises.
    """
    from seekgraph.rewards import RewardError, parse

    try:
        return tuple(_own(name) if re.fullmatch(r"[^\s(){}'\"]+:\w*", name) else parse(name) for name in names) or None
    except RewardError as error:
        raise Misuse(f"--reward: {error}") from None


def _own(name: str) -> Reward:
    from seekgraph.rewards import Reward, reward

    found = named(name, REWARD, lambda value: isinstance(value, Reward))
    if isinstance(found, Reward):
        return found
    if callable(found) and not isinstance(found, type):
        return reward()(found)
    raise Misuse(
        f"--reward: {name} is {kind(found)} and not a reward: make one of a function (step, trace, example) with "
        "@seekgraph.reward(on=..., needs=...)"
    )


def list_command(as_json: bool) -> None:
    """Show every reward: what it gives, what it needs, and where it comes from."""
    from rich.table import Table
    from rich.text import Text

    from seekgraph.evaluation.terminal import Fitting
    from seekgraph.rewards.catalog import catalog

    listed = catalog()
    if as_json:
        write_json({"rewards": [asdict(each) for each in listed]})
        return
    for section, rewards in groupby(listed, key=lambda each: each.section):
        table = Table(title=Text(section), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
        table.add_column("reward", overflow="fold")
        table.add_column("what it gives", min_width=32)
        table.add_column("needs")
        for each in rewards:
            about = Text(each.about)
            if each.source:
                about.append(f" Source: {each.source}", style="dim")
            needs = "by arguments" if each.needs is None else ", ".join(each.needs) or "nothing"
            table.add_row(Text(each.call), about, needs)
        show(Fitting(table), "")
    show("evaluate, diagnose and compile take names and formulas of names:", "  --reward '0.8 * support_gain + 0.2 * novelty'")
