"""--reward, and `seekgraph rewards`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from seekgraph.cli.common import Misuse, Place, imported, show, write_json

if TYPE_CHECKING:
    from seekgraph.rewards import Reward

REWARD = Place("--reward", "package.module:attribute or a formula of names from `seekgraph rewards list`", "reward")


def find_rewards(names: Iterable[str]) -> tuple[Reward, ...] | None:
    """The rewards that --reward names: each a formula of names from `seekgraph.rewards`, or `package.module:attribute` for one of
    a user's own, looked for in the current folder too. None where none is asked for.

    Raises `Misuse` for what is no reward, and `FlowNotLoaded` for a module that raises.
    """
    from seekgraph.rewards import RewardError, parse

    try:
        return tuple(_own(name) if re.fullmatch(r"[^\s(){}'\"]+:\w*", name) else parse(name) for name in names) or None
    except RewardError as error:
        raise Misuse(f"--reward: {error}") from None


def _own(name: str) -> Reward:
    from seekgraph.rewards import Reward

    place, _, attribute = name.partition(":")
    module = imported(place, name, REWARD)
    found = getattr(module, attribute, None) if attribute else None
    if isinstance(found, Reward):
        return found
    rewards = [f"{place}:{key}" for key, value in vars(module).items() if isinstance(value, Reward)]
    has = f"its rewards are {', '.join(rewards)}" if rewards else "it has no reward"
    if found is None:
        raise Misuse(f"--reward: {place} has no reward {attribute!r}; {has}")
    mend = "make one of a function with @seekgraph.rewards.reward(on=..., needs=...)"
    raise Misuse(f"--reward: {name} is a {type(found).__name__} and not a reward; in {place}, {has}: {mend}")


def list_command(as_json: bool) -> None:
    """Show every reward: what it gives, what it needs, and where it comes from."""
    from rich.table import Table
    from rich.text import Text

    from seekgraph.rewards.catalog import catalog

    listed = catalog()
    if as_json:
        write_json({"rewards": [asdict(each) for each in listed]})
        return
    for section, rewards in groupby(listed, key=lambda each: each.section):
        table = Table(title=Text(section), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
        table.add_column("reward", ratio=3, overflow="fold")
        table.add_column("what it gives", ratio=6)
        table.add_column("needs", ratio=2)
        table.expand = True
        for each in rewards:
            told = Text(each.about)
            if each.source:
                told.append(f" Source: {each.source}", style="dim")
            needs = "by arguments" if each.needs is None else ", ".join(each.needs) or "nothing"
            table.add_row(Text(each.call), told, needs)
        show(table, "")
    show("evaluate, diagnose and compile take names and formulas of names:", "  --reward '0.8 * support_gain + 0.2 * novelty'")
