"""A rate limiter: so many requests and so many tokens in any minute, in the order of asking."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable

from seekgraph.core.base.waiting import standing_still

MINUTE = 60.0


class Admission:
    """A place in the limiter's log: when a request may start, and how many tokens it counts for."""

    __slots__ = ("at", "tokens")

    def __init__(self, at: float, tokens: int) -> None:
        self.at = at
        self.tokens = tokens


class RateLimit:
    """At most `requests` and `tokens` in any 60 seconds; None is no limit.

    Share one object between the LMs that share an account's limit. Tokens are estimated when a request starts and corrected when
    it has ended. Safe to use from several threads and event loops.
    """

    def __init__(
        self,
        requests: int | None = None,
        tokens: int | None = None,
        *,
        window: float = MINUTE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if (requests is not None and requests < 1) or (tokens is not None and tokens < 1):
            raise ValueError(f"a rate limit is at least one a minute, not requests={requests}, tokens={tokens}")
        self.requests = requests
        self.tokens = tokens
        self.window = window
        self._clock = clock
        self._log: deque[Admission] = deque()
        self._paused = 0.0
        self._lock = threading.Lock()

    async def admit(self, tokens: int = 0) -> Admission:
        """Wait until a request of so many tokens may start. One that is cancelled while it waits gives its place back."""
        if self.requests is None and self.tokens is None and not self._paused:
            return Admission(0.0, tokens)  # no limit, and the host has never said that it is too much
        with self._lock:
            admission = self._reserve(tokens)
        try:
            while (wait := max(admission.at, self._paused) - self._clock()) > 0:  # a pause may come while it waits
                with standing_still():
                    await asyncio.sleep(wait)
        except asyncio.CancelledError:
            self.forget(admission)
            raise
        return admission

    def settle(self, admission: Admission, tokens: int) -> None:
        """Put the true number of tokens in place of the estimate."""
        admission.tokens = tokens

    def forget(self, admission: Admission) -> None:
        """Take back an admission of a request that was never sent."""
        with self._lock:
            if admission in self._log:
                self._log.remove(admission)

    def pause(self, seconds: float) -> None:
        """Let nothing start for so long, also of what waits already: the host has said that it is too much."""
        with self._lock:
            now = self._clock()
            self._paused = max(self._paused, now + seconds)
            waiting = [each for each in self._log if each.at > now]
            late = self._paused - waiting[0].at if waiting else 0.0
            for each in waiting if late > 0 else ():
                each.at += late  # all by as much, so that they keep their distances

    def _reserve(self, tokens: int) -> Admission:
        now = self._clock()
        log = self._log
        while log and log[0].at <= now - self.window:
            log.popleft()
        at = max(now, self._paused, log[-1].at if log else now)
        if self.requests is not None and len(log) >= self.requests:
            at = max(at, log[-self.requests].at + self.window)
        if self.tokens is not None:
            at = max(at, self._when_tokens_fit(tokens, at))
        admission = Admission(at, tokens)
        if self.requests is not None or self.tokens is not None:
            log.append(admission)
        return admission

    def _when_tokens_fit(self, tokens: int, at: float) -> float:
        """The first moment from `at` on when the window before it has room; a request larger than the limit gets one alone."""
        assert self.tokens is not None
        room = max(0, self.tokens - tokens)
        inside = sum(each.tokens for each in self._log if each.at > at - self.window)
        for each in self._log:
            if inside <= room:
                break
            if each.at > at - self.window:
                inside -= each.tokens
                at = each.at + self.window
        return at

    def __getstate__(self) -> dict[str, object]:
        return {"requests": self.requests, "tokens": self.tokens, "window": self.window}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__init__(state["requests"], state["tokens"], window=state["window"])  # type: ignore[misc]
