"""The llama.cpp server itself, over its port, as the host `llama.cpp`: needs the extras `lm` and `local`, and the weights."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seekgraph.core.language.lm import Rejected, Settings
from seekgraph.flows.reader import flow
from seekgraph.lms import ModelMissing, resolve
from seekgraph.lms.abilities import Capital, abilities
from seekgraph.lms.store import find
from seekgraph.tools import open_corpus

xllamacpp = pytest.importorskip("xllamacpp", reason='the extra "local" is not installed: pip install "seekgraph[local]"')
pytest.importorskip("aiohttp", reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')
pytestmark = [pytest.mark.local, pytest.mark.lm]
KEY = "sk-sentinel-0c4e7b1d92fa6358"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    try:
        weights = find("smollm2-135m")
    except ModelMissing as error:
        pytest.skip(str(error))
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_parallel, params.verbosity = 2048, 1, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [KEY]
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture
def here(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_CPP_BASE_URL", address)
    monkeypatch.setenv("LLAMA_API_KEY", KEY)


def test_it_takes_a_type_in_every_form_streams_and_tells_log_probabilities(here: None) -> None:
    found = asyncio.run(abilities("llama.cpp/smollm2-135m"))
    outcomes = {each.name: each.outcome for each in found.tried}
    assert outcomes["json_schema"] == "yes"  # it holds a model to a schema; a model this small calls no tool by itself
    assert (outcomes["streaming"], outcomes["log-probabilities"]) == ("yes", "yes")
    assert not found.refuses
    assert "failed" not in outcomes.values()


def test_a_flow_answers_with_it(here: None, tmp_path: Path) -> None:
    (tmp_path / "rivers.md").write_text("# Rivers\n\nThe Danube flows through Vienna.\n", encoding="utf-8")
    lm: Any = resolve("llama.cpp/smollm2-135m", settings=Settings(max_tokens=60))
    result = flow.bind(corpus=open_corpus(tmp_path)["corpus"], lm=lm)(question="Which river flows through Vienna?")
    assert not result.errors
    assert result.answer is not None
    assert result.trace.usage().calls >= 1


def test_it_refuses_a_wrong_key_in_its_own_words(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_API_KEY", "sk-wrong-0123456789abcdef")

    async def use() -> None:
        async with resolve("llamacpp:smollm2-135m", retries=0) as lm:
            await lm.complete([], Capital)

    with pytest.raises(Rejected, match=r"401.*LLAMA_API_KEY"):
        asyncio.run(use())
