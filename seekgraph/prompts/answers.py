"""From the answer that a model writes to one that cites only what was found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seekgraph.prompts.guard import clean, shown_id
from seekgraph.prompts.outputs import AnswerOut, Checked
from seekgraph.prompts.quotes import Ids, said
from seekgraph.prompts.support import bears_out, says, supporting
from seekgraph.text.entities import flat
from seekgraph.text.replies import looks_like_json, without_reasoning
from seekgraph.text.sentences import sentences
from seekgraph.types import Answer, Passage

UNSUPPORTED = "[no source]"
"""What marks a sentence of an answer in prose that cites nothing."""

MADE_UP = 0.5
"""The confidence of an answer that cites nothing but ids which were never shown, and whose words a passage has all the same."""

_GROUP = re.compile(r"\[([^\[\]\n]{1,400})\]")
_AFTER_STOP = re.compile(r"(?P<stop>(?<![.!?])[.!?]+[\"'\u201d\u2019]?)(?P<marks>(?:[ \t]*\[[^\[\]\n]{1,400}\])+)(?=\s|$)")
_STOP = re.compile(r"(?<![.!?])[.!?]+[\"'\u201d\u2019)]*$")
_OWN_FIELDS = re.compile(r"""\{\s*["'](?:text|citations|refused)["']\s*:""")  # a reply within an answer
_FEWEST_WORDS = 3  # of a sentence that needs a source
_SILENT = """i do not know | i don't know | not enough information | insufficient information | no answer | not found | n/a
    | not stated | not mentioned | not specified | cannot be determined | cannot answer | i cannot answer | unanswerable"""
_NOT_KNOWN = frozenset(phrase.strip() for phrase in _SILENT.split("|"))


def to_answer(
    out: AnswerOut, passages: Sequence[Passage], *, prose: bool = False, question: str = "", drop: bool = False
) -> Checked[Answer]:
    """The answer, citing ids of `passages` only: those listed, then those in brackets in its text. Unknown ids are dropped.

    In prose a bracket holds ids as they are shown, and a sentence that has none is marked `[no source]`; so is one that none of
    the passages which it cites bears out (`support.bears_out`), unless another one does, which is cited then. With `drop` such
    sentences are left out, unless no other is left. Else ids in brackets are taken out of the text, and where no passage that is
    cited says the answer (`support.supports`) the first one that does is cited before them: small models often name the wrong
    one. A yes or no stands in no passage. An answer that cites only what was never shown has a confidence of at most 0.5, and
    cites in its place only a passage that has its very words.

    An empty text, or one that says no more than that it is not known, is a refusal; a refusal cites nothing. Raises `ValueError`
    for a text that is no answer: raw JSON, or reasoning without an end.
    """
    text = answer_text(out.text, prose=prose)
    if out.refused or _says_nothing(text):
        return Checked(Answer(text=text, confidence=0.0, refused=True), len(out.citations))
    ids = Ids(passage.id for passage in passages)
    listed, unknown = ids.find_all(out.citations)
    text, marked, stray = _marks(text, ids, keep=prose)
    if _says_nothing(text):
        return Checked(Answer(text="", confidence=0.0, refused=True), unknown + stray)
    citations = tuple(dict.fromkeys([*listed, *marked]))
    made_up = not citations and unknown + stray > 0
    if prose:
        text = mark_unsupported(text)
        if not citations and not made_up:
            text, citations = _with_sources(text, passages, question)
        text, citations = _checked(text, citations, passages, question)
        if drop:
            text = drop_unsupported(text)
        return Checked(Answer(text=text, citations=citations), unknown + stray)
    text = said(text, words=1000)
    if flat(text) not in ("yes", "no"):
        if made_up:
            holding = tuple(each.id for each in passages if says(text, each))
        else:
            holding = supporting(text, passages, question)
        if not set(holding) & set(citations):
            citations = (*holding[:1], *citations)
    return Checked(Answer(text=text, citations=citations, confidence=MADE_UP if made_up else 1.0), unknown + stray)


def answer_text(written: str, *, prose: bool = False) -> str:
    """What a model wrote as an answer, without its reasoning. Raises `ValueError` where it is reasoning alone, or raw JSON."""
    text = clean(without_reasoning(written)).strip()
    if written.strip() and not text:
        raise ValueError("the reply has reasoning in it and no answer")
    raw = looks_like_json(text) if not prose else text.startswith(("{", "[{")) and looks_like_json(text)
    if raw or _OWN_FIELDS.search(text):
        raise ValueError("the answer is raw JSON")
    return text


def _with_sources(text: str, passages: Sequence[Passage], question: str) -> tuple[str, tuple[str, ...]]:
    """An answer in prose that cites nothing, with the passage that supports it in each sentence marked `[no source]`."""
    found: dict[str, None] = {}
    pieces, end = [], 0
    for sentence in sentences(text):
        bare = sentence.text.replace(f" {UNSUPPORTED}", "")
        holding = supporting(bare, passages, question) if UNSUPPORTED in sentence.text else ()
        found |= dict.fromkeys(holding[:1])
        changed = sentence.text.replace(UNSUPPORTED, f"[{shown_id(holding[0])}]") if holding else sentence.text
        pieces += [text[end : sentence.start], changed]
        end = sentence.end
    return "".join([*pieces, text[end:]]), tuple(found)


def _checked(text: str, citations: tuple[str, ...], passages: Sequence[Passage], question: str) -> tuple[str, tuple[str, ...]]:
    """An answer in prose in which every sentence that cites is borne out by what it cites, and what it cites then."""
    by_id = {passage.id: passage for passage in passages}
    ids, pieces, end = Ids(by_id), [], 0
    borne_out: dict[str, None] = {}
    wrong: set[str] = set()
    for sentence in sentences(text):
        written = sentence.text
        cited, _ = ids.find_all(each for group in _GROUP.findall(written) for each in [group, *re.split(r"[,;]", group)])
        bare = " ".join(_GROUP.sub("", written).split())
        if cited and len(bare.split()) >= _FEWEST_WORDS:
            right = [name for name in cited if bears_out(bare, by_id[name], question)]
            other = () if right else supporting(bare, passages, question)[:1]
            borne_out |= dict.fromkeys((*right, *other))
            wrong |= {*cited}
            if not right:
                mark = f"[{shown_id(other[0])}]" if other else UNSUPPORTED
                written = _GROUP.sub("", written)
                written = _marked(re.sub(r"(?<![ \t])[ \t]+(?=[.,;:!?]|$)", "", written).strip(), mark)
        pieces += [text[end : sentence.start], written]
        end = sentence.end
    left = (name for name in citations if name not in wrong or name in borne_out)
    return "".join([*pieces, text[end:]]), tuple(dict.fromkeys([*left, *borne_out]))


def drop_unsupported(text: str) -> str:
    """An answer in prose without the sentences that are marked `[no source]`; as it is where all are."""
    kept = [sentence.text for sentence in sentences(text) if UNSUPPORTED not in sentence.text]
    return " ".join(kept) if kept else text


def mark_unsupported(text: str) -> str:
    """An answer in prose with `[no source]` in every sentence of three words or more that has no bracket."""
    found, end = [], 0
    for sentence in sentences(text):
        bare = _GROUP.search(sentence.text) is None and len(sentence.text.split()) >= _FEWEST_WORDS
        found += [text[end : sentence.start], _marked(sentence.text) if bare else sentence.text]
        end = sentence.end
    return "".join([*found, text[end:]])


def _marked(sentence: str, mark: str = UNSUPPORTED) -> str:
    stop = _STOP.search(sentence)
    cut = stop.start() if stop else len(sentence)
    return f"{sentence[:cut]} {mark}{sentence[cut:]}"


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
    text = re.sub(r"(?<![ \t])[ \t]+(?=[.,;:!?](?:\s|$))", "", text)
    return text.strip(), tuple(dict.fromkeys(found)), stray


def _says_nothing(text: str) -> bool:
    flat = said(text).casefold().replace("\u2019", "'").strip(" .!\"'")
    return not any(character.isalnum() for character in flat) or flat in _NOT_KNOWN
