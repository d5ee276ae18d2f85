"""A compile's own plan: nothing is spent where nothing is to be gained, and it says so."""

from __future__ import annotations

import asyncio
from typing import Any

import rivers

import seekgraph as sg
from seekgraph.core.base.budget import Budget
from seekgraph.nodes import Answer, Read
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.compiled import Compiled

READING = sg.Flow(rivers.Search(k=24) >> rivers.Rank() >> Read() >> Answer(), name="reading")
"""A ranker that has much to learn, and nodes after it that no passage depends on."""


def compiled(flow: sg.Flow, events: list[Any] | None = None, **options: Any) -> Compiled:
    def say(event: str, facts: Any) -> None:
        if events is not None:
            events.append((event, facts))

    rows = [row for row in rivers.examples(0, 21) if row.id != "q09"]  # whose river nothing finds
    return asyncio.run(compile_flow(rivers.bind(flow), rows, metric="support_recall", say=say, **options))


def test_nodes_at_which_a_perfect_step_would_gain_nothing_are_left_as_they_are_and_that_is_said() -> None:
    events: list[Any] = []
    result = compiled(READING, events)
    first = next(facts for event, facts in events if event == "planned")
    assert set(first["hopeless"]) == {"read", "answer"}
    assert first["headroom"]["rank"] > 0.4
    assert "read" in first["why"]
    assert set(result.changes[0].values) == {"rank.follow"}
    assert [facts["path"] for event, facts in events if event == "fitted"] == ["rank"]


def test_a_pass_to_which_no_node_is_left_is_not_run_and_leaves_its_chance_to_the_others() -> None:
    result = compiled(READING)
    assert result.after.mean == 1.0
    assert [(change.name, change.accepted) for change in result.changes] == [("fit", True), ("tune", False)]
    assert result.changes[1].note.startswith("left out")


def test_passes_that_are_named_run_as_they_are() -> None:
    from seekgraph.optimizers.fit import Fit

    events: list[Any] = []
    compiled(READING, events, passes=[Fit()])
    assert "planned" not in [event for event, _ in events]
    assert {facts["path"] for event, facts in events if event in ("fitted", "left")} == {"rank", "read", "answer"}


def test_where_a_budget_may_cut_the_compile_short_nothing_is_spent_on_planning() -> None:
    events: list[Any] = []
    compiled(READING, events, budget=Budget(searches=60))
    assert "planned" not in [event for event, _ in events]
