"""Models through litellm, for real, against a host on the loopback address. Needs the extra `litellm`."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from lm_kit import Pair, Reply, chat, host, metered, prompt

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.language.lm import Rejected, Settings, Unavailable
from seekgraph.lms import Price, resolve

if importlib.util.find_spec("litellm") is None:  # not imported here: that is what the models do, in their way
    pytest.skip('the extra "litellm" is not installed: pip install "seekgraph[litellm]"', allow_module_level=True)
pytest.importorskip("aiohttp", reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')
pytestmark = [pytest.mark.litellm, pytest.mark.lm]
KEY = "sk-sentinel-5f1c09aa77e2d3b4"


def asked(answer: Any = None, output: Any = Reply, *, budget: Budget | None = None, on_text: Any = None, **options: Any) -> Any:
    """What a model through litellm says, behind a host with this answer; and the host."""

    async def run() -> Any:
        async with host(**({"answer": answer} if answer else {})) as found:
            lm = resolve("litellm/openai/m", base_url=found.url, **{"longest_wait": 1.0, **options})
            model, _, usage = metered(lm, budget)
            heard = {} if on_text is None else {"on_text": on_text}
            done = await (lm if heard else model).complete(prompt("Which?", "Be brief."), output, **heard)
            await lm.aclose()
            return done, found, usage

    return asyncio.run(run())


def test_it_answers_and_its_tokens_are_counted() -> None:
    done, found, usage = asked()
    assert done.value.text == "right"
    assert (usage.calls, usage.tokens_in, usage.tokens_out) == (1, 10, 5)
    assert found.sent[0].path.endswith("/chat/completions")
    assert found.sent[0].body["model"] == "m"
    assert found.sent[0].body["response_format"]["type"] == "json_schema"


def test_the_vendors_key_goes_to_no_other_address_and_ones_own_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert KEY not in json.dumps([each.headers for each in asked()[1].sent])
    assert asked(key="OPENAI_API_KEY")[1].sent[0].headers["authorization"] == f"Bearer {KEY}"


def test_faults_of_the_host_are_tried_again_by_us_alone() -> None:
    def busy_once(sent: Any, number: int) -> Any:
        return "busy" if number == 1 else (200, {}, chat('{"text": "right"}'))

    done, found, usage = asked(busy_once)
    assert (done.value.text, len(found.sent), usage.calls) == ("right", 2, 2)


@pytest.mark.parametrize("fault", ["broken", "reset"])
def test_a_host_that_stays_down_is_given_up_after_our_tries(fault: str) -> None:
    sent: list[Any] = []

    def down(request: Any, number: int) -> Any:
        sent.append(request)
        return fault

    with pytest.raises(Unavailable, match="litellm/openai/m did not answer in 3 tries"):
        asked(down, retries=2)
    assert len(sent) == 3


def test_what_the_host_refuses_is_left_out_from_then_on() -> None:
    def strict(sent: Any, number: int) -> Any:
        if "seed" in sent.body:
            return 400, {}, {"error": {"message": "Unsupported parameter: 'seed'", "param": "seed"}}
        return 200, {}, chat('{"text": "right"}')

    done, found, _ = asked(strict, settings=Settings(seed=3))
    assert done.value.text == "right"
    assert "seed" in found.sent[0].body
    assert "seed" not in found.sent[-1].body
    assert any("seed" in note for note in done.notes)


def test_another_form_of_asking_for_a_type_is_found() -> None:
    def words_only(sent: Any, number: int) -> Any:
        if "response_format" in sent.body or "tools" in sent.body:
            name = "response_format" if "response_format" in sent.body else "tools"
            return 400, {}, {"error": {"message": f"'{name}' is not supported", "param": name}}
        return 200, {}, chat('{"name": "Rhine", "number": 2}')

    assert asked(words_only, Pair)[0].value == Pair(name="Rhine", number=2)


def test_a_forced_tool_works_too() -> None:
    def calls(sent: Any, number: int) -> Any:
        function = {"name": sent.body["tools"][0]["function"]["name"], "arguments": '{"text": "right"}'}
        return 200, {}, chat("", "tool_calls", tool_calls=[{"id": "c", "type": "function", "function": function}])

    assert asked(calls, mode="tools")[0].value.text == "right"


def test_text_is_heard_as_it_is_written() -> None:
    def streams(sent: Any, number: int) -> Any:
        pieces = ['{"text": "ri', 'ght"}']
        deltas: list[Any] = [{"delta": {"role": "assistant", "content": piece}, "finish_reason": None} for piece in pieces]
        deltas.append({"delta": {}, "finish_reason": "stop"})
        base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        events = [json.dumps({**base, "choices": [{"index": 0, **each}]}) for each in deltas]
        data = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()
        return 200, {"content-type": "text/event-stream"}, data

    heard: list[str] = []
    done, found, _ = asked(streams, on_text=lambda piece, attempt: heard.append(piece))
    assert done.value.text == "".join(heard) == "right"
    assert len(heard) > 1
    assert found.sent[0].body["stream"] is True


def test_no_call_starts_past_a_budget_and_an_unknown_price_is_refused_under_dollars() -> None:
    with pytest.raises(BudgetExceeded):
        asked(budget=Budget(tokens=5), settings=Settings(max_tokens=50))
    with pytest.raises(Rejected, match="a price that Seekgraph does not know"):
        asked(budget=Budget(usd=1.0), settings=Settings(max_tokens=50))
    assert asked(budget=Budget(usd=1.0), settings=Settings(max_tokens=50), price=Price(1.0, 2.0))[2].usd > 0


def test_no_key_is_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_OTHER_API_KEY", KEY)

    def tells(sent: Any, number: int) -> Any:
        return 401, {}, {"error": {"message": f"the key {KEY} is wrong"}}

    with pytest.raises(Rejected) as error:
        asked(tells)
    assert error.value.code == "unauthorised"
    assert KEY not in str(error.value)
    assert KEY[8:20] not in str(error.value)


def test_a_provider_that_litellm_has_not_is_said() -> None:
    async def run() -> None:
        async with resolve("litellm/nosuchprovider/m", retries=0) as lm:
            await lm.complete(prompt("?"), Reply)

    with pytest.raises(Rejected, match="litellm/nosuchprovider/m"):
        asyncio.run(run())


def test_it_calls_nobody_by_itself_reads_no_env_file_and_prints_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FROM_A_FILE=1\n")
    script = """
        import asyncio, os, socket, sys
        known = socket.socket.connect, socket.getaddrinfo
        def refuse(*args, **kwargs):
            address = args[1] if len(args) > 1 else args[0]
            if "127.0.0.1" not in str(address):
                sys.exit(f"it calls {address}")
            return known[0](*args, **kwargs)
        socket.socket.connect = refuse
        sys.path.insert(0, sys.argv[1])
        from lm_kit import Reply, host, prompt
        from seekgraph.lms import resolve
        async def run():
            async with host() as found, resolve("litellm/openai/m", base_url=found.url) as lm:
                assert lm.name in answered or "litellm" not in sys.modules  # only when it is used
                answered.append(lm.name)
                return (await lm.complete(prompt("?"), Reply)).value.text
        answered = []
        answers = [asyncio.run(run()), asyncio.run(run())]
        assert answers == ["right", "right"], answers
        assert "FROM_A_FILE" not in os.environ
    """
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", textwrap.dedent(script), str(Path(__file__).parents[1])]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
