"""What comes back from a call: its ledger, condensed."""

from __future__ import annotations

from seekgraph.core.record.ledger import Ledger
from seekgraph.types import Digest, Passage

SOURCES = ("answer", "evidence", "context", "passages", "digests", "goal")


def digest_of(ledger: Ledger) -> tuple[Digest, tuple[str, ...]]:
    """The digest of a finished call, and the channels that it was made from.

    The conclusion is the text of the answer. The facts are the evidence. The resources are the passages that the answer or
    the evidence cites; without citations those that were kept for answering, or else all that were found.
    """
    held = ledger.snapshot()
    answer, evidence = held.get("answer"), tuple(held.get("evidence", ()))
    pool: dict[str, Passage] = {}
    for name in ("passages", "context"):
        pool |= {passage.id: passage for passage in held.get(name, ())}
    for nested in held.get("digests", ()):
        pool |= {passage.id: passage for passage in nested.resources}
    cited = list(dict.fromkeys([*(answer.citations if answer else ()), *(each.passage_id for each in evidence)]))
    resources = [pool[name] for name in cited if name in pool] or list(held.get("context", ())) or list(pool.values())
    conclusion = "" if answer is None or answer.refused else answer.text
    goal = getattr(held.get("goal"), "id", "")
    used = tuple(name for name in SOURCES if name in held)
    return Digest(conclusion=conclusion, facts=evidence, resources=tuple(resources), goal_id=goal), used
