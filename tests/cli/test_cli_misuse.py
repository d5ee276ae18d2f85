"""Wrong arguments end with exit code 2, before anything is read or run, and say the way out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shell import CORPUS, SINGLE, lines, seekgraph

from seekgraph.demo import questions

ON = ("--corpus", str(CORPUS))
ASKED = (*ON, "--questions", str(questions("test")))
TRAIN = (*ON, "--train", str(questions("train")))

CASES = {
    "no command": ((), "Usage: seekgraph"),
    "a misspelt command": (("chek", SINGLE), "Did you mean 'check'?"),
    "no flow": (("check",), "Missing argument 'FLOW'"),
    "a word": (("check", "nothing"), "no module 'nothing': FLOW 'nothing' is package.module:attribute"),
    "a path": (
        ("check", "some/where"),
        "FLOW is package.module:attribute, a name of `seekgraph flows` or a .flow.json file, not 'some/where'",
    ),
    "a file": (("check", "flows/mine.py:flow"), "not a file: write flows.mine:flow"),
    "a file elsewhere": (("check", "../mine.py"), "in that file's folder, write mine:flow"),
    "no such module": (("check", "nothing.here:flow"), "no module 'nothing'"),
    "a module alone": (("check", "seekgraph.flows.single"), "its flows are seekgraph.flows.single:flow"),
    "no such attribute": (
        ("check", "seekgraph.flows.single:flwo"),
        "has no flow 'flwo'; its flows are seekgraph.flows.single:flow",
    ),
    "part of a flow": (("check", "seekgraph.flows.bridge:search"), "is a Loop and not a seekgraph.Flow"),
    "a form there is not": (("draw", SINGLE, "--format", "png"), "--format is mermaid or svg, not 'png'"),
    "a folder to draw to": (("draw", SINGLE, "--out", "."), "--out . is a folder"),
    "no documents": (("run", SINGLE, "q"), "the flow asks for corpus: give --docs FOLDER or --corpus FILE.jsonl"),
    "documents that are not there": (("run", SINGLE, "q", "--docs", "nowhere"), "'nowhere' does not exist"),
    "an empty question": (("run", SINGLE, "  ", *ON), "the question is empty"),
    "dense for a flow without": (("run", SINGLE, "q", *ON, "--dense"), "the flow does not ask for 'dense'"),
    "a budget line": (("run", SINGLE, "q", *ON, "--budget", "minutes=3"), "such as seconds=60,searches=500, not 'minutes=3'"),
    "a budget value": (("run", SINGLE, "q", *ON, "--budget", "seconds=soon"), "takes a number of 0 or more, not 'soon'"),
    "a budget below 0": (("run", SINGLE, "q", *ON, "--budget", "searches=-1"), "takes a number of 0 or more, not '-1'"),
    "a budget that is not a number": (("run", SINGLE, "q", *ON, "--budget", "usd=nan"), "takes a number of 0 or more, not 'nan'"),
    "no questions": (("evaluate", SINGLE, *ON), "Missing option '--questions'"),
    "questions that are not there": (("evaluate", SINGLE, *ON, "--questions", "no.jsonl"), "'no.jsonl' does not exist"),
    "a metric there is not": (("evaluate", SINGLE, *ASKED, "--metric", "recal"), "no metric is called 'recal'"),
    "no examples": (("evaluate", SINGLE, *ASKED, "--limit", "0"), "--limit"),
    "no artifact": (("compile", SINGLE, *TRAIN), "give --out A.flow.json, where the artifact goes, or --plan"),
    "a folder for an artifact": (("compile", SINGLE, *TRAIN, "--out", "."), "--out . is a folder"),
    "a weight": (
        ("compile", SINGLE, *TRAIN, "--plan", "--metric", "answer_f1=much"),
        "such as answer_f1=0.7, not 'answer_f1=much'",
    ),
    "a metric to hold that is none": (
        ("compile", SINGLE, *TRAIN, "--plan", "--hold", "bleu"),
        "--hold: no metric is called 'bleu'",
    ),
    "a cost to compile for": (("compile", SINGLE, *TRAIN, "--plan", "--metric", "searches"), "where higher is better"),
    "no memo": (("memo", "stats", "no.db"), "'no.db' does not exist"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_arguments(case: str) -> None:
    arguments, said = CASES[case]
    ran = seekgraph(*arguments)
    ran.refused(2, said)
    assert ran.out == ""


@pytest.mark.parametrize("case", ["no flow", "a word", "an empty question", "documents that are not there"])
def test_with_json_the_error_is_json_too(case: str) -> None:
    arguments, said = CASES[case]
    ran = seekgraph(*arguments, "--json")
    assert ran.code == 2
    assert said.split(":")[0] in ran.json["error"]


def test_an_error_is_not_written_to_the_file_that_json_names(folder: Path) -> None:
    ran = seekgraph("evaluate", SINGLE, *ON, "--questions", "no.jsonl", "--json", "out.json")
    assert (ran.code, ran.out) == (2, "")
    assert not (folder / "out.json").exists()


def test_gold_that_the_metric_needs_and_no_question_has(folder: Path) -> None:
    bare = lines(folder / "q.jsonl", {"id": "1", "question": "Who?"}, {"id": "2", "question": "Where?"})
    ran = seekgraph("compile", SINGLE, *ON, "--train", bare, "--plan", "--metric", "answer_f1")
    ran.refused(2, "needs examples with 'answers'")


def test_a_flow_that_asks_for_what_documents_cannot_give(folder: Path) -> None:
    (folder / "mine.py").write_text(
        "import seekgraph as sg\nfrom seekgraph.nodes import Answer, Retrieve\n"
        "flow = sg.Flow(Retrieve('wiki') >> Answer(), name='mine')\n"
    )
    ran = seekgraph("run", "mine:flow", "q", *ON)
    ran.refused(2, "asks for wiki; documents give corpus, links, pages: give --bind wiki=module:attribute")


MODULES = {
    "raises": (
        "import seekgraph as sg\nfrom seekgraph.nodes import Answer\n\nflow = sg.loop(Answer(), until=True, max_rounds=0)\n",
        ("mine cannot be imported: ValueError: a loop runs at least one round", "mine.py, line 4"),
    ),
    "does not parse": ("def f(:\n", ("mine cannot be imported: SyntaxError", "(mine.py, line 1)")),
    "lacks a package": ("import nonesuch\n", ("mine cannot be imported: it needs 'nonesuch', which is not installed here",)),
}


@pytest.mark.parametrize("case", MODULES)
def test_a_module_that_raises_says_the_users_own_line(folder: Path, case: str) -> None:
    text, words = MODULES[case]
    (folder / "mine.py").write_text(text)
    seekgraph("check", "mine:flow").refused(1, *words)


def test_a_flow_with_errors_is_refused_before_documents_are_read(folder: Path) -> None:
    (folder / "mine.py").write_text(
        "import seekgraph as sg\nfrom seekgraph.nodes import Answer, Rerank, Retrieve\n"
        "flow = sg.Flow(Rerank() >> Retrieve('corpus') >> Answer(), name='mine')\n"
    )
    broken = lines(folder / "c.jsonl", "{")
    ran = seekgraph("run", "mine:flow", "q", "--corpus", broken, "--json")
    ran.refused(1, "flow 'mine' has 1 error", "unwritten-read at rerank", "hint:")
    assert "unwritten-read" in json.loads(ran.out)["error"]
