"""The tokens of a corpus, read once; which language each passage is in; and the terms that follow from both."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seekgraph.text.analysis import Analyzer
from seekgraph.text.languages import AHEAD, FEWEST, votes
from seekgraph.text.polyglot import DEFAULT, analyzed_as
from seekgraph.tools.store import GrowingStore, PassageStore
from seekgraph.types import Passage

Ints = NDArray[Any]

_CUT = Analyzer(None, None)  # all analyzers cut a text into the same tokens
_PART = 500_000  # tokens looked at together: bounds what is needed beside the result
_RARE = 0.03  # share of passages below which a language is taken for a mistake


class Terms(Protocol):
    """What an index is built with: `Analyzer`, or another way from tokens to terms."""

    def forms(self, token: str) -> tuple[str, ...]:
        """The terms of a token."""
        ...


@dataclass(slots=True)
class Tokens:
    """All tokens of a corpus by number, title before text, passages in the order they came.

    `ends` are where each title and each text ends in `numbers`, `rank` is the number of each passage in `store`, `keyed` are
    pairs of the number of a meta value (in `keys`) and of a passage.
    """

    store: PassageStore
    rank: Ints
    words: list[str]
    numbers: Ints
    ends: Ints
    keys: list[bytes]
    keyed: Ints


class _Numbers(dict[str, int]):
    """The number of each token, given when it is first seen."""

    def __missing__(self, token: str) -> int:
        number = self[token] = len(self)
        return number


def read_tokens(
    passages: Iterable[Passage], key: Callable[[str, Any], bytes], cut: Callable[[str], list[str]] = _CUT.tokens
) -> Tokens:
    """Read `passages` once; `key` makes one key of a meta field and its value, `cut` the tokens of a text.

    Raises `CorpusError` as the store does.
    """
    known = _Numbers()
    number = known.__getitem__
    numbers, ends = array("i"), array("q")
    keys, keyed = dict[bytes, int](), array("q")
    growing = GrowingStore()
    for place, passage in enumerate(passages):
        growing.add(passage)
        for text in (passage.title, passage.text):
            numbers.fromlist(list(map(number, cut(text))))
            ends.append(len(numbers))
        for field, value in passage.meta.items():
            keyed.extend((keys.setdefault(key(field, value), len(keys)), place))
    store, rank = growing.done()
    places = np.frombuffer(numbers, dtype=np.int32), np.frombuffer(ends, dtype=np.int64)
    return Tokens(store, rank, list(known), *places, list(keys), np.frombuffer(keyed, dtype=np.int64).reshape(-1, 2))


def heard(tokens: Tokens) -> tuple[list[str], Ints]:
    """The languages that words of a corpus speak for, and for each passage, in the order they came, the place of its own.

    A passage has the language that most of its function words speak for (`languages.votes`), -1 where that is open.
    """
    votings = [tuple({analyzed_as(name) for name in votes(word)}) for word in tokens.words]
    names = sorted({name for each in votings for name in each} | {DEFAULT})
    place = {name: at for at, name in enumerate(names)}
    flat = np.array([place[name] for each in votings for name in each], dtype=np.int64)
    return names, _most_votes(tokens, np.array([len(each) for each in votings], dtype=np.int64), flat, len(names))


def settled(names: list[str], heard: Ints) -> tuple[list[str], Ints]:
    """The languages as which a corpus is analysed, and the place of each passage's own; `heard` has places in `names` or -1.

    Where it is open, and where a language has less than 3 % of the passages, a passage has the language of most: `DEFAULT` where
    none says.
    """
    given, names = names, sorted({*names, DEFAULT})
    found = np.array([*map(names.index, given), -1], dtype=np.int64)[heard]
    default = names.index(DEFAULT)
    counts = np.bincount(found[found >= 0], minlength=len(names))
    main = int(np.argmax(counts)) if counts.max() > counts[default] else default
    present = sorted({main, *(at for at in range(len(names)) if counts[at] >= max(2, _RARE * len(found)))})
    return [names[at] for at in present], np.searchsorted(present, np.where(np.isin(found, present), found, main))


def _most_votes(tokens: Tokens, sizes: Ints, flat: Ints, languages: int) -> Ints:
    """For each passage the language that most of its tokens speak for, -1 where they are few or even.

    `sizes` says for how many languages each token speaks, `flat` has these, one token after the other.
    """
    ends = np.concatenate([[0], tokens.ends[1::2]])
    found = np.full(len(ends) - 1, -1, dtype=np.int64)
    step = max(1, _PART // languages)
    for start in range(0, len(found), step):
        stop = min(start + step, len(found))
        part = tokens.numbers[ends[start] : ends[stop]]
        owner = np.repeat(np.arange(stop - start), np.diff(ends[start : stop + 1]))
        heard = sizes[part] > 0
        part, owner = part[heard], owner[heard]
        pairs = np.repeat(owner * languages, sizes[part]) + _expanded(part, sizes, flat)
        sums = np.bincount(pairs, minlength=(stop - start) * languages).reshape(-1, languages)
        best = sums.max(axis=1)
        second = np.partition(sums, -2, axis=1)[:, -2] if languages > 1 else np.zeros_like(best)
        clear = (best >= FEWEST) & (best >= AHEAD * second)
        found[start:stop] = np.where(clear, sums.argmax(axis=1), -1)
    return found


def terms_of(tokens: Tokens, analyzers: Mapping[str, Terms], own: Ints | None) -> tuple[list[str], Ints, Ints]:
    """The terms of a corpus, the number of the term at each place, and where each title and text ends among the places.

    `own` is for each passage the place of its analyzer among `analyzers`; None is the first for all.
    """
    count, keys = len(tokens.words), tokens.numbers
    if own is not None and len(analyzers) > 1:
        lengths = np.diff(tokens.ends[1::2], prepend=0)
        keys = keys + np.repeat(own * count, lengths)
    used = range(count) if own is None or len(analyzers) == 1 else np.unique(keys).tolist()
    numbers: dict[str, int] = {}
    flat, sizes = array("i"), np.zeros(count * len(analyzers), dtype=np.int64)
    listed = list(analyzers.values())
    for at in used:
        forms = listed[at // count].forms(tokens.words[at % count])
        flat.extend(numbers.setdefault(term, len(numbers)) for term in forms)
        sizes[at] = len(forms)
    ends = np.concatenate([[0], np.cumsum(sizes[keys])])[tokens.ends]
    return list(numbers), _expanded(keys, sizes, np.frombuffer(flat, dtype=np.int32)), ends


def _expanded(keys: Ints, sizes: Ints, flat: Ints) -> Ints:
    """The stretches of `flat` that `keys` stand for, one after the other; `sizes` are their lengths."""
    starts = np.cumsum(sizes) - sizes
    parts = []
    for begin in range(0, len(keys), _PART):
        part = keys[begin : begin + _PART]
        lengths = sizes[part]
        places = np.repeat(starts[part] - (np.cumsum(lengths) - lengths), lengths)
        places += np.arange(len(places))
        parts.append(flat[places])
    return np.concatenate(parts) if parts else flat[:0]
