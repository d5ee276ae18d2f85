"""The capability of a node that asks a model through a prompt: it can show what it would send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from seekgraph.core.language.lm import Message


@runtime_checkable
class Prompted(Protocol):
    """A node that says what it sends to its model."""

    def messages(self, inputs: Mapping[str, Any]) -> tuple[Message, ...]:
        """The messages for these inputs, by the names of the parameters of `run`; one that is left out was not written.

        The same bytes as in a run with the same inputs and settings. Raises `PromptError` where they do not fit.
        """
        ...
