"""`seekgraph serve` as a process: it ends without losing a request, follows its artifact, works in several workers."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from seekgraph.core.artifact import save
from seekgraph.demo import CORPUS
from seekgraph.deploy.http.state import feedback_of
from seekgraph.flows import single

FLOW = """
import asyncio
import seekgraph as sg
from seekgraph.types import Answer

class Said(sg.Writes):
    answer: Answer

class Slow(sg.Node):
    memo = False

    async def run(self, question: str) -> Said:
        await asyncio.sleep(0.3)
        return Said(answer=Answer(text=question))

flow = sg.Flow(Slow(), name="slow")
"""


@contextmanager
def serving(*words: Any, folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The server in a process of its own, with its port; it is stopped in the end."""
    command = [sys.executable, "-m", "seekgraph", "serve", *map(str, words), "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said, port = "", None
        for line in process.stderr:
            said += line
            if found := re.search(r"at http://127\.0\.0\.1:(\d+)", said):
                port = int(found[1])
                break
        assert port is not None, said
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield port, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def sent(port: int, method: str, path: str, body: Any = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def ask(port: int, question: str) -> tuple[int, Any]:
    status, text = sent(port, "POST", "/v1/run", {"question": question, "options": {"steps": True}})
    return status, json.loads(text)


def taken(port: int) -> float:
    """How many runs the server has begun or lets wait."""
    text = sent(port, "GET", "/metrics")[1]
    return sum(float(each) for each in re.findall(r"^seekgraph_(?:running|waiting|runs_total\{.*\}) (\S+)$", text, re.MULTILINE))


def test_a_server_that_is_told_to_stop_loses_no_request_that_it_took(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(FLOW, encoding="utf-8")
    with serving("mine:flow", "--parallel", 4, folder=tmp_path) as (port, process), ThreadPoolExecutor(24) as pool:
        assert ask(port, "ready?")[0] == 200
        asked = [pool.submit(ask, port, str(number)) for number in range(24)]
        while taken(port) < 25:
            pass
        process.send_signal(signal.SIGTERM)
        assert [each.result()[1]["answer"]["text"] for each in asked] == [str(number) for number in range(24)]
        assert process.wait(60) == 143  # stopped by SIGTERM, after all of them


def test_the_artifact_is_followed_while_requests_run(tmp_path: Path) -> None:
    artifact = tmp_path / "a.flow.json"
    save(single.flow.with_params({"retrieve.k": 3}), artifact)
    with serving(artifact, "--corpus", CORPUS, folder=tmp_path) as (port, _), ThreadPoolExecutor(4) as pool:

        def found(_: int) -> int:
            status, body = ask(port, "Who wrote Fidelio?")
            assert status == 200
            return next(int(each["wrote"]["passages"]) for each in body["steps"] if each["step"] == "retrieve")

        assert found(0) == 3
        save(single.flow.with_params({"retrieve.k": 7}), artifact)
        while set(pool.map(found, range(20))) == {3}:
            pass
        assert found(0) == 7
        artifact.write_text("{", encoding="utf-8")
        assert set(pool.map(found, range(100))) == {7}


@pytest.mark.slow
def test_several_workers_answer_and_count_together(tmp_path: Path) -> None:
    state, memo = tmp_path / "s.sqlite", tmp_path / "memo.sqlite"
    words = ("single", "--corpus", CORPUS, "--workers", "2", "--state", state, "--memo", memo)
    with serving(*words, folder=tmp_path) as (port, _):
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda n: ask(port, f"Who wrote opera {n}?"), range(64)))
        assert {status for status, _ in replies} == {200}
        assert {sent(port, "POST", "/feedback", {"run": body["run"], "right": True})[0] for _, body in replies[:8]} == {201}
        assert taken(port) == 64
    assert len(feedback_of(state)) == 8


def test_beyond_this_machine_a_key_is_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "seekgraph", "serve", "single", "--corpus", CORPUS, "--host", "0.0.0.0", "--port", "0"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "seekgraph keys new NAME" in " ".join(ran.stderr.replace("│", " ").split())
