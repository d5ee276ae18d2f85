"""Retrieve, read, answer: the sentences that bear on the question are picked out before it is answered.

Bind `corpus`, and `lm` to have a model read and answer; without one both are extractive.
"""

from __future__ import annotations

from seekflow.core.params import Int
from seekflow.flow import Flow
from seekflow.nodes.answer import Answer
from seekflow.nodes.read import Read
from seekflow.nodes.retrieve import Retrieve

flow = Flow(Retrieve("corpus", k=Int(10, 2, 30)) >> Read() >> Answer(), name="reader")
