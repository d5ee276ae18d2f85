"""Runs as OpenTelemetry traces: sent over real OTLP to a receiver on loopback, as the graph that they are, with scores."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from serving_kit import Echo, served

import seekgraph as sg
from seekgraph.demo import CORPUS
from seekgraph.deploy.http import Settings
from seekgraph.deploy.telemetry import Telemetry, spans_of
from seekgraph.deploy.telemetry.spans import Evaluation
from seekgraph.flows.bridge import flow as bridge

ASKED = "In which city was the composer of Fidelio baptised?"


@contextmanager
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """A collector that keeps the spans that it is sent."""
    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = ExportTraceServiceRequest()
            assert self.path == "/v1/traces"
            request.ParseFromString(body)
            spans.extend(span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()


def facts(span: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


@pytest.fixture(scope="module")
def result() -> Any:
    return bridge.bind(sg.tools.open_corpus(CORPUS))(question=ASKED)


def sent(result: Any, **options: Any) -> list[Any]:
    with receiver() as (address, spans):
        telemetry = Telemetry(address, **options)
        telemetry.record(
            result.trace, bridge, scores=[Evaluation("novelty", 0.5, "retrieve", "half was new"), Evaluation("f1", 1.0)]
        )
        telemetry.close()
        return spans


def test_a_run_arrives_as_the_graph_that_it_is(result: Any) -> None:
    spans = sent(result)
    assert len({span.trace_id for span in spans}) == 1
    named = {span.name: span for span in spans}
    root = named["invoke_workflow bridge"]
    assert facts(root)["gen_ai.operation.name"] == "invoke_workflow"
    assert not root.parent_span_id
    found = facts(named["retrieval retrieve"])
    assert (found["openinference.span.kind"], found["gen_ai.data_source.id"]) == ("RETRIEVER", "corpus")
    assert found["gen_ai.retrieval.top_k"] == result.trace.params["retrieve.k"]
    ids = {facts(span)["graph.node.id"] for span in spans if span is not root}
    assert ids == {step.id for step in result.trace.steps if step.kind != "input"}
    inner = {facts(span).get("graph.node.parent_id") for span in spans} - {None, "input"}
    assert inner <= ids
    known = {span.span_id for span in spans}
    assert all(span.parent_span_id in known for span in spans if span is not root)
    assert all(root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)


def test_scores_are_events_of_their_spans(result: Any) -> None:
    events = {(span.name, event.name): facts(event) for span in sent(result) for event in span.events}
    assert events["retrieval retrieve", "gen_ai.evaluation.result"] == {
        "gen_ai.evaluation.name": "novelty",
        "gen_ai.evaluation.score.value": 0.5,
    }
    assert events["invoke_workflow bridge", "gen_ai.evaluation.result"]["gen_ai.evaluation.name"] == "f1"


def test_what_was_asked_and_found_is_sent_only_where_it_is_wanted(result: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [value for span in sent(result) for value in facts(span).values() if isinstance(value, str) and "Fidelio" in value]
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    spans = {span.name: facts(span) for span in sent(result)}
    assert spans["invoke_workflow bridge"]["input.value"] == ASKED
    assert "retrieval.documents.0.document.id" in spans["retrieval retrieve"]


def test_an_error_is_a_status_and_its_words_are_content() -> None:
    flow = sg.Flow(Echo(), name="echo")
    failed = flow.bind()(question="explode")
    with receiver() as (address, spans):
        telemetry = Telemetry(address)
        telemetry.record(failed.trace, flow)
        telemetry.close()
    assert {span.status.message for span in spans} == {"raised"}
    assert [span.error for span in spans_of(failed.trace, flow)][-1] is not None


def test_a_server_sends_its_runs() -> None:
    with receiver() as (address, spans):
        with served(sg.Flow(Echo(), name="echo").bind(), Settings(otlp=address)) as here:
            assert here.post("/v1/run", {"question": "Where?"}).status == 200
        assert {span.name for span in spans} == {"invoke_workflow echo", "echo"}


def test_a_saved_trace_is_sent_with_the_scores_of_its_steps(result: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    result.trace.save(path)
    with receiver() as (address, spans):
        command = [sys.executable, "-m", "seekgraph", "export", "bridge", str(path), "--otlp", address]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert f"sent {len(result.trace)} steps" in ran.stderr
    assert any(span.events for span in spans)
