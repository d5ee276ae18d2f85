"""From the goals that a model lists to a plan that can be worked on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from seekgraph.prompts.quotes import said
from seekgraph.types import Goal, Plan

_REFERENCE = re.compile(r"#([A-Za-z0-9_]+)")
_MOST_READ = 100  # goals that are looked at, however many a model writes


@dataclass
class _Draft:
    text: str
    named: tuple[str, ...]  # what it says that it needs
    needs: list[int]  # positions of other drafts


def planned(goals: Sequence[tuple[str, str, Sequence[str]]], most: int) -> tuple[Plan, int]:
    """The plan of `goals`, each an id, a text and needs; and how much of them was dropped or changed.

    Goals without words or with the words of an earlier one are dropped; so are needs that no goal answers, needs of itself and
    needs that close a circle, and goals past the first `most` in an order in which every goal comes after those it needs. Goals
    are numbered "1", "2", ... in this order and `#` references follow; a reference that leads nowhere becomes "it".

    Raises `ValueError` where no goal is left.
    """
    drafts, position, dropped = _drafts(goals)
    if not drafts:
        raise ValueError("the plan has no goals: none of them has any words")
    for at, draft in enumerate(drafts):
        wanted = dict.fromkeys([*draft.named, *(_key(match[1]) for match in _REFERENCE.finditer(draft.text))])
        for key in wanted:
            need = position.get(key)
            if need is None or _reaches(drafts, need, at):
                dropped += 1
            elif need not in draft.needs:
                draft.needs.append(need)
    order = _ordered(drafts)
    dropped += max(0, len(order) - most)
    number = {at: str(count) for count, at in enumerate(order[:most], start=1)}
    made = tuple(_goal(drafts[at], number[at], number, position) for at in order[:most])
    return Plan(goals=made), dropped


def _drafts(goals: Sequence[tuple[str, str, Sequence[str]]]) -> tuple[list[_Draft], dict[str, int], int]:
    """The goals with words, their positions by id, and how many had to go."""
    drafts: list[_Draft] = []
    position: dict[str, int] = {}
    by_text: dict[str, int] = {}
    unnamed: dict[str, int] = {}
    for count, (id, text, needs) in enumerate(goals[:_MOST_READ], start=1):
        words = said(text)
        if not any(character.isalnum() for character in words):
            continue
        same = words.casefold()
        if same not in by_text:
            by_text[same] = len(drafts)
            drafts.append(_Draft(words, tuple(_key(need) for need in needs[:_MOST_READ]), []))
        position.setdefault(_key(id) or str(count), by_text[same])
        unnamed.setdefault(str(count), by_text[same])
    return drafts, {**unnamed, **position}, len(goals) - len(drafts)


def _key(id: str) -> str:
    """An id as ids are compared: "Goal 1", "#1" and "1." are all "1"."""
    found = re.findall(r"[A-Za-z0-9_]+", said(id).casefold())
    return "_".join(found[1:] if len(found) > 1 and found[0] in ("goal", "step", "question") else found)


def _reaches(drafts: Sequence[_Draft], start: int, goal: int) -> bool:
    """Whether `goal` is `start`, or one that it needs in the end."""
    seen, waiting = {start}, [start]
    while waiting:
        for need in drafts[waiting.pop()].needs:
            if need not in seen:
                seen.add(need)
                waiting.append(need)
    return goal in seen


def _ordered(drafts: Sequence[_Draft]) -> list[int]:
    """The positions as written, but each after those it needs."""
    order: list[int] = []
    while len(order) < len(drafts):
        order.append(next(at for at, draft in enumerate(drafts) if at not in order and set(draft.needs) <= set(order)))
    return order


def _goal(draft: _Draft, id: str, number: dict[int, str], position: dict[str, int]) -> Goal:
    def referred(match: re.Match[str]) -> str:
        need = position.get(_key(match[1]))
        return f"#{number[need]}" if need is not None and need in draft.needs and need in number else "it"

    needs = sorted((number[need] for need in draft.needs if need in number), key=int)
    return Goal(id=id, text=_REFERENCE.sub(referred, draft.text), needs=tuple(needs))
