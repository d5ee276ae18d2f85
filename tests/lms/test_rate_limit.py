"""The rate limiter: never more in any window, in the order of asking, and places of those who leave are given back."""

from __future__ import annotations

import asyncio
import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.lms import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    st.integers(1, 5),
    st.integers(10, 100),
    st.lists(st.tuples(st.floats(0, 20), st.integers(0, 60)), min_size=1, max_size=60),
)
def test_no_window_ever_holds_more(requests: int, tokens: int, arrivals: list[tuple[float, int]]) -> None:
    clock = Clock()
    limit = RateLimit(requests, tokens, clock=clock)
    started = []
    for gap, size in arrivals:
        clock.now += gap
        started.append(limit._reserve(size))
    times = [each.at for each in started]
    assert times == sorted(times)
    for index, first in enumerate(started):
        window = [each for each in started[index:] if each.at < first.at + 60.0 - 1e-6]
        assert len(window) <= requests
        sizes = [each.tokens for each in window if each.tokens]
        assert sum(sizes) <= tokens or len(sizes) == 1  # one that is larger than the limit has a window alone


def test_what_waits_starts_when_there_is_room() -> None:
    async def three() -> list[float]:
        limit = RateLimit(2, window=0.2)
        began, times = time.monotonic(), []

        async def one() -> None:
            await limit.admit()
            times.append(time.monotonic() - began)

        await asyncio.gather(*(one() for _ in range(3)))
        return times

    first, second, third = asyncio.run(three())
    assert max(first, second) < 0.15
    assert third >= 0.19


def test_a_place_that_was_left_is_given_to_the_next() -> None:
    async def run() -> float:
        limit = RateLimit(1, window=0.3)
        await limit.admit()
        waiting = asyncio.ensure_future(limit.admit())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        began = time.monotonic()
        await limit.admit()
        return time.monotonic() - began

    assert asyncio.run(run()) < 0.45


def test_a_pause_holds_up_everything() -> None:
    async def run() -> float:
        limit = RateLimit()
        limit.pause(0.1)
        began = time.monotonic()
        await limit.admit()
        return time.monotonic() - began

    assert asyncio.run(run()) >= 0.09


def test_a_pause_holds_up_what_waits_already_and_keeps_the_rate() -> None:
    async def run() -> list[float]:
        limit, began = RateLimit(1, window=0.1), time.monotonic()

        async def one() -> float:
            await limit.admit()
            return time.monotonic() - began

        tasks = [asyncio.ensure_future(one()) for _ in range(3)]  # due at 0, 0.1 and 0.2
        await asyncio.sleep(0.01)
        limit.pause(0.3)
        return list(await asyncio.gather(*tasks))

    first, second, third = asyncio.run(run())
    assert first < 0.09
    assert second >= 0.3
    assert third - second >= 0.09


def test_true_tokens_take_the_place_of_the_estimate() -> None:
    clock = Clock()
    limit = RateLimit(tokens=100, clock=clock)
    first = limit._reserve(90)
    limit.settle(first, 10)
    assert limit._reserve(80).at == 0.0


def test_a_limit_of_nothing_is_refused_and_a_limit_can_be_pickled() -> None:
    with pytest.raises(ValueError, match="at least one a minute"):
        RateLimit(0)
    assert pickle.loads(pickle.dumps(RateLimit(3, 5))).tokens == 5
