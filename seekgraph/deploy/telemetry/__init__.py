"""Runs in the traces that people already look at: OpenTelemetry, with GenAI's and OpenInference's conventions."""

from __future__ import annotations

from seekgraph.deploy.telemetry.export import Telemetry as Telemetry
from seekgraph.deploy.telemetry.spans import Span as Span
from seekgraph.deploy.telemetry.spans import spans_of as spans_of
