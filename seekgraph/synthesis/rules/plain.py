"""Passages as sentences without their markup, for patterns to read; what they say stays verbatim."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache

from seekgraph.text.blocks import blocks
from seekgraph.text.lengths import words
from seekgraph.text.units import units

_LINK = re.compile(r"!?\[([^\[\]]{0,300})\](?:\([^()]{0,300}(?:\([^()]{0,100}\)[^()]{0,100})?\)|\[[^\[\]]{0,100}\])(?!\w)")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>")
_ROLE = re.compile(r"\{[\w:+-]+\}(?=`)|:(?:\w+:)?\w+:(?=`)")
_STRONG = re.compile(r"(\*{1,3}|(?<!\w)_{1,2})(?=\S)(.{1,200}?)(?<=\S)\1(?!\w)")
_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)]|>+)\s+")
_NEXT_ITEM = re.compile(r"\n(?=[ \t]{0,20}(?:[-*+•]|\d{1,3}[.)])[ \t])")
_PICTOGRAPH = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u200d]+")
LONGEST_ITEM = 80  # words
LONGEST = 500
"""Characters of a sentence, an item, a heading or a cell that is looked at: the patterns are for what people write."""
LONGEST_CODE = 400  # characters


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """One line of a text as it is read aloud: without links' targets, tags, emphasis, list marks and pictographs."""
    text = _TAG.sub("", _LINK.sub(r"\1", _ROLE.sub("", text)))
    text = _STRONG.sub(r"\2", _MARK.sub("", text))
    return " ".join(_PICTOGRAPH.sub("", html.unescape(text)).split())


def unquoted(text: str) -> str:
    """Without the backticks of code, as it is typed into a search box."""
    return text.replace("`", "")


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a passage's prose, plain, in order; list items, table rows and code are no sentences."""
    found = []
    for unit in units(text):
        if unit.kind == "prose" and "|" not in unit.text and not _MARK.match(unit.text):
            said = plain(unit.text) if len(unit.text) <= 2 * LONGEST else ""
            if len(said) <= LONGEST and said[-1:] in ".!:。！：" and 4 <= words(said) <= 60:
                found.append(said)
    return tuple(found)


def with_code(said: str, text: str) -> str | None:
    """A sentence together with the short block of code that follows it in the passage, verbatim; None where none does."""
    found = units(text)
    for at, unit in enumerate(found[:-1]):
        if unit.kind == "prose" and plain(unit.text) == said and found[at + 1].kind == "code":
            code = found[at + 1].text
            return f"{said}\n{code}" if len(code) <= LONGEST_CODE else None
    return None


@lru_cache(maxsize=4096)
def items(text: str) -> tuple[str, ...]:
    """The list items of a passage, whole and plain, in order."""
    joined = (each.text for each in blocks(text, LONGEST_ITEM) if each.kind == "prose")  # also with what introduces an item
    found = (part for each in joined for part in _NEXT_ITEM.split(each) if _MARK.match(part))
    return tuple(said for each in found if len(each) <= 2 * LONGEST and len(said := plain(each)) <= LONGEST)


def tables(text: str) -> Iterator[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """The tables of Markdown in a text, each as its head and its rows, plain."""
    lines = text.split("\n")
    at = 0
    while at + 2 < len(lines):
        rule = lines[at + 1].strip()
        if "|" in lines[at] and "|" in rule and "--" in rule and not rule.strip("|:- \t"):
            head = _cells(lines[at])
            at += 2
            rows = []
            while at < len(lines) and "|" in lines[at]:
                row = _cells(lines[at])
                if len(row) == len(head):
                    rows.append(row)
                at += 1
            yield head, tuple(rows)
        else:
            at += 1


def _cells(line: str) -> tuple[str, ...]:
    return tuple(plain(each)[:LONGEST] for each in re.split(r"(?<!\\)\|", line.strip().strip("|")))
