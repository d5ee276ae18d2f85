"""A flow over HTTP: REST typed from its inputs, the OpenAI-compatible routes, step events, feedback, metrics."""

from __future__ import annotations

from seekgraph.deploy.http.app import app as app
from seekgraph.deploy.http.settings import Settings as Settings
