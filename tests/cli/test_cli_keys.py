"""A key stays where it is: whatever a host does with it, no file, no output and no log has it. Needs the extra `lm`."""

from __future__ import annotations

import json
import logging
import pickle
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from shell import CORPUS, seekgraph, some_questions

import seekgraph as sg
from seekgraph.flows.reader import flow as reader
from seekgraph.lms import openai_compatible
from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.optimizers.tune import Tune

for package in ("tenacity", "aiohttp"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')

pytestmark = pytest.mark.lm
KEY = "sk-sentinel-7f3a9c51e20b48d6a1"
READER = "seekgraph.flows.reader:flow"
QUESTION = "Who discovered Uranus?"
BESIDE = "quoted-by-the-host"
"""What the host says beside the key, so that it can be seen how far its words have come."""
USAGE = {"prompt_tokens": 7, "completion_tokens": 3}


class Host(BaseHTTPRequestHandler):
    """Quotes the key that it gets, in the way that the server's `faults` say, in turn."""

    def do_POST(self) -> None:
        server: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers["authorization"].removeprefix("Bearer ")
        server.keys.add(key)
        fault = server.faults[next(server.numbers) % len(server.faults)]
        if fault == "refuses":
            return self._send(401, {"error": {"message": f"{BESIDE} {key}, or {key[:12]}..., or {'.' * 230}{key}"}})
        if fault == "breaks":
            return self._send(500, {"error": f"{BESIDE} {self.headers['authorization']}"}, {"retry-after": "0"})
        if fault == "no json":
            return self._send(200, f"{BESIDE} {key} {key}")
        answer = f"{BESIDE} {key}"
        content = json.dumps({"text": answer, "citations": ["d154"], "refused": False})
        if fault == "prose":
            content = answer
        if fault == "wrong type":
            content = json.dumps({"text": [BESIDE, key], "evidence": key})
        if body.get("stream"):
            pieces = [content[at : at + 7] for at in range(0, len(content), 7)]
            events: list[Any] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
            events.append({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE})
            return self._send(200, "".join(f"data: {json.dumps(event)}\n\n" for event in events))
        message: dict[str, Any] = {"content": content}
        if "tools" in body and fault != "prose":
            message = {"content": None, "tool_calls": [{"id": "t", "type": "function", "function": {"arguments": content}}]}
        return self._send(200, {"choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE})

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None: ...


FAULTS = ("says it", "prose", "wrong type", "refuses", "breaks", "no json")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The host, to be found as `openai/...` and by its address, with keys in the environment."""
    host: Any = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    host.faults, host.numbers, host.keys = ("says it",), count(), set()
    host.url = f"http://127.0.0.1:{host.server_port}/v1"
    threading.Thread(target=host.serve_forever, daemon=True).start()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", host.url)
    yield host
    host.shutdown()
    host.server_close()


def written(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, and what a memo holds compressed."""
    found = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path in folder.rglob("*.db"):
        with closing(sqlite3.connect(path)) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            cells = [cell for table in tables for row in database.execute(f'SELECT * FROM "{table}"') for cell in row]
        texts = [inflated(cell) for cell in cells if isinstance(cell, bytes)]
        found[f"{path.name}, read"] = b"\n".join([*texts, *(str(cell).encode() for cell in cells)])
    return found


def inflated(cell: bytes) -> bytes:
    try:
        return zlib.decompress(cell)
    except zlib.error:
        return cell


def without_the_key(folder: Path, **texts: str) -> dict[str, bytes]:
    """All that was written and said. Asserts that the key is in none of it, nor a long part of it."""
    found = written(folder) | {name: text.encode() for name, text in texts.items()}
    for name, data in found.items():
        for part in (KEY, KEY[:8], KEY[-8:]):
            assert part.encode() not in data, f"{part} is in {name}"
    return found


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["openai/gpt-4.1-mini", "{url}#m,key=MY_KEY"])
def test_a_run_tells_no_key(server: Any, folder: Path, fault: str, name: str, caplog: Any, capfd: Any) -> None:
    model = name.format(url=server.url)
    server.faults = ("says it", fault) if fault in ("breaks", "no json") else (fault,)
    server.numbers = count(1)
    given = (READER, "--corpus", CORPUS, "--lm", model, "--memo", "memo.db")
    with caplog.at_level(logging.DEBUG):
        one = seekgraph("run", *given, "--trace", "t.jsonl", "--json", QUESTION)
        two = seekgraph("run", *given, "--lm-for", f"reading={model}", "--stream", "--steps", "--seed", "1", QUESTION)
    assert server.keys == {KEY}
    said = without_the_key(folder, log=caplog.text, fds="".join(capfd.readouterr()), outs=one.out + one.err + two.out + two.err)
    assert {"t.jsonl", "memo.db, read"} <= set(said)
    if fault != "wrong type":  # else nothing of what the host says is of use
        assert any(BESIDE.encode() in data for data in said.values())


def test_nothing_that_is_made_from_many_runs_has_a_key(server: Any, folder: Path, caplog: Any, capfd: Any) -> None:
    server.faults = ("says it", "prose", "says it", "refuses", "says it", "breaks", "wrong type")
    some_questions(folder / "some.jsonl", "train", 8)
    given = (READER, "--corpus", CORPUS, "--lm", f"{server.url}#m,key=MY_KEY", "--memo", "memo.db")
    with caplog.at_level(logging.DEBUG):
        ran = [
            seekgraph("evaluate", *given, "--questions", "some.jsonl", "--json", "report.json"),
            seekgraph("diagnose", *given, "--questions", "some.jsonl", "--html", "page.html", "--json", "diagnosis.json"),
            seekgraph("compile", *given, "--train", "some.jsonl", "--trials", "3", "--out", "a.flow.json", "--json", "c.json"),
            seekgraph("run", "a.flow.json", *given[1:], "--trace", "t.jsonl", QUESTION),
            seekgraph("replay", "t.jsonl", *given, "--at", "retrieve", "--write", "passages=[]", "--save-row", "rows.jsonl"),
            seekgraph("prompt", "show", READER, "answer", "--trace", "t.jsonl"),
            seekgraph("models", "list"),
            seekgraph("models", "try", f"{server.url}#m", "Hello?", "--key", "MY_KEY"),
        ]
    said = without_the_key(
        folder, log=caplog.text, fds="".join(capfd.readouterr()), outs="".join(each.out + each.err for each in ran)
    )
    assert [each.code for each in ran[:3]] == [0, 0, 0], [each.err for each in ran]
    for name in ("report.json", "diagnosis.json", "page.html", "memo.db, read", "a.flow.json", "a.flow.json.journal", "c.json"):
        assert said[name]
    for name in ("page.html", "memo.db, read", "outs"):
        assert BESIDE.encode() in said[name]


def test_a_key_out_of_a_function_is_told_nowhere_either(server: Any, folder: Path, caplog: Any, capfd: Any) -> None:
    server.faults = ("says it", "says it", "prose", "refuses")
    rows = sg.read_examples(some_questions(folder / "some.jsonl", "train", 10))
    lm = openai_compatible(server.url, "m", key=key, retries=1)
    with caplog.at_level(logging.DEBUG):
        bound = reader.bind(corpus=sg.tools.BM25.from_jsonl(CORPUS), lm=lm, reading=lm, memo="memo.db")
        result = bound(question=QUESTION)
        result.trace.save("t.jsonl")
        (folder / "report.json").write_text(json.dumps(report := bound.evaluate(rows).to_json()))
        (folder / "page.html").write_text(bound.diagnose(rows[:4]).to_html())
        compiled = bound.compile(rows, passes=[Demonstrate(good=0.1), Tune(trials=3)], journal="work.journal")
        compiled.save("a.flow.json", location="seekgraph.flows.reader:flow")
        (folder / "compiled.json").write_text(json.dumps(compiled.to_json()))
        (folder / "lm.pickle").write_bytes(pickle.dumps(lm))
    assert server.keys == {KEY}
    errors = "".join(str(step.error) for step in result.errors)
    said = without_the_key(
        folder, log=caplog.text, fds="".join(capfd.readouterr()), errors=errors, shown=f"{result!r} {lm!r} {lm.source!r} {report}"
    )
    assert BESIDE.encode() in said["memo.db, read"]


def key() -> str:
    return KEY
