"""Finding what a model quotes in what it was shown: ids, and verbatim quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seekgraph.prompts.guard import clean, shown_id
from seekgraph.text.places import find
from seekgraph.text.replies import without_reasoning

_AROUND = " \t\r\n\"'`\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_OMISSION = re.compile(r"\[(?:\.\.\.|\u2026)\]|\.\.\.|\u2026")
_FEWEST_WORDS = 3  # of a piece of a quote that leaves something out


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Where `quote` stands in `text`: `text[start:end]` is the quote as the text has it. None where it does not.

    Compared as `text.places.find` does: without case, white space, Markdown's marks, Unicode forms, shapes of quotation marks.
    Of a quote that leaves something out ("A ... B") the longest piece of three words or more that is found.
    """
    whole = quote.strip()
    pieces = [piece.strip() for piece in _OMISSION.split(whole) if len(piece.split()) >= _FEWEST_WORDS]
    tries = [whole, whole.strip(_AROUND), *sorted(pieces, key=len, reverse=True)]
    return next((found for each in dict.fromkeys(tries) if (found := find(each, text))), None)


def said(text: str, words: int = 100) -> str:
    """What a model wrote as one clean line of at most so many words, without what is marked as its reasoning."""
    return " ".join(clean(without_reasoning(text)).split()[:words])


class Ids:
    """The ids that were shown, to be found again in what a model writes."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.known = tuple(dict.fromkeys(ids))
        self._exact = {id: id for id in self.known} | {shown_id(id): id for id in self.known}
        loose: dict[str, list[str]] = {}
        for id in self.known:
            for form in {_loose(id), _loose(shown_id(id))}:
                loose.setdefault(form, []).append(id)
        self._loose = {form: ids[0] for form, ids in loose.items() if form and len(ids) == 1}

    def find(self, text: str) -> str | None:
        """The id that `text` means: as given, as shown, or the only one that is the same but for case, blanks and brackets."""
        for form in (text, text.strip()):
            if form in self._exact:
                return self._exact[form]
        return self._loose.get(_loose(text))

    def find_all(self, texts: Iterable[str]) -> tuple[tuple[str, ...], int]:
        """The ids that `texts` mean, each once in order, and how many texts mean none."""
        found = [self.find(text) for text in texts]
        return tuple(dict.fromkeys(id for id in found if id is not None)), sum(id is None for id in found)


def _loose(text: str) -> str:
    inner = text.strip().strip("[]()<>{}#\"'.,;: ").casefold()
    return " ".join(re.sub(r"^(?:passage|source|document|doc|id)\b[\s:#(\[]*(?=\S)", "", inner).split())
