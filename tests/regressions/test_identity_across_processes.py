"""What a flow, an artifact, a trace and a key are told by is the same in every process, whatever the seed of hashes is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from amounts import PATIENCE
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import seekgraph as sg
from seekgraph.core.base.identity import digest

MODULE = """
import seekgraph as sg
from pydantic import BaseModel
from seekgraph.types import Answer

class Words(BaseModel):
    words: frozenset[str]

class Said(sg.Writes):
    answer: Answer
    seen: frozenset[str]

class Shout(sg.Node):
    words: object = None
    async def run(self, question: str) -> Said:
        return Said(answer=Answer(text=question), seen=frozenset("vwxyz"))

class Repeat(sg.Node):
    async def run(self, seen: frozenset[str]) -> Said:
        return Said(answer=Answer(text="".join(sorted(seen))), seen=seen)

words = [{"b": {"x", "y", "z"}, "a": 1}, frozenset("pqrst"), Words(words=frozenset("klmno"))]
flow = sg.Flow(Shout(words=words) >> Repeat(), name="words")
"""
CHILD = """
import json, sys
import seekgraph as sg
from seekgraph.core.artifact import load, save
from seekgraph.core.record.trace import Trace
from words_here import flow
if sys.argv[1] == "write":
    save(flow, "words.flow.json")
    flow.bind(memo=sg.Memo("steps.db"))(question="q").trace.save("trace.jsonl")
ask = load("words.flow.json").bind(memo=sg.Memo("steps.db"))
again = ask.replay(Trace.load("trace.jsonl", flow.channels))
memo = [step.memo for step in ask(question="q").trace if step.kind == "node"]
ask.memo.close()
print(json.dumps([flow.fingerprint, again.answer.text, memo]))
"""


def test_an_artifact_a_trace_and_a_memo_with_sets_hold_under_every_seed_of_hashes(tmp_path: Path) -> None:
    (tmp_path / "words_here.py").write_text(MODULE)
    found = []
    for number, seed in enumerate(("0", "1", "7")):
        environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(sg.__file__).parents[1]}", "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", CHILD, "read" if number else "write"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert found[0][1:] == ["vwxyz", ["hit", "hit"]]
    assert found == [found[0]] * 3


class Held(BaseModel):
    anything: Any


trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


def turned(value: Any) -> Any:
    """The same with every dictionary made the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return [turned(item) for item in value] if isinstance(value, list) else value


@given(trees)
def test_the_order_of_dictionaries_is_no_part_of_an_identity_however_deep_they_lie(value: Any) -> None:
    assert digest(value) == digest(turned(value))
    assert digest([Held(anything=value)]) == digest([Held(anything=turned(value))])


@given(st.lists(st.integers(-50, 50) | st.text(max_size=3), unique=True))
def test_the_order_of_sets_is_no_part_of_an_identity(items: list[Any]) -> None:
    for made in (set, frozenset, lambda found: Held(anything=set(found)), lambda found: {"in": [{"a": frozenset(found)}]}):
        assert digest(made(items)) == digest(made(items[::-1]))


def test_what_is_not_finite_is_not_nothing() -> None:
    assert len({digest([each]) for each in (None, float("nan"), float("inf"), -float("inf"), 0.0)}) == 5
