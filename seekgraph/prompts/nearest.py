"""Demonstrations for one question out of many: like it, and unlike each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seekgraph.text.tfidf import cosines

SHOWN = 4
"""How many demonstrations a node shows at most; where it has more, it chooses for each visit."""

POOL = 48
"""How many a node may have to choose from."""

LIKE = 0.7
"""What likeness to the question counts; the rest is what likeness to the demonstrations chosen before takes off."""

_ASKED = ("question", "goal", "query")


def nearest(demos: Sequence[Mapping[str, Any]], shown: Mapping[str, Any], most: int = SHOWN) -> tuple[Mapping[str, Any], ...]:
    """At most `most` of the demonstrations: all where there are no more, else by maximal marginal relevance to what is `shown`.

    Alike are texts with a high TF-IDF cosine, weighted within the pool; what is compared is the question, goal or query, or all
    texts where a node is shown none. (Carbonell and Goldstein, "The use of MMR", 1998; Liu et al., "What makes good in-context
    examples", 2022.) The first of equals goes first, so that the same question is shown the same ones.
    """
    if len(demos) <= most:
        return tuple(demos)
    texts = tuple(_text(demo.get("inputs", {})) for demo in demos)
    like = cosines(_text(shown), texts)
    selected: list[int] = []
    while len(selected) < most:
        left = [at for at in range(len(demos)) if at not in selected]
        same = {at: max((cosines(texts[at], texts)[other] for other in selected), default=0.0) for at in left}
        selected.append(max(left, key=lambda at: (LIKE * like[at] - (1 - LIKE) * same[at], -at)))
    return tuple(demos[at] for at in selected)


def _text(inputs: Mapping[str, Any]) -> str:
    """What a question is compared by."""
    asked = [text for name in _ASKED for text in _texts(inputs.get(name))]
    return " ".join(asked or [text for value in inputs.values() for text in _texts(value)])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.get("text"))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif hasattr(value, "text"):
        yield from _texts(value.text)
