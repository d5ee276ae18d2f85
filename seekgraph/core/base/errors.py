"""The errors of the language. Each message names the node, channel or file, what was expected, what came, and the way out."""

from __future__ import annotations


class SeekgraphError(Exception):
    """Base of all errors that Seekgraph raises on purpose."""


class FlowError(SeekgraphError):
    """A flow is not well formed: see `Flow.check`."""


class ParamError(SeekgraphError, ValueError):
    """A value lies outside a param's domain, or a param's name is not one of the flow's."""


class BindError(SeekgraphError):
    """What was given to `bind` or to a call does not match what the flow asks for."""


class ChannelMissing(SeekgraphError):
    """A step read a channel that no step before it wrote."""

    def __init__(self, channel: str, reader: str) -> None:
        super().__init__(f"{reader} reads {channel!r}, which nothing has written yet: check the flow with flow.check()")
        self.channel = channel


class WriteError(SeekgraphError):
    """A node returned something other than what its `run` declares."""


class BudgetExceeded(SeekgraphError):
    """A call was not started because it would have gone past the budget. `meter` is the one that refused."""

    def __init__(self, message: str, meter: object = None) -> None:
        super().__init__(message)
        self.meter = meter


class WithoutModel(BudgetExceeded):
    """A model was not asked, or not heard to the end, for the sake of a budget: what can be done by rules goes on by rules."""


class TraceError(SeekgraphError, ValueError):
    """A trace file cannot be read."""


class ArtifactError(SeekgraphError, ValueError):
    """An artifact cannot be read, or belongs to another flow or version."""
