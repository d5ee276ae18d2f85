"""The hosted path end to end: a flow over HTTP to the llama.cpp server that xllamacpp brings. Needs `lm` and `local`."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lm_kit import Reply, prompt

from seekgraph.core.base.budget import Budget
from seekgraph.core.language.lm import Rejected, Settings
from seekgraph.evaluation import read_examples
from seekgraph.flows.reader import flow as reader
from seekgraph.lms import ModelMissing, openai_compatible, resolve
from seekgraph.lms.store import find
from seekgraph.tools import BM25
from seekgraph.types import Answer, Evidence

for package in ("xllamacpp", "tenacity", "aiohttp"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed", allow_module_level=True)
try:
    WEIGHTS = find("smollm2-135m")
except ModelMissing as error:
    pytest.skip(str(error), allow_module_level=True)

pytestmark = [pytest.mark.lm, pytest.mark.local, pytest.mark.timeout(300)]
DEMO = Path(__file__).resolve().parents[2] / "seekgraph" / "demo" / "data"
SHORT = Settings(max_tokens=64)


def serve(**more: Any) -> Any:
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(WEIGHTS)
    params.n_parallel, params.n_ctx, params.verbosity = 4, 16384, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    params.cache_ram_mib, params.port, params.ui = 0, 0, False
    for name, value in more.items():
        setattr(params, name, value)
    return xllamacpp.Server(params)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = serve(endpoint_metrics=True)
    yield server.listening_address
    del server


def written_by(address: str) -> int:
    """How many tokens the server says that it has written."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        found = re.search(r"^llamacpp:tokens_predicted_total (\d+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.fixture(scope="module")
def corpus() -> BM25:
    return BM25.from_jsonl(DEMO / "corpus.jsonl")


def test_a_flow_runs_with_a_model_that_is_found_by_its_address(address: str, corpus: BM25) -> None:
    examples = read_examples(DEMO / "val.jsonl")[:2]
    before = written_by(address)

    async def run() -> list[Any]:
        async with resolve(f"{address}/v1#smollm2", settings=SHORT) as lm:
            bound = reader.with_params({"retrieve.k": 2}).bind(corpus=corpus, lm=lm, reading=lm)
            return await asyncio.gather(*(bound.arun(question=each.question) for each in examples))

    results = asyncio.run(run())
    for result in results:
        assert result.status == "ok", result.errors
        assert isinstance(result.answer, Answer)
        assert result.answer.refused or result.answer.citations
        assert set(result.answer.citations) <= {passage.id for passage in result.passages}
        assert all(isinstance(each, Evidence) for each in result["evidence"])
        used = {step.path: step.usage for step in result.trace if step.kind == "node"}
        for node, most in (("read", 64), ("answer", 96)):  # the model's own limit, and that which the flow sets for its answer
            assert used[node]["calls"] >= 1
            assert used[node]["tokens_in"] > 50
            assert 0 < used[node]["tokens_out"] <= most * used[node]["calls"]
    assert sum(result.trace.usage().tokens_out for result in results) == written_by(address) - before


def test_a_flow_is_bound_with_nothing_but_the_address(address: str, corpus: BM25) -> None:
    bound = reader.with_params({"retrieve.k": 2}).bind(corpus=corpus, lm=f"{address}/v1#smollm2")
    result = bound(question=read_examples(DEMO / "val.jsonl")[0].question)
    assert result.status == "ok", result.errors
    assert result.trace.usage().calls >= 1


def test_a_flow_over_it_keeps_to_its_budget(address: str, corpus: BM25) -> None:
    lm = openai_compatible(f"{address}/v1", "smollm2", settings=SHORT)
    bound = reader.with_params({"retrieve.k": 2}).bind(corpus=corpus, lm=lm, reading=lm, budget=Budget(calls=1))
    result = bound(question=read_examples(DEMO / "val.jsonl")[0].question)
    assert (result.status, result.trace.usage().calls) == ("partial", 1)


def test_many_calls_at_once_are_typed_and_counted(address: str) -> None:
    async def run() -> Any:
        async with openai_compatible(f"{address}/v1", "smollm2", settings=SHORT) as lm:
            return await asyncio.gather(*(lm.complete(prompt(f"Name river {n}."), Reply) for n in range(6)))

    for done in asyncio.run(run()):
        assert isinstance(done.value, Reply)
        assert done.usage.tokens_in > 0


def test_text_streams_and_log_probabilities_come_with_it(address: str) -> None:
    async def run() -> Any:
        heard: list[str] = []
        async with openai_compatible(f"{address}/v1", "smollm2", settings=SHORT) as lm:
            done = await lm.complete(
                prompt("Which river?"),
                Reply,
                Settings(max_tokens=64, logprobs=True),
                on_text=lambda piece, _: heard.append(piece),
            )
        return done, heard

    done, heard = asyncio.run(run())
    assert len(heard) > 1
    assert done.value.text.startswith("".join(heard)[:10])
    assert done.usage.tokens_out > 0
    assert all(value <= 0.0 for _, value in done.logprobs)
    assert '"text"' in "".join(token for token, _ in done.logprobs)


def test_what_the_server_refuses_says_why() -> None:
    server = serve(api_keys=["local-key"], n_ctx=2048)
    url = f"{server.listening_address}/v1"

    async def run() -> None:
        async with openai_compatible(url, "smollm2", key=lambda: "local-key", settings=SHORT) as lm:
            assert (await lm.complete(prompt("Which river?"), Reply)).value.text
            with pytest.raises(Rejected, match="status 400"):
                await lm.complete(prompt("river " * 3000), Reply)
        async with openai_compatible(url, "smollm2") as lm:
            with pytest.raises(Rejected, match="status 401"):
                await lm.complete(prompt("Which river?"), Reply)

    asyncio.run(run())
