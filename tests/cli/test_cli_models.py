"""`seekgraph models`: what there is, fetching weights, trying a model."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from shell import seekgraph

from seekgraph.lms.prices import TABLE
from seekgraph.lms.store import CATALOG

SECRET = "sk-sentinel-55d0b7"
lm = pytest.mark.skipif(importlib.util.find_spec("aiohttp") is None, reason='the extra "lm" is not installed')


def test_the_list_has_local_models_with_their_weights_and_hosted_ones_with_prices(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    found = seekgraph("models", "list", "--folder", tmp_path, "--json").json
    assert [(each["name"], each["here"]) for each in found["local"]] == [("local/smollm2-135m", False)]
    assert {each["name"] for each in found["hosted"]} == set(TABLE)
    assert {each["key"] for each in found["hosted"] if each["name"].startswith("openai/")} == {True}
    assert {each["key"] for each in found["hosted"] if each["name"].startswith("anthropic/")} == {False}
    shown = seekgraph("models", "list", "--folder", tmp_path)
    assert SECRET not in shown.out + str(found)
    assert "to be pulled" in shown.out
    assert "set ANTHROPIC_API_KEY" in " ".join(shown.out.split())


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
        if not body.get("stream"):
            self._send(200, {"choices": [{"message": {"content": '{"text": "Hello."}'}}], "usage": usage})
            return
        events: list[Any] = [{"choices": [{"delta": {"content": piece}}]} for piece in ('{"text": "Hel', 'lo."}')]
        events.append({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage})
        self._send(200, "".join(f"data: {json.dumps(event)}\n\n" for event in events))

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
