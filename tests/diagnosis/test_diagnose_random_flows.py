"""Whatever a flow does, it can be diagnosed, and the numbers agree."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from amounts import examples
from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "core"))

from random_flows import Log, bound, flows

import seekgraph as sg
from seekgraph.types import Example, SubQuestion

HOPS = (SubQuestion(question="text 0", answer="1"), SubQuestion(question="text 1 of #1", answer="2", supporting_id="p"))
EXAMPLES = [
    Example(id="a", question="0", answers=("17",), supporting_ids=("p", "q")),
    Example(id="b", question="1", answers=("noanswer",), supporting_ids=("p",), decomposition=HOPS),
]


@settings(max_examples=examples(100, 30), deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(flows())
def test_any_flow_can_be_diagnosed(flow: sg.Flow) -> None:
    Log.begin(0.0)
    found = bound(flow).diagnose(EXAMPLES)
    assert sum(found.classes.values()) == len(found.findings) <= found.failed
    assert sum(node.blame for node in found.nodes.values()) <= 1 + 1e-9
    for node in found.nodes.values():
        if node.headroom is not None:
            assert node.headroom.low is not None
            assert node.headroom.low >= 0
    answering = found.nodes["end"].headroom
    assert answering is not None
    if not found.errors:  # a run that failed is not fixed by its answer
        assert answering.mean == pytest.approx(1 - (found.metric["mean"] or 0) * found.metric["n"] / 2)
