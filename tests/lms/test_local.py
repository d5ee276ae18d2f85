"""A real model in the process: SmolLM2-135M on llama.cpp. Needs the extra `local` and the weights."""

from __future__ import annotations

import asyncio
import importlib.util
import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from amounts import PATIENCE
from lm_kit import Reply, metered, prompt
from pydantic import BaseModel

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.language.lm import Rejected, Settings
from seekgraph.lms import ModelMissing
from seekgraph.lms.store import find

if importlib.util.find_spec("xllamacpp") is None:
    pytest.skip('the extra "local" is not installed: pip install "seekgraph[local]"', allow_module_level=True)
try:
    WEIGHTS = find("smollm2-135m")
except ModelMissing as error:
    pytest.skip(str(error), allow_module_level=True)

from seekgraph.lms import local_model

pytestmark = [pytest.mark.local, pytest.mark.timeout(300)]
LONG = "You answer questions about rivers from passages, in one short sentence. " * 12


class Label(BaseModel):
    label: Literal["yes", "no"]
    number: int


@pytest.fixture(scope="module")
def lm() -> Iterator[Any]:
    model = local_model(slots=2, context=1024)
    yield model
    asyncio.run(model.aclose())


def ask(lm: Any, output: Any = Reply, text: str = "Which river flows through Paris?", **settings: Any) -> Any:
    return asyncio.run(lm.complete(prompt(text), output, Settings(**{"max_tokens": 48, **settings})))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_is_of_the_type_however_hot(lm: Any, seed: int) -> None:
    done = ask(lm, Label, temperature=1.8, seed=seed)
    assert done.value.label in ("yes", "no")
    assert done.attempts == 1


def test_spans_can_be_held_to_and_json_is_compact(lm: Any) -> None:
    class Span(BaseModel):
        text: Literal["the river Seine in Paris", "an old bridge"]

    done = ask(lm, Span)
    assert done.value.text in ("the river Seine in Paris", "an old bridge")
    assert "\n" not in done.text


def test_tokens_are_counted_and_cost_nothing(lm: Any) -> None:
    used = ask(lm).usage
    assert used.tokens_in > 10
    assert 0 < used.tokens_out <= 48
    assert (used.calls, used.usd) == (1, 0.0)


def test_greedy_decoding_repeats_itself_and_samples_differ_by_their_index(lm: Any) -> None:
    assert ask(lm).text == ask(lm).text
    hot = [ask(lm, temperature=1.2, sample=index).text for index in range(4)]
    assert len(set(hot)) > 1


def test_logprobs_come_where_they_are_asked_for(lm: Any) -> None:
    done = ask(lm, logprobs=True)
    assert "".join(token for token, _ in done.logprobs).startswith("{")
    assert all(value <= 0.0 for _, value in done.logprobs)
    assert ask(lm).logprobs is None


def test_a_reply_that_is_cut_off_says_so(lm: Any) -> None:
    done = ask(lm, text="Tell a very long story about a river.", max_tokens=5)
    assert (done.ended, done.fallback) == ("length", True)


def test_a_prefix_is_read_once(lm: Any) -> None:
    async def twice() -> Any:
        await lm.complete(prompt("Which river?", LONG), Reply, Settings(max_tokens=8))
        return await lm.complete(prompt("Which sea?", LONG), Reply, Settings(max_tokens=8))

    assert asyncio.run(twice()).cached > 100


def test_the_instruction_is_known_to_the_next_engine_and_a_damaged_state_is_not_believed(tmp_path: Path) -> None:
    def first_reply() -> Any:
        async def run() -> Any:
            async with local_model(slots=1, context=768, cache=tmp_path) as once:
                await once.complete(prompt("Hello"), Reply, Settings(max_tokens=1))
                return await once.complete(prompt("Which river?", LONG), Reply, Settings(max_tokens=8))

        return asyncio.run(run())

    alone, after = first_reply(), first_reply()
    [kept] = (tmp_path / "read").glob("*.kv")
    kept.write_bytes(kept.read_bytes()[:-9])
    damaged = first_reply()
    assert alone.cached < 20
    assert damaged.cached < 20
    assert after.cached > 100
    assert after.value == alone.value


