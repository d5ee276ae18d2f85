"""The memo never gives a step what another step wrote: nodes that differ in one place share no key, in and across processes."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amounts import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

import seekgraph as sg
from seekgraph.core.base.live import Unidentified, identity_of
from seekgraph.core.machine.visit import step_key
from seekgraph.types import Answer


class Said(sg.Writes):
    answer: Answer


# --- the smallest cases ---------------------------------------------------------------------------------------------


def times(count: int) -> type[sg.Node]:
    class Times(sg.Node):
        async def run(self, question: str) -> Said:
            return Said(answer=Answer(text=question * count))

    return Times


class Apply(sg.Node):
    function: Any = None

    async def run(self, question: str) -> Said:
        return Said(answer=Answer(text=self.function(question)))


def answer(node: sg.Node, memo: sg.Memo) -> tuple[str, str]:
    """What a flow of one node answers to "q", and what its step says of the memo."""
    result = sg.Flow(node, name="one").bind(memo=memo)(question="q")
    return result.answer.text, next(step.memo for step in result.trace if step.kind == "node")


def test_node_classes_made_in_a_function_share_no_steps() -> None:
    memo = sg.Memo()
    assert answer(times(1)(), memo)[0] == "q"
    assert answer(times(3)(), memo) == ("qqq", "miss: code changed")
    assert answer(times(3)(), memo) == ("qqq", "hit")


def test_two_lambdas_as_settings_are_two_settings() -> None:
    memo = sg.Memo()
    assert answer(Apply(function=lambda text: text.upper()), memo)[0] == "Q"
    assert answer(Apply(function=lambda text: text + "!"), memo) == ("q!", "miss: params changed")


def test_what_cannot_be_known_is_not_remembered_and_the_trace_says_why() -> None:
    memo, lines = sg.Memo(), iter(["first", "second"])
    node = Apply(function=lambda text: next(lines))
    said, why = answer(node, memo)
    assert (said, answer(node, memo)[0]) == ("first", "second")
    assert why.startswith("off: 'lines', which ")
    assert "is a builtins.list_iterator, and nothing tells what it holds: make it a resource, or give it an `identity`" in why


# --- pairs that differ in one place ---------------------------------------------------------------------------------

NODE = """
import functools, re
import seekgraph as sg
from seekgraph.types import Answer
from collections import namedtuple
from dataclasses import dataclass, field

FACTOR = {factor}
TABLE = {{"a": {table}}}
NAMES = {{"{name}", "other"}}

class Helper:
    rate = {rate}
    def scale(self, text):
        return text * {method}

@dataclass
class Weights:
    one: int = {field}
    many: list = field(default_factory=lambda: [{factory}])

@functools.lru_cache
def cached(text):
    return text + "{cached}"

def helper(text, suffix="{default}", *, more={keyword}):
    def inner(text):
        return text.{inner}()
    return inner(text) + suffix

def closing(count):
    def made(text):
        return text * count
    return made

made = closing({cell})
part = functools.partial(helper, more={partial})
pattern = re.compile("{pattern}")
act = lambda text: text + "{act}"
weights = Weights()

class Said(sg.Writes):
    answer: Answer

class Shout(sg.Node):
    attribute = {attribute}
    async def run(self, question: str) -> Said:
        text = [each.{comprehended}() for each in helper(question)]
        text = made(part(cached("".join(text)))) + Helper().scale("x") + str(FACTOR) + str(TABLE) + act("")
        text = pattern.sub("", text) + str(self.attribute) + str(weights) + ("{name}" in NAMES) * "n"
        return Said(answer=Answer(text=text if "{constant}" != text else ""))
