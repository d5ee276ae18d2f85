"""The deployed function: an artifact, loaded and bound, as any Python function is used."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest
from amounts import PATIENCE

import seekgraph as sg
from seekgraph.core.artifact import save
from seekgraph.core.base.errors import BindError
from seekgraph.demo import CORPUS

QUESTION = "In which city was the composer of Fidelio baptised?"
NOT_NEEDED = (
    "optuna",
    "networkx",
    "rich",
    "typer",
    "torch",
    "sentence_transformers",
    "aiohttp",
    "openai",
    "seekgraph.optimizers",
)
"""What a deployed function has no use for; how fast it is ready is measured by benchmarks/overhead.py."""

CHILD = """
import json, sys

import seekgraph as sg

corpus = sg.tools.BM25.open(sys.argv[2])
ask = sg.load(sys.argv[1]).bind(corpus=corpus, links=sg.tools.TitleLinks(corpus.passages))
result = ask(question=sys.argv[3])
print(json.dumps({"modules": sorted(sys.modules), "text": result.answer.text}))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an artifact and a saved index."""
    from seekgraph.flows.bridge import flow

    folder = tmp_path_factory.mktemp("deployed")
    save(flow.with_params({"retrieve.k": 40}), folder / "bridge.flow.json", location="seekgraph.flows.bridge:flow")
    sg.tools.BM25.from_jsonl(CORPUS).save(folder / "index")
    return folder


@pytest.fixture(scope="module")
def ask(place: Path) -> sg.Bound:
    corpus = sg.tools.BM25.open(place / "index")
    return sg.load(place / "bridge.flow.json").bind(corpus=corpus, links=sg.tools.TitleLinks(corpus.passages))


def test_it_has_the_params_of_the_artifact(ask: sg.Bound) -> None:
    assert ask.flow.params()["retrieve.k"].value == 40


def test_sync_async_and_from_threads_give_the_same(ask: sg.Bound) -> None:
    expected = ask(question=QUESTION).trace.identity

    async def together() -> list[sg.Result]:
        return await asyncio.gather(*(ask.arun(question=QUESTION) for _ in range(4)))

    with ThreadPoolExecutor(4) as pool:
        threads = list(pool.map(lambda _: ask(question=QUESTION), range(4)))
    results = [*asyncio.run(together()), *threads]
    assert {result.trace.identity for result in results} == {expected}


def test_the_sync_form_works_where_a_loop_is_running_as_in_a_notebook(ask: sg.Bound) -> None:
    async def cell() -> sg.Result:
        return ask(question=QUESTION)

    assert asyncio.run(cell()).status == "ok"


def test_it_is_typed_in_and_out(ask: sg.Bound) -> None:
    result = ask(question=QUESTION, history=[{"role": "user", "text": "Tell me about operas."}])
    assert isinstance(result, sg.Result)
    assert isinstance(result.answer, sg.Answer)
    assert all(isinstance(passage, sg.Passage) for passage in result.passages)
    assert set(result.answer.citations) <= {passage.id for passage in result["passages"]}
    assert sg.Answer.model_validate_json(result.answer.model_dump_json()) == result.answer


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "needs 'question': call it with question=..."),
        ({"question": 7}, "input 'question'"),
        ({"question": "Who?", "histry": []}, r"takes \['history', 'question'\], not \['histry'\]"),
    ],
)
def test_wrong_inputs_are_refused(ask: sg.Bound, inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(BindError, match=said):
        ask(**inputs)


def test_it_goes_to_worker_processes(ask: sg.Bound) -> None:
    here = ask(question=QUESTION)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = pool.submit(methodcaller("__call__", question=QUESTION), ask).result(timeout=PATIENCE)
    assert there.answer == here.answer
    assert there.trace.identity == here.trace.identity


def test_a_pickle_of_it_is_small_where_the_index_is_saved(ask: sg.Bound) -> None:
    assert len(pickle.dumps(ask)) < 1_000_000


def test_from_import_to_answer_it_loads_nothing_that_it_has_no_use_for(place: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(place / "bridge.flow.json"), str(place / "index"), QUESTION]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["text"]
    assert [name for name in NOT_NEEDED if name in found["modules"]] == []
