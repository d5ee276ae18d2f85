"""What goes wrong with one request to a model's host, and whether the same request may succeed later."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time

from seekgraph.lms.complaints import Complaint

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may succeed."""


class Transient(Exception):
    """What may go better next time.

    `after` is how many seconds the host asks to wait, None where it does not say; `code` as in `LMError.code`.
    """

    def __init__(
        self,
        message: str,
        *,
        after: float | None = None,
        status: int = 0,
        code: str = "unavailable",
        about: Complaint | None = None,
    ) -> None:
        super().__init__(message)
        self.after = after
        self.status = status
        self.code = code
        self.about = about


class Refused(Exception):
    """A status that says: not like this."""

    def __init__(self, status: int, about: Complaint) -> None:
        super().__init__(about.message)
        self.status = status
        self.about = about


class TooLarge(Exception):
    """An answer that is larger than any reply."""


def failure(status: int, headers: Mapping[str, str], about: Complaint) -> Transient | Refused:
    """What a status other than 200 comes to."""
    if status not in RETRIED:
        return Refused(status, about)
    after = retry_after(headers.get("retry-after-ms"), headers.get("retry-after"))
    code = {429: "rate_limited", 408: "timeout", 504: "timeout"}.get(status, "unavailable")
    return Transient(f"status {status}: {about.message}", after=after, status=status, code=code, about=about)


def retry_after(milliseconds: str | None, seconds_or_date: str | None) -> float | None:
    """Seconds to wait, by the headers `Retry-After-Ms` and `Retry-After` (seconds, or a date); None where neither says so."""
    for text, unit in ((milliseconds, 0.001), (seconds_or_date, 1.0)):
        try:
            if text is not None:
                return max(0.0, float(text) * unit)
        except ValueError:
            try:
                return max(0.0, parsedate_to_datetime(text or "").timestamp() - time())
            except (ValueError, OverflowError):
                continue
    return None
