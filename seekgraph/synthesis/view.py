"""The documents as drafting looks at them: passages in order, what is near one, what links where."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from seekgraph.core.language.lm import LM
from seekgraph.flow import Bound
from seekgraph.flows.ask import flow as ask
from seekgraph.text.languages import detect
from seekgraph.text.titles import Titles
from seekgraph.tools.bm25 import BM25
from seekgraph.tools.identity import content_hash, slug
from seekgraph.tools.links import TitleLinks
from seekgraph.types import Passage

_LINK = re.compile(r"\[[^\[\]]*\]\(([^()\s]+)\)")
_LONGEST = 300  # characters of a heading that are looked at
_MOST_TITLED = 200_000  # passages up to which mentions of titles are looked for


class View:
    """Passages to draft from, with a search over them and, where there is one, the model.

    `corpus` is a `BM25` (as `open_corpus` gives it) or any passages. Raises `CorpusError` where there are none.
    """

    def __init__(self, corpus: BM25 | Iterable[Passage], lm: LM | None = None) -> None:
        self.corpus = corpus if isinstance(corpus, BM25) else BM25(corpus)
        self.lm = lm
        self.earlier: list[str] = []
        """Questions that there are already: those of the users, and the drafts that passed."""

    @cached_property
    def ask(self) -> Bound:
        """The ready-made flow `ask` over these passages, without a model."""
        links = TitleLinks(self.corpus.passages)
        return ask.bind({name: each for name, each in (("corpus", self.corpus), ("links", links)) if name in ask.resources})

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """All passages, in the order of their ids."""
        return tuple(self.corpus.passages)

    @cached_property
    def language(self) -> str | None:
        """The language of the documents by their commonest words, such as "english"; None where it is not clear."""
        step = max(1, len(self.passages) // 40)
        return detect("\n".join(each.text[:400] for each in self.passages[::step]))

    def get(self, id: str) -> Passage | None:
        """The passage with this id."""
        return self.corpus.passages.get(id)

    def hash(self, id: str) -> str:
        """The hash of a passage's text, as dev sets record it."""
        found = self.get(id)
        return "" if found is None else content_hash(found.text)

    def near(self, text: str, k: int) -> tuple[Passage, ...]:
        """The `k` passages that a plain search for `text` finds, best first."""
        return self.corpus.find(text, k)

    def with_word(self, term: str) -> int:
        """In how many passages a word occurs, by its stem."""
        return max((self.corpus.df(each) for each in self.corpus.terms(term)), default=0)

    def headings(self, passage: Passage) -> tuple[str, ...]:
        """The title of its document and the headings above a passage, outermost first."""
        return tuple(part.strip()[:_LONGEST] for part in passage.title.split(" > ") if part.strip())

    def whole_section(self, passage: Passage) -> bool:
        """Whether the passage is all that stands below its heading: a section in several passages has several answers."""
        return sum(each.title == passage.title for each in self.corpus.passages.page(passage.id)) == 1

    def linked(self, passage: Passage) -> Iterator[Passage]:
        """The passages that it links to, or whose title it names, in order."""
        seen = {passage.id}
        for target in (*self._link_targets(passage), *self._named(passage)):
            if target not in seen and (found := self.get(target)) is not None:
                seen.add(target)
                yield found

    def _link_targets(self, passage: Passage) -> Iterator[str]:
        file = str(passage.meta.get("path") or passage.id.partition("#")[0])
        for match in _LINK.finditer(passage.text):
            path, _, anchor = match[1].partition("#")
            if "://" in path:
                continue
            document = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
            yield from self._of_anchor.get((document, slug(anchor)), ()) if anchor else self._of_document.get(document, ())[:1]

    def _named(self, passage: Passage) -> Iterator[str]:
        if len(self.passages) > _MOST_TITLED or "#" in passage.id:
            return
        for _, numbers in self._titles.named_in(passage.text):
            if len(numbers) == 1:  # namesakes say nothing
                yield from (self.corpus.passages.id(number) for number in numbers)

    @cached_property
    def _titles(self) -> Titles:
        titles = Titles()
        for number, passage in enumerate(self.corpus.passages):
            titles.add(passage.title, number)
        return titles

    @cached_property
    def _of_document(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in self.passages:
            found.setdefault(each.id.partition("#")[0], []).append(each.id)
        return found

    @cached_property
    def _of_anchor(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for each in self.passages:
            document, _, name = each.id.partition("#")
            last = self.headings(each)[-1:]
            for key in dict.fromkeys([name.rpartition("/")[2], *(slug(heading) for heading in last)]):
                found.setdefault((document, key), []).append(each.id)
        return found


def document_of(passage: Passage) -> str:
    """The document that a passage is part of."""
    return passage.id.partition("#")[0]


def resolved(lm: LM | str | None) -> Any:
    """A model by its name; an `LM` and None stay what they are."""
    if not isinstance(lm, str):
        return lm
    from seekgraph.lms.resolving import resolve

    return resolve(lm)
