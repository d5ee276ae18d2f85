"""A host that refuses a request and does not say what of it: "400 invalid request". Plainer forms are tried, in a fixed order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from seekgraph.lms.complaints import Complaint
from seekgraph.lms.refusals import Aspect

BARE = frozenset({400, 422})
"""Statuses of a request that is not well made."""

FORMS = frozenset({"json_schema", "tools", "json_object"})
LIMITS = frozenset({"max_tokens", "max_completion_tokens"})
STEPS: tuple[frozenset[str], ...] = (
    FORMS - {"json_object"},
    FORMS,
    frozenset({"max_tokens"}),
    frozenset({"max_completion_tokens"}),
    frozenset({"temperature"}),
    frozenset({"stream_options"}),
    frozenset({"stream", "stream_options"}),
    frozenset({"top_p", "seed", "stop", "stop_sequences", "logprobs", "reasoning_effort"}),
    frozenset({"system"}),
)
"""What is left out, one after the other, before all of it is left out together."""

_WORDS = re.compile(r"[a-z]+")
_EMPTY_WORDS = frozenset(
    """a an and argument arguments as at badrequest badrequesterror bad be been body by client code could data detail
    entity error errors failed field fields for format found has have in incorrect input inputs invalid
    invalidparameter invalidrequest invalidrequesterror is it json malformed message no not of one or our param
    parameter parameters parse parsing payload please processed process reason request requests given sent server
    status supported syntax the this to type unable unprocessable unsupported upstream validation value values was
    wrong your""".split()
)


def names_nothing(status: int, said: Complaint) -> bool:
    """Whether a refusal is about the form of the request and says no more than that."""
    return status in BARE and _EMPTY_WORDS.issuperset(_WORDS.findall(f"{said.text} {said.message}".lower()))


def left_out(sent: Iterable[Aspect], taken: set[str]) -> Iterator[frozenset[str]]:
    """What of a request to leave out in each try: of what the host has never taken, each step alone, then all together."""
    names = {each.name for each in sent if each.exact not in taken}
    tried: set[str] = set()
    for step in STEPS:
        if step & names:
            tried |= step
            yield step
    if tried & LIMITS:
        tried |= LIMITS
    if len(tried) > 1:
        yield frozenset(tried)
