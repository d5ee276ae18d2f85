"""From the shell as from Python: any resource, param, pass, metric and reward of one's own, and ready-made flows by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shell import CORPUS, SINGLE, lines, seekgraph, some_questions

from seekgraph.demo import questions

MINE = """
import seekgraph as sg
from seekgraph.nodes import Answer, Retrieve
from seekgraph.optimizers.passes import Work

RIVER = {"id": "w1", "title": "Inn", "text": "The Inn flows through Innsbruck."}
flow = sg.Flow(Retrieve("wiki", k=sg.Int(3, 1, 9)) >> Answer(), name="mine")
seen = sg.Flow(Retrieve("corpus", k=3).named("first") >> Retrieve("corpus").named("second") >> Answer(), name="seen")


def find(text, k):
    return [RIVER][:k]


def index():
    return sg.tools.from_function(find, name="made")


class Index:
    identity = "index"

    async def search(self, query, k):
        return (sg.Passage(**RIVER, score=1.0),)


ready = Index()
number = 5


def needy(path):
    return Index()


def broken():
    raise RuntimeError("the service is down")


class Wider:
    name = "wider"

    def work(self, bound, train, val):
        return Work(self.name, 0, 8, 1)

    async def run(self, search):
        with open("passes.log", "a") as log:
            log.write("wider\\n")


def short(example, outcome):
    return float(len(outcome.answer.text) < 40) if outcome.answer else None


def first(step, trace, example):
    return sg.Score(0.5)
"""


@pytest.fixture(autouse=True)
def mine(folder: Path) -> Path:
    """A module of a user's own in the current folder."""
    path = folder / "mine.py"
    path.write_text(MINE, encoding="utf-8")
    return path


# --- --bind ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thing", ["ready", "Index", "index", "find"])
def test_a_resource_is_an_object_a_class_a_function_that_makes_one_or_a_search_function(thing: str) -> None:
    ran = seekgraph("run", "mine:flow", "Which river flows through Innsbruck?", "--bind", f"wiki=mine:{thing}", "--json")
    assert ran.code == 0, ran.err
    assert [passage["id"] for passage in ran.json["passages"]] == ["w1"]


def test_what_is_bound_joins_the_documents_and_may_be_for_one_node_alone() -> None:
    asked = (
        "run",
        "mine:seen",
        "Which river?",
        "--corpus",
        CORPUS,
        "--bind",
        "second.retriever=mine:ready",
        "--trace",
        "t.jsonl",
    )
    ran = seekgraph(*asked)
    assert ran.code == 0, ran.err
    wrote = {
        step["path"]: json.dumps(step) for step in map(json.loads, Path("t.jsonl").read_text().splitlines()) if "path" in step
    }
    assert "w1" in wrote["second"]
    assert "w1" not in wrote["first"]


def test_check_makes_what_is_bound() -> None:
    ran = seekgraph("check", "mine:flow", "--bind", "wiki=mine:Index", "--param", "retrieve.k=5")
    assert (ran.code, ran.out) == (
        0,
        "mine: no errors; 3 places, 7 params; asks for wiki, lm (optional), ranker (optional), vocabulary (optional); "
        "bound: wiki\n",
    )


WRONG_BINDS = {
    "no name": ("mine:ready", 2, "--bind takes NAME=package.module:attribute"),
    "another name": ("wikki=mine:ready", 2, "the flow takes no resource 'wikki'; did you mean 'wiki'?"),
    "no such thing": ("wiki=mine:reddy", 2, "mine has no resource 'reddy'; its resources are mine:ready; did you mean 'ready'?"),
    "no resource": ("wiki=mine:number", 2, "mine:number is an int, and no Retriever: it needs search(...)"),
    "arguments": ("wiki=mine:needy", 2, "mine:needy cannot be called without arguments"),
    "an error of the user's": ("wiki=mine:broken", 1, "mine:broken raised RuntimeError: the service is down"),
}


@pytest.mark.parametrize("case", WRONG_BINDS)
def test_what_cannot_be_bound_is_said_before_anything_runs(case: str) -> None:
    pair, code, words = WRONG_BINDS[case]
    seekgraph("check", "mine:flow", "--bind", pair).refused(code, words)


def test_a_flow_that_lacks_a_resource_says_how_to_bind_it() -> None:
    seekgraph("run", "mine:flow", "q").refused(2, "the flow asks for wiki: give --bind wiki=module:attribute")


# --- --param ---------------------------------------------------------------------------------------------------------


