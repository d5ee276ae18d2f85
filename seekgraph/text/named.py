"""The names in a question: what it asks about by a word of its own, "Kafka", "HTTP/3", "max_connections".

A name is told by how it is written, not by a list: a capital where the language does not demand one, several capitals, or a digit
or a sign between letters. Quantities ("16MB", "404") are none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from seekgraph.text.languages import detect
from seekgraph.text.lengths import words as length
from seekgraph.text.scripts import runs, unspaced
from seekgraph.text.sentences import sentences

_TOKEN = re.compile(r"[^\s,;:?!()\[\]{}=\"`\u2018\u201c\u201d\u00bf\u00a1\u3001\u3002\uff1f]+")
_ENDS = ".'*/-\u2019"
_INNER = re.compile(r"\w[_./]\w")
_POSSESSIVE = re.compile(r"['\u2019].*$")
_FEWEST = 3  # words of a sentence that can be the one that asks
_CAPITALISES_NOUNS = frozenset(["german"])


@lru_cache(maxsize=4096)
def asking(question: str) -> str:
    """The sentence that asks: the last one that ends in a question mark, or the last, of those that have three words.

    What comes before it tells of a situation, which documents need not know.
    """
    whole = [each.text for each in sentences(question) if length(each.text) >= _FEWEST]
    asked = [each for each in whole if each.rstrip().endswith(("?", "\uff1f", "\u061f"))]
    return (asked or whole or [question])[-1]


@lru_cache(maxsize=4096)
def names(question: str) -> tuple[str, ...]:
    """The different names in the sentence that asks, in order, as they are written there. Linear in its length."""
    sentence = asking(question)
    capitals = detect(sentence) not in _CAPITALISES_NOUNS
    found: dict[str, None] = {}
    for at, token in enumerate(_TOKEN.finditer(sentence)):
        first = at == 0
        for run in runs(token[0]):
            name = _POSSESSIVE.sub("", run.strip(_ENDS)).strip(_ENDS)
            if not unspaced(run) and _is_name(name, capitals and (not first or unspaced(token[0]))):
                found[name] = None
    return tuple(found)


def _is_name(word: str, capitals: bool) -> bool:
    """Whether a word is written as a name is; `capitals`: one at its beginning is enough."""
    if len(word) < 2 or word[0].isdigit():
        return False
    upper = sum(map(str.isupper, word))
    return upper > 1 or (capitals and word[0].isupper()) or any(map(str.isdigit, word)) or _INNER.search(word) is not None


def other_words(question: str) -> tuple[str, ...]:
    """The different words of the sentence that asks that are neither names nor numbers, as they are written there."""
    known = set(names(question))
    found = (run.strip(_ENDS) for token in _TOKEN.findall(asking(question)) for run in runs(token) if not unspaced(run))
    return tuple(dict.fromkeys(word for word in found if word and word not in known and not any(map(str.isdigit, word))))