"""
NUMBERS = ("factor", "table", "rate", "method", "field", "factory", "keyword", "cell", "partial", "attribute")
WORDS = ("name", "cached", "default", "pattern", "act", "constant")
METHODS = ("inner", "comprehended")
PLACES = (*NUMBERS, *WORDS, *METHODS)


def typed(values: dict[str, Any]) -> sg.Node:
    """The node as if it had been typed into a prompt: without a file."""
    module: dict[str, Any] = {"__name__": "typed_here"}
    exec(compile(NODE.format(**values), "<prompt>", "exec", dont_inherit=True), module)
    node: sg.Node = module["Shout"]()
    return node


def key(node: sg.Node) -> str:
    found, why = step_key(node, {})
    assert found is not None, why
    return found.key


values = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, st.integers(0, 9))
    | dict.fromkeys(WORDS, st.text("abcxyz", min_size=1, max_size=3))
    | dict.fromkeys(METHODS, st.sampled_from(["upper", "lower", "strip"]))
)


@given(values=values, place=st.sampled_from(PLACES), data=st.data())
def test_nodes_that_differ_in_one_place_never_share_a_key_and_equal_ones_do(values: Any, place: str, data: Any) -> None:
    others = st.integers(10, 19) if place in NUMBERS else st.just("title") if place in METHODS else st.just("other1")
    other = data.draw(others)
    assert key(typed(values)) == key(typed(values))
    assert key(typed(values)) != key(typed({**values, place: other}))


SETTINGS: list[Any] = [
    *(None, True, 1, 1.0, "1", b"1", [1], (1,), {1}, {"a": 1}, {"a": "1"}, float("nan"), -0.0, 0.0, 1j, range(3)),
    *([{"a": 1, "b": 2}], [{"b": 2, "a": 1}], Answer(text="a"), Answer(text="b"), Path("a"), str, int, len, str.upper, "a".join),
    *(lambda x: x, lambda x: x + 1, lambda x: x + 2, lambda y, x=1: y, lambda y, x=2: y, sg.Int(1, 0, 2), sg.Int(1, 0, 3)),
]


def test_settings_that_differ_never_share_a_key() -> None:
    keys = [key(Apply(function=each)) for each in SETTINGS]
    assert len(set(keys)) == len(keys)


def test_a_global_that_changes_between_two_runs_of_one_bound_flow_is_seen_where_code_was_typed() -> None:
    module: dict[str, Any] = {"__name__": "typed_here"}
    text = NODE.format(**dict.fromkeys(NUMBERS, 1), **dict.fromkeys(WORDS, "a"), **dict.fromkeys(METHODS, "upper"))
    exec(compile(text, "<prompt>", "exec", dont_inherit=True), module)
    ask = sg.Flow(module["Shout"](), name="typed").bind(memo=sg.Memo())
    first = ask(question="q").answer.text
    module["FACTOR"] = 77
    assert "77" in ask(question="q").answer.text != first


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: open(os.devnull).read, "TextIOWrapper"),  # noqa: SIM115
        (lambda: lambda text: eval(text), "calls eval"),
        (lambda: itertools.count().__next__, "itertools.count"),
    ],
)
def test_what_nothing_tells_apart_is_refused_by_name(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(Unidentified, match=says):
        identity_of(make())


# --- scripts, prompts and helpers, in processes of their own --------------------------------------------------------

SCRIPT = """
import json, sys
import seekgraph as sg
from seekgraph.types import Answer
{imports}

class Said(sg.Writes):
    answer: Answer

class Shout(sg.Node):
    words: object = None
    async def run(self, question: str) -> Said:
        {body}

ask = sg.Flow(Shout({settings}), name="shouting").bind(memo=sg.Memo("steps.db"))
result = ask(question="Rhine")
ask.memo.close()
print(json.dumps([result.answer.text, [step.memo for step in result.trace][1]]))
"""


def script(folder: Path, how: str, seed: str = "0", **parts: str) -> list[str]:
    text = SCRIPT.format(**{"imports": "", "settings": "", **parts})
    (folder / "main.py").write_text(text)
    command = {"script": ["main.py"], "prompt": ["-"], "command": ["-c", text]}[how]
    python = str(Path(sg.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": python, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    found = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        input=text if how == "prompt" else None,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert found.returncode == 0, found.stderr
    answer: list[str] = json.loads(found.stdout)
    return answer


def test_a_node_that_was_typed_is_run_again_when_it_is_typed_otherwise_also_in_another_process(tmp_path: Path) -> None:
    body = "return Said(answer=Answer(text=question.{}()))"
    assert script(tmp_path, "prompt", body=body.format("upper")) == ["RHINE", "miss: first visit of this node"]
    assert script(tmp_path, "prompt", "1", body=body.format("upper")) == ["RHINE", "hit"]
    assert script(tmp_path, "prompt", body=body.format("lower")) == ["rhine", "miss: code changed"]


def test_a_helper_beside_a_script_is_followed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    helper = tmp_path / "lib" / "helper.py"
    parts = {"imports": "from lib.helper import shout", "body": "return Said(answer=Answer(text=shout(question)))"}
    late = {"body": "from lib.helper import shout; return Said(answer=Answer(text=shout(question)))"}
    for where in (parts, late):
        helper.write_text("import lib.deep\ndef shout(text): return lib.deep.loud(text)\n")
        deep = tmp_path / "lib" / "deep.py"
        deep.write_text("def loud(text): return text.upper()\n")
        assert script(tmp_path, "script", **where)[0] == "RHINE"
        assert script(tmp_path, "script", "2", **where) == ["RHINE", "hit"]
        deep.write_text("def loud(text): return text.lower()\n")
        assert script(tmp_path, "script", **where) == ["rhine", "miss: code changed"]


def test_sets_and_dictionaries_in_settings_are_the_same_in_every_process(tmp_path: Path) -> None:
    parts = {
        "settings": "words=[{'a': {'x', 'y', 'z', 'w'}}, frozenset({'p', 'q', 'r'}), {'s': ({'t', 'u', 'v'},)}]",
        "body": "return Said(answer=Answer(text=question + str('p' in self.words[1]) * (question in {'Rhine', 'Ruhr', 'Main'})))",
    }
    assert script(tmp_path, "script", "0", **parts) == ["RhineTrue", "miss: first visit of this node"]
    for seed in ("1", "2"):
        assert script(tmp_path, "script", seed, **parts) == ["RhineTrue", "hit"]
