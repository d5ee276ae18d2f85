"""`seekgraph models`: what there is, fetching weights, trying a model."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from shell import seekgraph

from seekgraph.lms.host_table import HOSTS
from seekgraph.lms.store import CATALOG

SECRET = "sk-sentinel-55d0b7"
lm = pytest.mark.skipif(importlib.util.find_spec("aiohttp") is None, reason='the extra "lm" is not installed')


def test_the_list_has_local_models_with_their_weights_and_hosts_with_their_keys(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    found = seekgraph("models", "list", "--folder", tmp_path, "--json").json
    assert [(each["name"], each["here"]) for each in found["local"]] == [("local/smollm2-135m", False)]
    keys = {each["name"]: each["key"] for each in found["hosts"]}
    assert set(HOSTS) <= set(keys)
    assert (keys["openai"], keys["anthropic"], keys["ollama"]) == (True, False, None)
    shown = seekgraph("models", "list", "--folder", tmp_path)
    assert SECRET not in shown.out + str(found)
    assert "to be pulled" in shown.out
    assert "set ANTHROPIC_API_KEY" in " ".join(shown.out.split())
    assert max(map(len, shown.out.splitlines())) <= 80
    assert seekgraph("models").out.splitlines()[0] == shown.out.splitlines()[0]


def test_a_host_of_the_configuration_and_a_key_of_the_env_file_are_used(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    monkeypatch.setenv("OTHER_KEY", "as it was")
    (folder / "pyproject.toml").write_text(
        '[tool.seekgraph.hosts.mine]\nurl = "https://models.example.org/v1"\nkey = "MY_KEY"\n', encoding="utf-8"
    )
    assert {each["name"]: each["key"] for each in seekgraph("models", "--json").json["hosts"]}["mine"] is False
    (folder / ".env").write_text(f"# keys\nexport MY_KEY='{SECRET}'\nOTHER_KEY=no\n", encoding="utf-8")
    assert {each["name"]: each["key"] for each in seekgraph("models", "--json").json["hosts"]}["mine"] is True
    assert ("MY_KEY" in os.environ, os.environ["OTHER_KEY"]) == (False, "as it was")  # for as long as the command runs
    (folder / "pyproject.toml").write_text("[tool.seekgraph.hosts.mine]\nheat = 1\n", encoding="utf-8")
    seekgraph("models").refused(1, "host 'mine' has no option heat")


def test_weights_that_are_here_are_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / CATALOG["smollm2-135m"].file).write_bytes(b"GGUF")
    told = seekgraph("models", "pull", "local/smollm2-135m", "--folder", tmp_path, "--json").json
    assert (told["name"], told["bytes"]) == ("local/smollm2-135m", 4)
    assert seekgraph("models", "list", "--folder", tmp_path, "--json").json["local"][0]["here"]


def test_a_name_that_no_weights_have_is_told_which_there_are(tmp_path: Path) -> None:
    seekgraph("models", "pull", "gpt-9", "--folder", tmp_path).refused(1, "cannot be pulled", "smollm2-135m")
    seekgraph("models", "try", "gpt-9", "hello").refused(1, "no model is named 'gpt-9'", "local/smollm2-135m")


class Host(BaseHTTPRequestHandler):
    """Says hello, if it gets the key; to a stream in two pieces."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers["authorization"] != f"Bearer {SECRET}":
            self._send(401, {"error": {"message": f"not {self.headers['authorization']}"}})
            return
        usage = {"prompt_tokens": 7, "completion_tokens": 3}
        if body.get("response_format", {}).get("type") == "json_object":
            self._send(400, {"error": {"message": "response_format json_object is not supported"}})
            return
        if not body.get("stream"):
            self._send(200, {"choices": [{"message": {"content": '{"text": "Hello."}'}}], "usage": usage})
            return
        events: list[Any] = [{"choices": [{"delta": {"content": piece}}]} for piece in ('{"text": "Hel', 'lo."}')]
        events.append({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage})
        self._send(200, "".join(f"data: {json.dumps(event)}\n\n" for event in events))

    def do_GET(self) -> None:
        self._send(200, {"data": [{"id": "other"}, {"id": "m", "max_model_len": 4096}]})

    def _send(self, status: int, body: Any) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def address(monkeypatch: Any) -> Iterator[str]:
    monkeypatch.setenv("MY_KEY", SECRET)
    server = HTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1#m"
    server.shutdown()
    server.server_close()


@lm
@pytest.mark.lm
def test_trying_shows_what_comes_and_what_it_cost(address: str) -> None:
    shown = seekgraph("models", "try", address, "Say hello.", "--key", "MY_KEY")
    assert (shown.code, shown.out) == (0, "Hello.\n")
    assert "7 tokens in, 3 out" in shown.err
    told = seekgraph("models", "try", address, "Say hello.", "--key", "MY_KEY", "--json").json
    assert (told["text"], told["usage"]["calls"], told["usage"]["tokens_in"]) == ("Hello.", 1, 7)


@lm
@pytest.mark.lm
def test_trying_without_a_prompt_says_what_a_model_can_do(address: str) -> None:
    told = seekgraph("models", "try", address, "--key", "MY_KEY", "--json").json
    outcomes = {each["name"]: each["outcome"] for each in told["tried"]}
    assert outcomes["json_object"] == "refused"
    assert outcomes["streaming"] == "yes"
    assert (told["limits"], told["refuses"], told["answers"]) == ({"prompt and reply": 4096}, ["json_object"], True)
    shown = seekgraph("models", "try", address, "--key", "MY_KEY")
    assert shown.code == 0
    assert "prompt and reply 4096 tokens" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    seekgraph("models", "try", "http://127.0.0.1:9/v1#m").refused(1)


@lm
@pytest.mark.lm
def test_what_goes_wrong_in_a_try_says_how_to_mend_it_and_no_key(address: str, monkeypatch: Any) -> None:
    seekgraph("models", "try", address, "Hello?", "--key", "NO_SUCH_KEY").refused(1, "set the environment variable NO_SUCH_KEY")
    monkeypatch.setenv("MY_KEY", f"{SECRET}-wrong")
    wrong = seekgraph("models", "try", address, "Hello?", "--key", "MY_KEY")
    wrong.refused(1, "status 401", "look at MY_KEY")
    assert SECRET not in wrong.err
    pasted = seekgraph("models", "try", address, "Hello?", "--key", SECRET)
    pasted.refused(1, "key is the name of an environment variable")
    assert SECRET not in pasted.err + pasted.out
    seekgraph("models", "try", "http://me:pw@127.0.0.1:9/v1#m", "Hello?").refused(1, "without a user, a password or a query")
