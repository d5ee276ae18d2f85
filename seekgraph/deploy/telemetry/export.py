"""Sending recorded runs to an OpenTelemetry collector, or to whatever takes OTLP over HTTP."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

from seekgraph.core.base.extras import need
from seekgraph.core.language.flow import Flow
from seekgraph.core.record.trace import Trace
from seekgraph.deploy.telemetry.spans import Evaluation, spans_of

CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""The variable that says whether questions, passages and answers are sent: no, where it is not "true"."""

WHAT = "sending traces"


class Telemetry:
    """Sends runs to `endpoint` (such as "http://127.0.0.1:4318"), or to where OpenTelemetry's own variables say, or through a
    `provider` of yours.

        telemetry = sg.deploy.telemetry.Telemetry("http://127.0.0.1:4318")
        telemetry.record(result.trace, flow)
        telemetry.close()

    `content` says whether questions, passages and answers are sent, too; None leaves it to the variable
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT. Sending is in the background. Raises `MissingExtra` without the extra
    `otel`.
    """

    def __init__(
        self, endpoint: str | None = None, *, provider: Any = None, content: bool | None = None, service: str = "seekgraph"
    ) -> None:
        self.content = os.environ.get(CONTENT, "").lower() == "true" if content is None else content
        self._provider = provider or _provider(endpoint, service)
        self._own = provider is None
        self._tracer = self._provider.get_tracer("seekgraph")

    def record(
        self, trace: Trace, flow: Flow | None = None, *, scores: Iterable[Evaluation] = (), ended: float | None = None
    ) -> str:
        """Send a run that has ended now, or at `ended` (seconds since the epoch); gives the id of its OpenTelemetry trace."""
        api, status = need("opentelemetry.trace", "otel", WHAT), need("opentelemetry.trace.status", "otel", WHAT)
        spans = spans_of(trace, flow, scores=scores, content=self.content)
        began = (time.time() if ended is None else ended) - spans[0].seconds
        made: list[Any] = []
        for span in spans:
            around = None if span.parent is None else api.set_span_in_context(made[span.parent])
            start, end = _ns(began + span.start), _ns(began + span.start + span.seconds)
            one = self._tracer.start_span(span.name, around, attributes=dict(span.attributes), start_time=start)
            for name, facts in span.events:
                one.add_event(name, dict(facts), end)
            if span.error is not None:  # what an error says may quote a passage
                one.set_status(
                    status.Status(status.StatusCode.ERROR, span.error if self.content else span.error.partition(":")[0])
                )
            made.append(one)
        for one, span in reversed(list(zip(made, spans, strict=True))):
            one.end(_ns(began + span.start + span.seconds))
        return f"{made[0].get_span_context().trace_id:032x}"

    def close(self) -> None:
        """Send what is waiting, and end a provider of our own."""
        self._provider.force_flush()
        if self._own:
            self._provider.shutdown()


def _provider(endpoint: str | None, service: str) -> Any:
    sdk, resources = need("opentelemetry.sdk.trace", "otel", WHAT), need("opentelemetry.sdk.resources", "otel", WHAT)
    export = need("opentelemetry.sdk.trace.export", "otel", WHAT)
    otlp = need("opentelemetry.exporter.otlp.proto.http.trace_exporter", "otel", WHAT)
    address = endpoint
    if endpoint is not None and not endpoint.endswith("/v1/traces"):  # the exporter adds the path to a variable's address alone
        address = endpoint.rstrip("/") + "/v1/traces"
    name = os.environ.get("OTEL_SERVICE_NAME", service)
    provider = sdk.TracerProvider(resource=resources.Resource.create({"service.name": name}))
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=address)))
    return provider


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
