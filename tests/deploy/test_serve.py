"""A flow over HTTP: typed from its inputs, whole and as events, within its limits, with feedback that becomes rows."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from serving_kit import PASSAGES, Echo, Said, Served, echo, events, searching, served

import seekgraph as sg
from seekgraph.cli.feedback import rows_of
from seekgraph.core.base.budget import Budget
from seekgraph.deploy.http import Settings
from seekgraph.deploy.http.keys import KeysError, new_key, read_keys, remove_key
from seekgraph.deploy.http.server import Patient
from seekgraph.deploy.http.state import State, StateError, feedback_of


@pytest.fixture(scope="module")
def here() -> Iterator[Served]:
    with served(echo()) as running:
        yield running


# --- asking -----------------------------------------------------------------------------------------------------------


def test_a_run_comes_back_with_its_answer_passages_and_id(here: Served) -> None:
    reply = here.post("/v1/run", {"question": "Where?"})
    assert reply.status == 200
    assert reply.json["answer"]["text"] == "Where?: Bonn [rivers.md#rhine]"
    assert [each["id"] for each in reply.json["passages"]] == [each.id for each in PASSAGES]
    assert reply.json["run"].startswith("run-")
    assert "steps" not in reply.json


def test_steps_come_along_where_they_are_asked_for(here: Served) -> None:
    reply = here.post("/v1/run", {"question": "Where?", "options": {"steps": True, "seed": 3}})
    assert [each["step"] for each in reply.json["steps"]] == ["input", "echo"]


def test_a_run_as_events_ends_with_the_result(here: Served) -> None:
    found = events(here.post("/v1/run", {"question": "Where?", "options": {"stream": True}}).text)
    assert [name for name, _ in found] == ["step", "step", "result"]
    assert found[-1][1]["answer"]["text"].startswith("Where?")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"[]", 400, "invalid_body"),
        (b"[" * 5000 + b"]" * 5000, 400, "invalid_json"),
        ({"questions": "?"}, 422, "invalid_inputs"),
        ({}, 422, "invalid_inputs"),
        ({"question": 7}, 422, "invalid_inputs"),
        ({"question": "?", "options": {"budget": {"calls": -1}}}, 422, "invalid_options"),
        ({"question": "?", "options": {"sed": 1}}, 422, "invalid_options"),
        ({"question": "?", "options": []}, 200, None),
    ],
)
def test_what_is_wrong_with_a_request_is_said(here: Served, body: object, status: int, code: str | None) -> None:
    reply = here.post("/v1/run", body)
    assert reply.status == status
    assert code is None or reply.json["error"]["code"] == code


def test_other_paths_and_methods_are_refused(here: Served) -> None:
    assert here.get("/v1/run").status == 405
    assert here.get("/../../etc/passwd").status == 404
    assert here.get("/v1/passages/..%2f..%2fetc%2fpasswd").status == 404


def test_a_run_that_fails_says_where_and_not_what_stands_in_the_error(here: Served) -> None:
    reply = here.post("/v1/run", {"question": "explode"})
    assert reply.status == 500
    assert reply.json["errors"] == [{"step": "echo", "code": "raised"}]
    assert "secret" not in reply.text


def test_health_readiness_description_and_counts(here: Served) -> None:
    here.post("/v1/run", {"question": "refuse"})
    assert (here.get("/healthz").text, here.get("/readyz").status) == ("ok", 200)
    said = here.get("/openapi.json").json
    assert said["components"]["schemas"]["Inputs"]["required"] == ["question"]
    counts = here.get("/metrics").text
    assert 'seekgraph_requests_total{route="/v1/run",status="200"}' in counts
    assert "seekgraph_refused_answers_total 1.0" in counts


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_with_and_without_its_length() -> None:
    with served(echo(), Settings(body_bytes=1000)) as here:
        assert here.post("/v1/run", {"question": "x" * 2000}).status == 413
        with socket.create_connection(("127.0.0.1", here.port)) as raw:
            raw.sendall(b"POST /v1/run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            raw.sendall(b"7d0\r\n" + b"x" * 2000 + b"\r\n")
            assert b" 413 " in raw.recv(1000)
        assert here.post("/v1/run", {"question": "x" * 100}).status == 200


def test_a_slow_body_and_a_slow_head_do_not_hold_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Patient, "seconds", 0.3)
    with served(echo(), Settings(body_seconds=0.3)) as here:
        with socket.create_connection(("127.0.0.1", here.port)) as raw:
            raw.sendall(b"POST /v1/run HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert b" 408 " in raw.recv(1000)
        with socket.create_connection(("127.0.0.1", here.port)) as raw:
            raw.sendall(b"POST /v1/run HT")
            assert raw.recv(1000) == b""
        assert here.post("/v1/run", {"question": "Where?"}).status == 200


def test_what_is_beyond_the_queue_is_told_to_come_back() -> None:
    with served(echo(wait=0.5), Settings(parallel=1, queue=1)) as here, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: here.post("/v1/run", {"question": str(n)}), range(8)))
        statuses = sorted(reply.status for reply in replies)
        assert statuses[0] == 200
        assert statuses[-1] == 429
        assert set(statuses) == {200, 429}
        assert all(reply.headers.get("retry-after") for reply in replies if reply.status == 429)


def test_a_run_that_does_not_end_is_ended() -> None:
    with served(echo(), Settings(seconds=0.2)) as here:
        reply = here.post("/v1/run", {"question": "forever"})
        assert (reply.status, reply.json["status"]) == (200, "partial")


def test_a_client_that_goes_away_ends_its_run() -> None:
    ended = threading.Event()

    class Watched(sg.Node):
        memo = False

        async def run(self, question: str) -> Said:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()
            raise AssertionError

    with served(sg.Flow(Watched(), name="slow").bind()) as here:
        raw = socket.create_connection(("127.0.0.1", here.port))
        body = b'{"question": "?"}'
        raw.sendall(b"POST /v1/run HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        time.sleep(0.3)
        raw.close()
        assert ended.wait(60)


def test_a_request_cannot_ask_for_more_than_the_server_allows() -> None:
    with served(searching(3), Settings(budget=Budget(searches=1))) as here:
        assert here.post("/v1/run", {"question": "?", "options": {"budget": {"searches": 100}}}).json["status"] == "partial"


# --- keys -------------------------------------------------------------------------------------------------------------


def test_with_keys_only_who_has_one_may_ask_and_its_budget_holds(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    secret = new_key(file, "team", Budget(searches=3))
    assert secret not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    settings = Settings(keys=file, state=tmp_path / "s.sqlite", budget=Budget(searches=1))
    with served(searching(), settings) as here:
        body = {"question": "?"}
        assert here.post("/v1/run", body).status == 401
        assert here.post("/v1/run", body, authorization="Bearer nonsense").status == 401
        assert here.get("/metrics").status == 401
        assert here.get("/v1/run?key=" + secret).status in (401, 405)
        assert here.get("/healthz").status == 200
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: here.post("/v1/run", body, authorization=f"Bearer {secret}"), range(12)))
        assert sum(reply.status == 200 for reply in replies) <= 3
        with closing(State(tmp_path / "s.sqlite")) as state:
            assert state.spent("team")["searches"] <= 3
        while here.post("/v1/run", body, x_api_key=secret).status == 200:
            pass
        assert here.post("/v1/run", body, x_api_key=secret).json["error"]["code"] == "budget"
        remove_key(file, "team")
        assert here.post("/v1/run", body, x_api_key=secret).status == 401


def test_names_and_files_of_keys_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    new_key(file, "one", Budget())
    for name in ("one", "", "../x", "a b"):
        with pytest.raises(KeysError):
            new_key(file, name, Budget())
    assert [key.name for key in read_keys(file)] == ["one"]
    file.write_text(json.dumps({"one": {"sha256": "x"}}), encoding="utf-8")
    with pytest.raises(KeysError, match="needs a sha256"):
        read_keys(file)
    with pytest.raises(KeysError, match="seekgraph keys new"):
        read_keys(tmp_path / "none.json")


def test_budgets_of_keys_hold_whatever_runs_beside(tmp_path: Path) -> None:
    state, key = State(tmp_path / "s.sqlite"), Budget(usd=1.0, calls=100)
    first = state.hold("k", key, Budget(usd=0.6))
    assert first == Budget(usd=0.6, calls=100)
    assert state.hold("k", key, Budget(usd=0.6)) is None
    state.settle("k", key, first, {"usd": 0.1, "calls": 3})
    assert state.spent("k") == {"usd": 0.1, "calls": 3.0}
    again = state.hold("k", key, Budget())
    assert again is not None
    assert again.usd == pytest.approx(0.9)
    assert again.calls == 97
    state.release_all()
    assert state.hold("k", key, Budget(usd=0.9, calls=1)) is not None
    state.close()


def test_a_state_is_a_file_of_its_own(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as base:
        base.execute("CREATE TABLE mine (x)")
    with pytest.raises(StateError):
        State(other)
    with pytest.raises(StateError, match="no such file"):
        feedback_of(tmp_path / "none.sqlite")


# --- feedback ---------------------------------------------------------------------------------------------------------


def test_what_people_say_becomes_rows_of_a_dev_set(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with served(echo(), Settings(state=path)) as here:
        runs = [here.post("/v1/run", {"question": question}).json["run"] for question in ("one", "two", "three", "refuse")]
        assert here.post("/feedback", {"run": runs[0], "right": True}).status == 201
        said = {"run": runs[1], "right": False, "answer": "Cologne", "passages": ["rivers.md#rhine"]}
        assert here.post("/feedback", said).status == 201
        assert here.post("/feedback", {"run": runs[2], "step": {"path": "echo", "writes": {"answer": "x"}}}).status == 201
        assert here.post("/feedback", {"run": runs[3], "right": True}).status == 201
        assert here.post("/feedback", {"run": "run-none", "right": True}).status == 404
        assert here.post("/feedback", {"run": runs[0]}).status == 422
        assert here.post("/feedback", {"run": runs[0], "right": True, "eval": "x"}).status == 422
    rows = rows_of(feedback_of(path))
    assert [row.question for row in rows] == ["one", "two", "three"]
    assert rows[0].answers == ("one: Bonn [rivers.md#rhine]",)
    assert rows[1].answers == ("Cologne",)
    assert rows[1].supporting_ids == ("rivers.md#rhine",)
    assert rows[2].step_labels[0].path == "echo"


def test_feedback_is_for_ones_own_runs(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    mine, other = new_key(file, "mine", Budget()), new_key(file, "other", Budget())
    with served(echo(), Settings(keys=file)) as here:
        run = here.post("/v1/run", {"question": "?"}, x_api_key=mine).json["run"]
        assert here.post("/feedback", {"run": run, "right": True}).status == 401
        assert here.post("/feedback", {"run": run, "right": True}, x_api_key=other).status == 404
        assert here.post("/feedback", {"run": run, "right": True}, x_api_key=mine).status == 201


def test_only_so_many_answers_are_kept(tmp_path: Path) -> None:
    state = State(None, keep=20)
    for number in range(200):
        state.keep_answer(f"run-{number}", "", {"question": "?"})
    assert state.answer("run-0") is None
    assert state.answer("run-199") is not None
    state.close()


# --- another flow in its place ----------------------------------------------------------------------------------------


def test_another_flow_takes_the_place_without_a_dropped_request() -> None:
    offered = [sg.Flow(Echo(wait=0.2), name="second").bind()]
    with served(echo(wait=0.2), reload=lambda: offered.pop() if offered else None) as here, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda n: here.post("/v1/run", {"question": str(n)}), range(40)))
        assert {reply.status for reply in replies} == {200}
        assert here.get("/v1/models").json["data"][0]["id"] == "second"


def test_what_cannot_be_loaded_leaves_the_flow_in_place() -> None:
    called = threading.Event()

    def broken() -> None:
        called.set()
        raise ValueError("half a file")

    with served(echo(), reload=broken) as here:
        assert called.wait(60)
        assert here.post("/v1/run", {"question": "?"}).status == 200


# --- browsers ---------------------------------------------------------------------------------------------------------


def test_pages_may_ask_only_where_they_are_named(here: Served) -> None:
    asked = {"origin": "https://page.example", "access_control_request_method": "POST"}
    assert "access-control-allow-origin" not in here.ask("OPTIONS", "/v1/run", **asked).headers
    with served(echo(), Settings(origins=("https://page.example",))) as other:
        assert other.ask("OPTIONS", "/v1/run", **asked).headers["access-control-allow-origin"] == "https://page.example"
        asked["origin"] = "https://evil.example"
        assert "access-control-allow-origin" not in other.ask("OPTIONS", "/v1/run", **asked).headers
