"""Properties that are checked on a few examples every day, and on many by `make test-slow`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def holds_for(*strategies: st.SearchStrategy[Any], few: int, many: int) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """A test that a property holds for values of these strategies: `few` examples, and `many` under the marker `slow`."""

    def made(check: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("count", [few, pytest.param(many, marks=pytest.mark.slow)])
        def test(count: int) -> None:
            settings(max_examples=count, deadline=None)(given(*strategies)(check))()

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return made
