"""Counts of a server in Prometheus' form."""

from __future__ import annotations

import os
from typing import Any

from seekgraph.core.machine.result import Result

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The counts of one worker; where `PROMETHEUS_MULTIPROC_DIR` names a folder they are added up over all workers."""

    def __init__(self) -> None:
        import prometheus_client as prometheus

        self._registry = prometheus.CollectorRegistry()
        here: Any = {"registry": self._registry}
        live: Any = {**here, "multiprocess_mode": "livesum"}
        self.requests = prometheus.Counter("seekgraph_requests", "Requests by route and status.", ("route", "status"), **here)
        self.runs = prometheus.Counter("seekgraph_runs", "Runs by how they ended.", ("status",), **here)
        self.refused = prometheus.Counter("seekgraph_refused_answers", "Runs that found no answer in the documents.", **here)
        self.seconds = prometheus.Histogram("seekgraph_run_seconds", "Seconds of a run.", buckets=SECONDS, **here)
        self.usage = prometheus.Counter("seekgraph_usage", "Calls, searches, tokens and dollars of runs.", ("line",), **here)
        self.failed = prometheus.Counter(
            "seekgraph_step_errors", "Steps that failed, by node and code.", ("node", "code"), **here
        )
        self.feedback = prometheus.Counter("seekgraph_feedback", "What people said of answers.", ("verdict",), **here)
        self.running = prometheus.Gauge("seekgraph_running", "Runs at this moment.", **live)
        self.waiting = prometheus.Gauge("seekgraph_waiting", "Requests that wait for a place.", **live)

    def ran(self, result: Result, seconds: float) -> None:
        """Count a run."""
        self.runs.labels(result.status).inc()
        self.seconds.observe(seconds)
        for line, amount in result.trace.usage(paid=True).spent().items():
            self.usage.labels(line).inc(amount)
        if result.answer is not None and result.answer.refused:
            self.refused.inc()
        for step in result.errors:
            if step.error is not None:
                self.failed.labels(step.path, step.error.code).inc()

    def text(self) -> bytes:
        """All counts as text."""
        import prometheus_client as prometheus

        registry = self._registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            from prometheus_client import multiprocess

            registry = prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        text: bytes = prometheus.generate_latest(registry)
        return text
