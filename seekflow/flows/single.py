"""One search, one answer: what every other flow has to beat."""

from __future__ import annotations

from seekflow.flow import Flow
from seekflow.nodes.answer import Answer
from seekflow.nodes.retrieve import Retrieve

flow = Flow(Retrieve("corpus") >> Answer(), name="single")
