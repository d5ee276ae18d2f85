"""Whether gold passages still say what they said when a dev set was written.

A row may record it: `"supporting_hashes": {"cors.md#origin": "3f2a91c0d77e"}`, as `seekgraph passages --json` shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from seekgraph.tools.identity import content_hash
from seekgraph.types import Example

FIELD = "supporting_hashes"


def recorded(example: Example) -> dict[str, str]:
    """The hashes that the row records, by passage id; empty where it records none."""
    found = example.meta.get(FIELD)
    return {str(id): str(each) for id, each in found.items()} if isinstance(found, Mapping) else {}


def changes(examples: Iterable[Example], texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """For each recorded passage that is no longer the same, one sentence: where its text is now, or that it has changed.

    `texts` are the passages of the corpus as (id, text); read only if a row records a hash.
    """
    wanted = [(example.id, id, each) for example in examples for id, each in recorded(example).items()]
    if not wanted:
        return
    now: dict[str, str] = {}
    places: dict[str, list[str]] = {}
    for id, text in texts:
        now[id] = content_hash(text)
        places.setdefault(now[id], []).append(id)
    for name, id, then in wanted:
        if now.get(id) == then:
            continue
        if moved := places.get(then):
            yield f"example {name!r}: the passage recorded as {id!r} is now {moved[0]!r}"
        elif id in now:
            yield f"example {name!r}: the text of {id!r} has changed since it was recorded (its hash is now {now[id]})"
        else:
            yield f"example {name!r}: {id!r} is gone, and no passage has its text"
