"""The capability of a tool whose settings can be varied without building it again."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable


@runtime_checkable
class Tunable(Protocol):
    """A tool that gives a variant of itself with other settings, cheaply enough to do it for every trial of a compile."""

    def with_settings(self, **settings: float) -> Self:
        """A tool over the same data with these settings changed, its `identity` with them; the original stays as it is.

        Raises `ValueError` for a name it does not have (naming those that it has) and for a value out of range.
        """
        ...