def test_more_requests_than_slots_all_come_back(lm: Any) -> None:
    async def eight() -> Any:
        return await asyncio.gather(*(lm.complete(prompt(f"Name city {n}."), Reply, Settings(max_tokens=24)) for n in range(8)))

    assert [type(each.value) for each in asyncio.run(eight())] == [Reply] * 8


def test_text_is_heard_as_it_is_written(lm: Any) -> None:
    heard: list[str] = []

    async def listen() -> Any:
        return await lm.complete(
            prompt("Which river?"), Reply, Settings(max_tokens=48), on_text=lambda piece, attempt: heard.append(piece)
        )

    done = asyncio.run(listen())
    assert len(heard) > 1
    assert done.value.text.startswith("".join(heard)[:10])


def test_a_cancelled_call_stops_and_leaves_its_slot(lm: Any) -> None:
    async def run() -> tuple[float, Any]:
        tasks = [
            asyncio.ensure_future(lm.complete(prompt(f"Tell a long story, {n}."), Reply, Settings(max_tokens=600)))
            for n in range(6)
        ]
        await asyncio.sleep(0.5)
        began = time.monotonic()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        seconds = time.monotonic() - began
        return seconds, await lm.complete(prompt("Which river?"), Reply, Settings(max_tokens=8))

    seconds, done = asyncio.run(run())
    assert seconds < 5.0
    assert done.value.text


def test_a_prompt_that_is_too_long_is_refused_with_what_to_do(lm: Any) -> None:
    with pytest.raises(Rejected, match="does not fit its context"):
        ask(lm, text="river " * 2000)


def test_no_request_starts_past_the_budget(lm: Any) -> None:
    async def run() -> Any:
        one, meter, _ = metered(lm, Budget(calls=3))
        calls = (one.complete(prompt(f"City {n}?"), Reply, Settings(max_tokens=8)) for n in range(8))
        return await asyncio.gather(*calls, return_exceptions=True), meter.used

    results, used = asyncio.run(run())
    assert used.calls == 3
    assert sum(isinstance(each, BudgetExceeded) for each in results) == 5


def test_weights_are_shared_by_equal_models_and_survive_pickling(lm: Any) -> None:
    ask(lm)
    twin = pickle.loads(pickle.dumps(lm))
    ask(twin)
    assert twin.source._engine is lm.source._engine
    assert twin.identity == lm.identity != local_model(slots=2, context=512).identity


def test_a_file_that_is_no_model_is_an_error(tmp_path: Any) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF nonsense")
    with pytest.raises(OSError, match=r"x.gguf cannot be loaded"):
        ask(local_model(str(tmp_path / "x.gguf")))


@pytest.mark.parametrize(
    "ending", ["", "task.cancel()", "os.kill(os.getpid(), signal.SIGINT)", "raise RuntimeError('on purpose')"]
)
def test_the_process_ends_cleanly_with_a_model_at_work(ending: str) -> None:
    script = f"""
    import asyncio, os, signal
    from seekgraph.core.language.lm import Message, Settings
    from seekgraph.lms import local_model
    from lm_kit import Reply, prompt

    async def main():
        lm = local_model(slots=1, context=1024)
        await lm.complete(prompt("River?"), Reply, Settings(max_tokens=4))
        task = asyncio.ensure_future(lm.complete(prompt("A long story."), Reply, Settings(max_tokens=900)))
        await asyncio.sleep(0.3)
        {ending}
        await asyncio.sleep(0)

    asyncio.run(main())
    """
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=Path(__file__).parent.parent,
        check=False,
    )
    assert time.monotonic() - began < 100
    assert done.returncode == {"": 0, "t": 0, "o": -2, "r": 1}[ending[:1]], done.stderr
    assert "Fatal" not in done.stderr
    assert "llama" not in done.stderr.replace("llama-", "")
