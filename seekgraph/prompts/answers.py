"""From the answer that a model writes to one that cites only what was found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seekgraph.prompts.guard import clean, shown_id
from seekgraph.prompts.outputs import AnswerOut, Checked
from seekgraph.prompts.quotes import Ids, locate, said
from seekgraph.text.entities import flat
from seekgraph.text.sentences import sentences
from seekgraph.types import Answer, Passage

UNSUPPORTED = "[no source]"
"""What marks a sentence of an answer in prose that cites nothing."""

_GROUP = re.compile(r"\[([^\[\]\n]{1,400})\]")
_AFTER_STOP = re.compile(r"(?P<stop>[.!?]+[\"'\u201d\u2019]?)(?P<marks>(?:[ \t]*\[[^\[\]\n]{1,400}\])+)(?=\s|$)")
_STOP = re.compile(r"[.!?]+[\"'\u201d\u2019)]*$")
_FEWEST_WORDS = 3  # of a sentence that needs a source
_SILENT = """i do not know | i don't know | not enough information | insufficient information | no answer | not found | n/a
    | not stated | not mentioned | not specified | cannot be determined | cannot answer | i cannot answer | unanswerable"""
_NOT_KNOWN = frozenset(phrase.strip() for phrase in _SILENT.split("|"))


def to_answer(out: AnswerOut, passages: Sequence[Passage], *, prose: bool = False) -> Checked[Answer]:
    """The answer, citing ids of `passages` only: those listed, then those in brackets in its text. Unknown ids are dropped.

    In prose a bracket holds ids as they are shown, and a sentence that has none is marked `[no source]`. Else ids in brackets are
    taken out of the text, and where no passage that is cited has the answer's words the first one that does is cited before
    them: small models often name the wrong one. A yes or no stands in no passage. An empty text, or one that
    says no more than that it is not known, is a refusal; a refusal cites nothing. It never raises.
    """
    text = clean(out.text).strip()
    if out.refused or _says_nothing(text):
        return Checked(Answer(text=text, confidence=0.0, refused=True), len(out.citations))
    ids = Ids(passage.id for passage in passages)
    listed, unknown = ids.find_all(out.citations)
    text, marked, stray = _marks(text, ids, keep=prose)
    if _says_nothing(text):
        return Checked(Answer(text="", confidence=0.0, refused=True), unknown + stray)
    citations = tuple(dict.fromkeys([*listed, *marked]))
    if prose:
        text = mark_unsupported(text)
    else:
        text = said(text, words=1000)
        if flat(text) not in ("yes", "no"):
            holding = [passage.id for passage in passages if locate(text, f"{passage.title}\n{passage.text}")]
            if not set(holding) & set(citations):
                citations = (*holding[:1], *citations)
    return Checked(Answer(text=text, citations=citations), unknown + stray)


def mark_unsupported(text: str) -> str:
    """An answer in prose with `[no source]` in every sentence of three words or more that has no bracket."""
    found, end = [], 0
    for sentence in sentences(text):
        bare = _GROUP.search(sentence.text) is None and len(sentence.text.split()) >= _FEWEST_WORDS
        found += [text[end : sentence.start], _marked(sentence.text) if bare else sentence.text]
        end = sentence.end
    return "".join([*found, text[end:]])


def _marked(sentence: str) -> str:
    stop = _STOP.search(sentence)
    cut = stop.start() if stop else len(sentence)
    return f"{sentence[:cut]} {UNSUPPORTED}{sentence[cut:]}"


def _marks(text: str, ids: Ids, *, keep: bool) -> tuple[str, tuple[str, ...], int]:
    """The text with known ids alone in its brackets (or without them), the ids, and how many were unknown.

    Brackets after a full stop go before it, so that they stay with their sentence. A bracket of several words without an id is
    no citation and stays as it is.
    """
    found: list[str] = []
    stray = 0

    def checked(match: re.Match[str]) -> str:
        nonlocal stray
        whole = ids.find(match[1])
        known, unknown = ((whole,), 0) if whole is not None else ids.find_all(re.split(r"[,;]", match[1]))
        if not known and " " in match[1].strip() and not re.search(r"[,;]", match[1]):
            return match[0]
        found.extend(known)
        stray += unknown
        return "".join(f"[{shown_id(id)}]" for id in known) if keep else ""

    text = _GROUP.sub(checked, _AFTER_STOP.sub(lambda match: f" {match['marks'].strip()}{match['stop']}", text))
    text = re.sub(r"[ \t]+(?=[.,;:!?](?:\s|$))", "", text)
    return text.strip(), tuple(dict.fromkeys(found)), stray


def _says_nothing(text: str) -> bool:
    flat = said(text).casefold().replace("\u2019", "'").strip(" .!\"'")
    return not any(character.isalnum() for character in flat) or flat in _NOT_KNOWN
