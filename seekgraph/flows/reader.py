"""Retrieve, read, answer: the sentences that bear on the question are picked out before it is answered.

Bind `corpus`, and `lm` to have a model answer; without one answering is extractive, too. Sentences are picked without a model,
which small models do worse, unless one is bound as `reading` besides. What makes a small model answer better is left to
compiling: a short prompt, evidence in the place of whole passages, an answer held to spans of what was read, the instruction
among its variants, and demonstrations.
"""

from __future__ import annotations

from seekgraph.core.language.params import Choice, Int, Switch
from seekgraph.flow import Flow
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.read import Read
from seekgraph.nodes.retrieve import Retrieve

read = Read(lm="reading", keep=Int(6, 1, 12))
answer = Answer(
    span=Choice("auto", True, False),
    evidence_only=Switch(False),
    brief=Switch(False),
    prompt_tokens=Choice("auto", 500, 1000, 1500, 2000, 3000),
    max_tokens=96,
)

flow = Flow(Retrieve("corpus", k=Int(10, 2, 30)) >> read >> answer, name="reader")
