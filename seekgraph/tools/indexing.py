"""From passages to an index, and from an index and an edit to the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from seekgraph.text.analysis import Analyzer
from seekgraph.text.polyglot import Analysis, Polyglot, analyzer_for
from seekgraph.tools.index import Index, Ints, build, filter_key
from seekgraph.tools.merging import merged
from seekgraph.tools.store import PassageStore, decode
from seekgraph.tools.tokens import Tokens, heard, read_tokens, settled
from seekgraph.types import Passage


@dataclass(frozen=True, slots=True)
class Spoken:
    """The language that each passage by itself says that it is in: the place of its name in `names`, -1 where that is open."""

    names: tuple[str, ...]
    places: Ints

    @classmethod
    def of(cls, names: Iterable[str], places: Ints) -> Spoken:
        """With the names that occur alone, in order."""
        listed = list(names)
        there = np.unique(places[places >= 0]).tolist()
        used = sorted({listed[at] for at in there})
        to = np.full(len(listed) + 1, -1, dtype=np.int16)  # the last is that of -1
        to[there] = [used.index(listed[at]) for at in there]
        return cls(tuple(used), to[places])

    def settled(self) -> tuple[list[str], Ints]:
        """The languages as which the passages are analysed, and the place of each passage's own, see `tokens.settled`."""
        return settled(list(self.names), self.places)

    def and_(self, other: Spoken) -> Spoken:
        """Of the passages of both, those of `other` after these."""
        names = [*self.names, *other.names]
        return Spoken.of(names, np.concatenate([self.places, np.where(other.places < 0, -1, other.places + len(self.names))]))


@dataclass(frozen=True, slots=True)
class Indexed:
    """Passages, their index, the analysis that queries take, and the languages, by the numbers of passages; None where one is
    given for all."""

    store: PassageStore
    index: Index
    analysis: Analysis
    spoken: Spoken | None = None


def indexed(passages: Iterable[Passage], fixed: Analyzer | None) -> Indexed:
    """The index of `passages`, analysed as `fixed` says, or each in its own language. Raises `CorpusError` as the store does."""
    tokens = read_tokens(passages, filter_key)
    if fixed is not None:
        return Indexed(tokens.store, build(tokens, {"": fixed}), fixed)
    spoken = Spoken.of(*heard(tokens))
    names, own = spoken.settled()
    index = build(tokens, {name: analyzer_for(name) for name in names}, own)
    return Indexed(tokens.store, index, _analysis(names), _by_number(spoken, tokens))


def updated(old: Indexed, stays: NDArray[np.bool_], passages: Iterable[Passage], fixed: Analyzer | None) -> Indexed:
    """The index of those passages of `old` that stay and of `passages`; it equals that of all of them from the start.

    Raises `CorpusError` where nothing is left, and for two passages with one id.
    """
    coming = iter(passages)
    first = next(coming, None)
    tokens = None if first is None else read_tokens(chain([first], coming), filter_key)
    if fixed is not None:
        new = None if tokens is None else (tokens.store, build(tokens, {"": fixed}))
        return Indexed(*merged((old.store, old.index), stays, new), fixed)
    assert old.spoken is not None
    kept = Spoken(old.spoken.names, old.spoken.places[stays])
    spoken = kept if tokens is None else kept.and_(Spoken.of(*heard(tokens)))
    names, own = spoken.settled() if len(spoken.places) else ([], spoken.places)
    before, then = old.spoken.settled()
    if not np.array_equal(np.asarray(before)[then[stays]], np.asarray(names)[own[: len(kept.places)]]):
        left = (decode(old.store.records[at]) for at in np.flatnonzero(stays).tolist())
        return indexed(chain(left, () if tokens is None else tokens.store), None)  # old passages are analysed in another language
    new = None
    if tokens is not None:
        index = build(tokens, {name: analyzer_for(name) for name in names}, own[len(kept.places) :])
        new = tokens.store, index
    store, index = merged((old.store, old.index), stays, new)
    return Indexed(store, index, _analysis(names), _in_order(old, stays, spoken, tokens, store))


def _analysis(names: list[str]) -> Analysis:
    analyzers = {name: analyzer_for(name) for name in names}
    return Polyglot(analyzers) if len(names) > 1 else analyzers[names[0]]


def _by_number(spoken: Spoken, tokens: Tokens) -> Spoken:
    places = np.empty_like(spoken.places)
    places[tokens.rank] = spoken.places
    return Spoken.of(spoken.names, places)


def _in_order(old: Indexed, stays: NDArray[np.bool_], spoken: Spoken, tokens: Tokens | None, store: PassageStore) -> Spoken:
    """The languages of the kept passages and the new ones, by their numbers in the store of both."""
    ids = [old.store.ids[at] for at in np.flatnonzero(stays).tolist()]
    if tokens is not None:
        new = [tokens.store.ids[at] for at in tokens.rank.tolist()]
        ids += new
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return Spoken.of(spoken.names, spoken.places[order])
