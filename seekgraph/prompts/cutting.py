"""Cutting passages to a number of tokens: the best sentences for the question, in their order, fair over the passages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seekgraph.prompts.budget import shares
from seekgraph.text.entities import flat, folded, names
from seekgraph.text.sentences import Sentence, sentences
from seekgraph.text.weights import coverage, idf, terms

OMITTED = "[...]"
_LEAD, _LINK, _DOWN = 0.25, 0.25, 0.05  # the worth of a first sentence, of one that names another title, of one further down
_FEWEST = 24  # tokens below which a share is too small to say anything

Count = Callable[[str], int]


@dataclass(frozen=True)
class _Piece:
    """A text with its sentences, and which of them are worth most."""

    text: str
    parts: tuple[Sentence, ...]
    worth: tuple[float, ...]

    def best(self) -> list[int]:
        return sorted(range(len(self.parts)), key=lambda at: (-self.worth[at], at))

    def joined(self, selected: frozenset[int]) -> str:
        """The selected sentences in their order, with a mark where something is left out."""
        found, last = "", -1
        for at in sorted(selected):
            gap = self.text[self.parts[last].end : self.parts[at].start] if last >= 0 else ""
            found += (gap if at == last + 1 else f" {OMITTED} " if found else f"{OMITTED} ") + self.parts[at].text
            last = at
        return found if last == len(self.parts) - 1 else f"{found} {OMITTED}"


def cut(
    texts: Sequence[str], titles: Sequence[str], question: str, most: int, count: Count, extra: Sequence[int] = ()
) -> list[str | None]:
    """Each text with so many of its sentences that all together have at most `most` tokens; None for one that has to go.

    Where all fit they are whole. Else each gets a fair share and keeps its best sentences; what is left over goes to the best
    ones of all. Where shares would say nothing, texts go from the end: they come best first. `extra` is what showing each text
    takes besides, in tokens; a text that goes takes none.

    A sentence is worth the share of the question's idf mass that it holds, and more if it comes first or names another title.
    """
    extra = extra or [0] * len(texts)
    wanted = [count(text) for text in texts]
    if sum(wanted) + sum(extra) <= most:
        return list(texts)
    shown = len(texts)
    while shown and most < sum(extra[:shown]) + sum(min(_FEWEST, size) for size in wanted[:shown]):
        shown -= 1
    pieces = _pieces(texts[:shown], titles[:shown], question)
    room = most - sum(extra[:shown])
    allowed = shares(wanted[:shown], room)
    selected = [_fill(piece, frozenset(), share, count) for piece, share in zip(pieces, allowed, strict=True)]
    made = [
        _joined_or_trimmed(piece, chosen, share, count) for piece, chosen, share in zip(pieces, selected, allowed, strict=True)
    ]
    _spend(pieces, selected, made, room, count)
    return [*made, *[None] * (len(texts) - shown)]


def _spend(pieces: Sequence[_Piece], selected: list[frozenset[int]], made: list[str], room: int, count: Count) -> None:
    """Give what is left to the best sentences that were left out, wherever they stand."""
    sizes = [count(text) for text in made]
    waiting = [(-piece.worth[at], number, at) for number, piece in enumerate(pieces) for at in range(len(piece.parts))]
    for _, number, at in sorted(waiting):
        if at in selected[number]:
            continue
        text = pieces[number].joined(selected[number] | {at})
        size = count(text)
        if sum(sizes) - sizes[number] + size <= room:
            selected[number] |= {at}
            made[number], sizes[number] = text, size


def _fill(piece: _Piece, selected: frozenset[int], share: int, count: Count) -> frozenset[int]:
    """The best sentences that fit into the share together."""
    for at in piece.best():
        if count(piece.joined(selected | {at})) <= share:
            selected |= {at}
    return selected


def _joined_or_trimmed(piece: _Piece, selected: frozenset[int], share: int, count: Count) -> str:
    """The selected sentences; where not one fits, as many words of the best one as do."""
    if selected or not piece.parts:
        return piece.joined(selected) if selected else ""
    words = piece.parts[piece.best()[0]].text.split()
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(f"{' '.join(words[:middle])} {OMITTED}") <= share else (low, middle - 1)
    return f"{' '.join(words[:low])} {OMITTED}" if low else OMITTED if count(OMITTED) <= share else ""


def _pieces(texts: Sequence[str], titles: Sequence[str], question: str) -> list[_Piece]:
    whole = [f"{title} {text}" for title, text in zip(titles, texts, strict=True)]
    weights, asking = idf(whole), frozenset(terms(question))
    keys = [folded(title) for title in titles]
    return [_piece(text, key, frozenset(keys) - {key, ""}, asking, weights) for text, key in zip(texts, keys, strict=True)]


def _piece(text: str, title: str, others: frozenset[str], asking: frozenset[str], weights: dict[str, float]) -> _Piece:
    parts = sentences(text)
    linked = {other for other in others if names(flat(text), other)}
    worth = []
    for at, part in enumerate(parts):
        words = flat(part.text) if linked else ""
        links = any(names(words, other) for other in linked)
        held = frozenset(terms(part.text))
        worth.append(coverage(asking, held, weights) + _LEAD * (at == 0) + _LINK * links - _DOWN * at / len(parts))
    return _Piece(text, parts, tuple(worth))