def test_params_are_json_or_text_and_count_in_every_run(notes: Path) -> None:
    asked = ("run", SINGLE, "Which river?", "--docs", notes, "--json")
    assert len(seekgraph(*asked, "--param", "retrieve.k=1", "--trace", "t.jsonl").json["passages"]) <= 1
    assert json.loads(Path("t.jsonl").read_text().splitlines()[0])["params"]["retrieve.k"] == 1
    drawn = seekgraph("draw", SINGLE, "--param", "answer.instruction=Be short.")
    assert drawn.code == 0, drawn.err


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("retrieve.k", "--param takes PATH=VALUE, such as retrieve.k=20"),
        ("retreive.k=3", "no param 'retreive.k'; did you mean 'retrieve.k'?"),
        ("retrieve.k=0", "--param retrieve.k: int param takes a whole number from 1 to 100, not 0"),
        ("retrieve.k=ten", "a whole number from 1 to 100, not 'ten'"),
    ],
)
def test_a_param_that_is_not_one_or_lies_outside_its_domain(pair: str, words: str) -> None:
    seekgraph("check", SINGLE, "--param", pair).refused(2, words)


# --- --pass, --metric, --reward --------------------------------------------------------------------------------------


def test_compile_runs_the_passes_that_are_named(folder: Path) -> None:
    train = some_questions(folder / "train.jsonl", "train", 8)
    on = ("compile", SINGLE, "--corpus", CORPUS, "--train", train, "--param", "retrieve.k=7", "--metric", "support_recall@5")
    ran = seekgraph(*on, "--pass", "mine:Wider", "--out", "A.flow.json", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert (folder / "passes.log").read_text() == "wider\n"
    assert json.loads((folder / "A.flow.json").read_text())["params"]["retrieve.k"] == 7
    seekgraph(*on, "--pass", "mine:number", "--plan").refused(2, "mine:number is an int, and no pass")
    seekgraph(*on, "--pass", "tun", "--plan").refused(2, "did you mean 'tune'?")


def test_a_function_is_a_metric_and_a_reward() -> None:
    asked = ("evaluate", SINGLE, "--corpus", CORPUS, "--questions", questions("test"), "--limit", "3")
    report = seekgraph(*asked, "--metric", "mine:short", "--reward", "mine:first", "--json").json
    assert set(report["metrics"]) == {"short"}
    assert report["rewards"]["retrieve"]["first"]["mean"] == 0.5
    seekgraph(*asked, "--metric", "mine:number").refused(2, "mine:number is an int: make it a function (example, outcome)")
    seekgraph(*asked, "--reward", "mine:number").refused(2, "make one of a function (step, trace, example)")


# --- documents, flows ------------------------------------------------------------------------------------------------


def test_several_folders_and_corpora_are_one_corpus(folder: Path, notes: Path) -> None:
    more = folder / "more"
    more.mkdir()
    (more / "rivers.md").write_text("# Rivers\n\nThe Inn flows through Innsbruck.\n", encoding="utf-8")
    corpus = lines(folder / "c.jsonl", {"id": "p1", "title": "Bern", "text": "The Aare flows through Bern."})
    asked = ("run", SINGLE, "Which river flows through Innsbruck, Vienna and Bern?", "--docs", notes, "--docs", more)
    ran = seekgraph(*asked, "--corpus", corpus, "--trace", "t.jsonl")
    assert ran.code == 0, ran.err
    trace = Path("t.jsonl").read_text()
    assert all(text in trace for text in ("through Innsbruck.", "through Vienna.", "through Bern."))


def test_ready_made_flows_have_names() -> None:
    listed = seekgraph("flows", "--json").json["flows"]
    bridge = next(each for each in listed if each["name"] == "bridge")
    assert bridge["resources"] == {"corpus": True, "dense": False, "links": True, "ranker": False, "vocabulary": False}
    assert (bridge["flow"], bridge["model"]) == ("seekgraph.flows.bridge:flow", "optional")
    assert bridge["about"].startswith("Multi-hop search without a language model")
    assert all(each["about"] and "\n" not in each["about"] for each in listed)
    assert seekgraph("check", "bridge").out == seekgraph("check", "seekgraph.flows.bridge:flow").out
    seekgraph("check", "brigde").refused(2, "did you mean 'bridge'?")


def test_an_error_of_a_node_of_ones_own_is_said_once_with_its_type(folder: Path) -> None:
    code = (
        "import seekgraph as sg\nfrom seekgraph.types import Answer\nclass Said(sg.Writes):\n  answer: Answer\n"
        "class Divide(sg.Node):\n  async def run(self, question: str) -> Said:\n    return Said(answer=Answer(text=str(1 / 0)))\n"
        "flow = sg.Flow(Divide())\n"
    )
    (folder / "raising.py").write_text(code)
    ran = seekgraph("run", "raising:flow", "q")
    assert ran.code == 1
    assert "divide: ZeroDivisionError: division by zero" in ran.out
