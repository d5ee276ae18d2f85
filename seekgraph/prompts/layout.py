"""Laying sections out within a number of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from seekgraph.prompts.budget import shares
from seekgraph.prompts.cutting import OMITTED, Count, cut
from seekgraph.prompts.guard import fence
from seekgraph.prompts.sections import Section, Shown

_ROUNDS = 6
_MORE = "({} more left out)"


def laid_out(sections: Sequence[Section], room: int, count: Count) -> str | None:
    """The sections as one text of at most `room` tokens; None where it cannot be, or would show none of the passages.

    Texts of the flow's own are never cut. Where there are passages, lines share at most half of what is left and passages have
    the rest; each passage keeps its best sentences for those texts.
    """
    mark = fence(text for section in sections for text in section.texts())
    whole = _text(sections, mark)
    if count(whole) <= room:
        return whole
    spare = room
    for _ in range(_ROUNDS):  # a tokenizer may count a text otherwise than its parts
        made = _fitted(sections, mark, spare, count)
        if made is None:
            return None
        text = _text(made, mark)
        over = count(text) - room
        if over <= 0:
            return text
        spare -= over
    return None


def _fitted(sections: Sequence[Section], mark: str, room: int, count: Count) -> list[Section] | None:
    """The sections with lines and passages that have room."""
    bare = [replace(section, lines=section.lines and (_MORE.format(99),), passages=()) for section in sections]
    left = room - count(_text(bare, mark))
    if left < 0:
        return None
    held = any(section.passages for section in sections)
    listed = [count("\n".join(section.lines)) for section in sections]
    allowed = shares(listed, min(sum(listed), left // 2) if held else left)
    made = [replace(section, lines=_selected(section, share, count)) for section, share in zip(sections, allowed, strict=True)]
    left -= sum(count("\n".join(section.lines)) for section in made)
    question = " ".join(section.text for section in sections if section.text)
    wanted = [sum(count(_passage(each, mark)) for each in section.passages) for section in sections]
    for at, share in enumerate(shares(wanted, left)):
        if made[at].passages:
            made[at] = replace(made[at], passages=_cut(made[at].passages, question, mark, share, count))
            if not made[at].passages:
                return None
    return made


def _selected(section: Section, share: int, count: Count) -> tuple[str, ...]:
    """The lines that fit, and a line that says how many do not."""
    if count("\n".join(section.lines)) <= share:
        return section.lines
    order = section.lines[::-1] if section.newest else section.lines
    selected: list[str] = []
    while len(selected) < len(order) and count("\n".join([*selected, order[len(selected)]])) <= share:
        selected.append(order[len(selected)])
    more = _MORE.format(len(order) - len(selected))
    return (more, *reversed(selected)) if section.newest else (*selected, more)


def _cut(passages: Sequence[Shown], question: str, mark: str, room: int, count: Count) -> tuple[Shown, ...]:
    """The passages cut to the room; those that have to go are left out."""
    extra = [count(_passage(replace(each, text=""), mark)) + 1 for each in passages]
    texts = cut([each.text for each in passages], [each.title for each in passages], question, room, count, extra)
    return tuple(replace(each, text=text) for each, text in zip(passages, texts, strict=True) if text is not None)


def _text(sections: Iterable[Section], mark: str) -> str:
    return "\n\n".join(_section(section, mark) for section in sections)


def _section(section: Section, mark: str) -> str:
    if section.text:
        return f"{section.heading}:{chr(10) if chr(10) in section.text else ' '}{section.text}"
    if section.lines:
        return "\n".join([f"{section.heading}:", mark, *section.lines, mark])
    return "\n".join([f"{section.heading}:", *(_passage(each, mark) for each in section.passages)])


def _passage(each: Shown, mark: str) -> str:
    title = f"{each.title}\n" if each.title else ""
    return f"[{each.id}]\n{mark}\n{title}{each.text}\n{mark}"


__all__ = ["OMITTED", "laid_out"]
