"""Drafting: questions are written, by rules or by a model, and each has to pass the filters."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from seekgraph.core.base.sync import run_sync
from seekgraph.core.language.lm import LM
from seekgraph.synthesis import model
from seekgraph.synthesis.difficulty import difficulty
from seekgraph.synthesis.filters import FILTERS, Filter, judged
from seekgraph.synthesis.rules import conditions, definitions, facts, howto, others, pairs
from seekgraph.synthesis.rules.found import Found, Writer
from seekgraph.synthesis.values import UNANSWERABLE, Draft, Drafted, DraftError, Ended, Outcome
from seekgraph.synthesis.view import View, resolved
from seekgraph.tools.bm25 import BM25
from seekgraph.types import Passage

WRITERS: Mapping[str, tuple[Writer, ...]] = {
    "howto": (howto.write, others.howto),
    "fact": (facts.write,),
    "definition": (definitions.write, others.definitions),
    "condition": (conditions.write,),
    "faq": (others.asked_in_headings,),
    "compare": (pairs.two_goals, pairs.difference),
    "bridge": (pairs.bridge,),
}
"""The rule-based writers by the kind of question that they write; users may give a table of their own."""

KINDS = tuple(dict.fromkeys((*WRITERS, *model.KINDS)))

TRIES = 6
"""Drafts of a model that are looked at for each that is wanted, at most."""

Progress = Callable[[int, int, int], None]
"""Called with how many have passed, how many are wanted, and how many were written."""


def draft(corpus: BM25 | Iterable[Passage], **options: object) -> Drafted:
    """`adraft`, from ordinary code."""
    return run_sync(adraft(corpus, **options))  # type: ignore[arg-type]


async def adraft(
    corpus: BM25 | Iterable[Passage],
    *,
    count: int = 50,
    kinds: Sequence[str] | None = None,
    lm: LM | str | None = None,
    like: Sequence[str] = (),
    seed: int = 0,
    unanswerable: int = 0,
    tries: int | None = None,
    filters: Mapping[str, Filter] = FILTERS,
    writers: Mapping[str, Sequence[Writer]] = WRITERS,
    progress: Progress | None = None,
) -> Drafted:
    """At most `count` questions that the documents answer and that pass the `filters`, spread over kinds and documents.

    Without a model they are written by rules, from what sentences, lists, tables, headings and links say; fewer come where the
    documents have no more. `lm`, a model or its name, writes, answers and filters; `like` are questions of the users, whose tone
    it takes; it writes at most `tries` drafts (`TRIES` times as many as are wanted). `unanswerable` of the questions are about
    passages that then have to be taken out of the documents (`Draft.removed_ids`, `reduced`). The same seed and documents give
    the same drafts, as far as the model does.

    Raises `DraftError` for kinds that there are not, and where the documents give nothing to ask for; `LMError` for a model that
    cannot be reached.
    """
    view = View(corpus, resolved(lm))
    offered = tuple(model.KINDS) if view.lm is not None else tuple(writers)
    chosen = _chosen(kinds, offered)
    view.earlier.extend(like)
    by = "rules" if view.lm is None else (lm if isinstance(lm, str) else getattr(lm, "model", "model"))
    source = _ruled(view, chosen, writers, seed) if view.lm is None else model.write(view, chosen, like, seed)
    most = tries or (TRIES * count if view.lm is not None else math.inf)
    good, bad, ended = await _collected(source, view, filters, count, most, str(by), progress)
    if not good and not bad:
        raise DraftError("nothing to ask for was found in these documents: give more of them, other kinds, or a model")
    return Drafted(_with_unanswerable(good, unanswerable, seed), tuple(bad), ended)


def reduced(corpus: BM25 | Iterable[Passage], drafts: Iterable[Draft]) -> tuple[Passage, ...]:
    """The passages without those that unanswerable drafts need to be gone."""
    gone = {id for each in drafts for id in each.removed_ids}
    return tuple(each for each in View(corpus).passages if each.id not in gone)


async def _collected(
    source: AsyncIterator[tuple[str, Found | None]],
    view: View,
    filters: Mapping[str, Filter],
    count: int,
    most: float,
    by: str,
    progress: Progress | None,
) -> tuple[list[Draft], list[Draft], Ended]:
    good: list[Draft] = []
    bad: list[Draft] = []
    documents: Counter[str] = Counter()
    cap = max(2, math.ceil(3 * count / max(1, len({each.id.partition("#")[0] for each in view.passages}))))
    ended: Ended = "no more"
    async for kind, found in source:
        if found is None:
            bad.append(nothing_of(kind, by))
        elif all(documents[id.partition("#")[0]] < cap for id in found.ids[:1]):
            made = await judged(made_of(kind, found, view, by), view, filters)
            if made.dropped_by is None:
                good.append(made.model_copy(update={"difficulty": await difficulty(made, view)}))
                view.earlier.append(made.question)
                documents[found.ids[0].partition("#")[0]] += 1
            else:
                bad.append(made)
        if progress is not None:
            progress(len(good), count, len(good) + len(bad))
        if len(good) >= count:
            ended = "enough"
            break
        if len(good) + len(bad) >= most:
            ended = "budget"
            break
    return good, bad, ended


async def _ruled(
    view: View, kinds: Sequence[str], writers: Mapping[str, Sequence[Writer]], seed: int
) -> AsyncIterator[tuple[str, Found | None]]:
    """What the writers find, one of each kind in turn, each kind over all passages in an order that follows from the seed."""
    waiting = {kind: _of_kind(view, writers[kind], f"{seed}:{kind}") for kind in kinds}
    while waiting:
        for kind in list(waiting):
            found = next(waiting[kind], None)
            if found is None:
                del waiting[kind]
            else:
                yield kind, found


def _of_kind(view: View, writers: Sequence[Writer], salt: str) -> Iterator[Found]:
    used: set[str] = set()
    for passage in sorted(view.passages, key=lambda each: hashlib.sha256(f"{salt}:{each.id}".encode()).digest()):
        for write in writers:
            for found in write(view, passage):
                if found.question not in used:
                    used.add(found.question)
                    yield found


def made_of(kind: str, found: Found, view: View, by: str) -> Draft:
    """The draft of what a writer has found, with the hashes of its passages; no filter has seen it."""
    return Draft(
        question=found.question[:1].upper() + found.question[1:],
        kind=kind,
        answer=found.answer,
        supporting_ids=found.ids,
        supporting_hashes={id: view.hash(id) for id in found.ids},
        nuggets=found.nuggets,
        written_by=by,
    )


def nothing_of(kind: str, by: str) -> Draft:
    """What is counted where a model wrote no question."""
    outcome = Outcome(filter="written", passed=False, reason="the model wrote no question with an answer")
    return Draft(question="", kind=kind, outcomes=(outcome,), written_by=by)


def _with_unanswerable(good: Sequence[Draft], wanted: int, seed: int) -> tuple[Draft, ...]:
    """The drafts with `wanted` of them turned into questions that nothing answers once their passages are gone.

    Only drafts with one gold passage that no other draft needs are turned.
    """
    if not wanted:
        return tuple(good)
    needed = Counter(id for each in good for id in each.supporting_ids)
    able = [each for each in good if len(each.supporting_ids) == 1 and needed[each.supporting_ids[0]] == 1]
    order = sorted(able, key=lambda each: hashlib.sha256(f"{seed}:{each.id}".encode()).digest())
    turned = {each.id for each in order[:wanted]}
    gone: dict[str, Any] = {
        "kind": UNANSWERABLE,
        "answer": "",
        "supporting_ids": (),
        "supporting_hashes": {},
        "nuggets": (),
        "difficulty": None,
    }
    return tuple(
        each.model_copy(update={**gone, "removed_ids": each.supporting_ids}) if each.id in turned else each for each in good
    )


def _chosen(kinds: Sequence[str] | None, offered: Sequence[str]) -> tuple[str, ...]:
    if not kinds:
        return tuple(offered)
    if unknown := [each for each in kinds if each not in offered]:
        raise DraftError(f"no kind is called {unknown[0]!r}; there are {', '.join(offered)}")
    return tuple(dict.fromkeys(kinds))
