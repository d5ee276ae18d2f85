"""What works in any language (headings that are questions), and the few patterns of languages besides English.

A purpose clause with an infinitive is a question's clause as it stands in Romance languages ("Para borrar una carpeta, ..." and
"¿Cómo puedo borrar una carpeta?"); a definition is one everywhere. Where nothing can be said naturally, nothing is drafted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from seekgraph.synthesis.rules.english import points_outside, title_in_case
from seekgraph.synthesis.rules.found import Found
from seekgraph.synthesis.rules.howto import complete
from seekgraph.synthesis.rules.plain import items, plain, sentences, unquoted
from seekgraph.synthesis.view import View
from seekgraph.text.lengths import words
from seekgraph.types import Passage

_ASKS_IN_ENGLISH = re.compile(r"(?:what|why|how|when|where|which|who|can|is|are|do|does|should|will|could|may|must) ", re.I)
_ASKS = re.compile(r"[?？؟]$")


class _Wording(NamedTuple):
    """How a language says a purpose and a definition, and how it asks for each; `outside` are words that point elsewhere."""

    purpose: re.Pattern[str]
    how: str
    definition: re.Pattern[str] | None
    what: str
    outside: re.Pattern[str]


def _w(purpose: str, how: str, definition: str, what: str, outside: str) -> _Wording:
    spaced = outside[0] < "\u3000"
    pointing = re.compile(rf"\b(?:{outside})\b" if spaced else outside, re.I)
    return _Wording(re.compile(purpose), how, re.compile(definition) if definition else None, what, pointing)


_TERM = r"(?P<term>`[^`]{2,40}`|[A-ZÁÉÍÓÚÄÖÜ][\w+#.-]*(?: [A-ZÁÉÍÓÚÄÖÜ\w][\w+#.-]*){0,2})"
_DO = r"(?P<do>[a-zà-ÿ]+(?:{end})(?:lo|la|los|las|se)? (?:`[^`]*`|[^`,:;]){{6,90}}?)"
WORDINGS = {
    "spanish": _w(
        rf"^Para {_DO.format(end='ar|er|ir')}(?:, | (?=hay que |se debe |es necesario |basta ))(?P<main>.{{12,}}"
        rf")$", "¿Cómo puedo {do}?",
        rf"^(?:El |La )?{_TERM} es (?P<what>(?:un|una|el|la) .{{20,}})[.]$", "¿Qué es {term}?",
        "est[aeo]s?|es[aeo]s?|aquell?[ao]s?|siguientes?|anterior(?:es)?|l[oa]s?|él|ellos?|ellas?|aquí|ahí|así|mismo|misma",
    ),
    "french": _w(
        rf"^Pour {_DO.format(end='er|ir|re|oir')}, (?P<main>.{{12,}})$", "Comment {do} ?",
        rf"^(?:L['’]|Le |La )?{_TERM} est (?P<what>(?:un|une|le|la) .{{20,}})[.]$", "Qu'est-ce que {term} ?",
        "ce|cet|cette|ces|ceci|cela|suivante?s?|précédente?s?|ci-dessus|ci-dessous|ici|celui|celle",
    ),
    "portuguese": _w(
        rf"^Para {_DO.format(end='ar|er|ir')}, (?P<main>.{{12,}})$", "Como posso {do}?",
        rf"^(?:O |A )?{_TERM} é (?P<what>(?:um|uma|o|a) .{{20,}})[.]$", "O que é {term}?",
        "est[ae]s?|iss?o|ess[ae]s?|seguintes?|anterior(?:es)?|aqui|aí|assim|mesm[oa]|dele|dela",
    ),
    "italian": _w(
        rf"^Per {_DO.format(end='are|ere|ire')}, (?P<main>.{{12,}})$", "Come posso {do}?",
        rf"^(?:Il |La |Lo )?{_TERM} è (?P<what>(?:un|una|il|la|lo) .{{20,}})[.]$", "Che cos'è {term}?",
        "quest[aoei]|quell[aoei]|seguent[ei]|precedent[ei]|qui|così|stess[aoei]",
    ),
    "german": _w(
        r"^Um (?P<do>(?:[^,:;]){6,80}?) zu (?P<verb>[a-zäöüß]+en), (?P<main>.{12,})$", "Wie kann ich {do} {verb}?",
        rf"^(?:Der |Die |Das )?{_TERM} ist (?P<what>(?:ein|eine|der|die|das) .{{20,}})[.]$", "Was ist {term}?",
        "obige[nrsm]?|beginnen|zeigen|dies(?:e[rsmn]?)?|jene[rsmn]?|folgende[rsmn]?|oben|unten|hier|dort|so|es|sie|ihn|ihm|selbe[rsmn]?|dafür|damit|dazu",
    ),
    "japanese": _w(
        r"^(?P<do>[^、。「」]{3,40}?(?:る|う|く|す|つ|む|ぶ|ぐ|ない)には)、(?P<main>.{8,})[。：]$", "{do}どうすればよいですか？",
        "", "", "これ|それ|この|その|次の|以下|上記|ここ|そこ",
    ),
    "chinese": _w(
        r"^(?:要|如果(?:你|您)?(?:想|要|需要))(?P<do>[^，。：]{3,40})，(?P<main>.{6,})[。：]$", "如何{do}？",
        "", "", "这|那|以下|上述|此|它|该",
    ),
}  # fmt: skip
"""By the language of the documents."""

_ARTICLES = frozenset("Ein Eine Un Una Uno Une Um Uma Der Die Das El La Le Il Daher Damit Dabei Hier Dort".split())
_ELSEWHERE = re.compile(r"\b(?:ver|véase|consulte|consulta|lea|voir|consultez|veja|consulte|vedi|consulta|siehe|lesen)\b", re.I)


def asked_in_headings(view: View, passage: Passage) -> Iterator[Found]:
    """The question that a section's heading is, as in lists of frequent questions, with the first sentence below it."""
    trail = view.headings(passage)
    heading = plain(trail[-1]) if trail else ""
    told = _first(passage.text)
    if len(heading) < 10 or not _ASKS.search(heading) or told is None or not view.whole_section(passage):
        return
    if view.language == "english":
        if not _ASKS_IN_ENGLISH.match(heading) or points_outside(heading) or len(heading.split()) < 4:
            return
        first, _, rest = heading.partition(" ")
        heading = f"{first} {title_in_case(rest, passage.text)}"
    yield Found(unquoted(heading), told, (passage.id,), about=unquoted(heading))


def howto(view: View, passage: Passage) -> Iterator[Found]:
    """Questions for a purpose, in the language of the documents."""
    wording = WORDINGS.get(view.language or "")
    if wording is None:
        return
    for said in (*sentences(passage.text), *items(passage.text)):
        match = wording.purpose.match(said)
        if match is None or _ELSEWHERE.search(match["main"]) or wording.outside.search(match["do"]):
            continue
        if 2 <= words(match["do"]) <= 16:
            goal = unquoted(wording.how.format(**{name: each for name, each in match.groupdict().items() if name != "main"}))
            if (told := complete(said, passage.text)) is not None:
                yield Found(goal, told, (passage.id,), about=unquoted(match["do"]))


def definitions(view: View, passage: Passage) -> Iterator[Found]:
    """Questions for what something is, in the language of the documents."""
    wording = WORDINGS.get(view.language or "")
    if wording is None or wording.definition is None:
        return
    for said in sentences(passage.text):
        match = wording.definition.match(said)
        if match is not None and not wording.outside.search(match["term"]) and not _common(match["term"]):
            term = unquoted(match["term"])
            yield Found(wording.what.format(term=term), unquoted(match["what"]), (passage.id,), about=term)


def _common(term: str) -> bool:
    """Whether the term is no name: one plain word that begins its sentence in capitals is any word."""
    first, _, rest = term.partition(" ")
    if first in _ARTICLES:
        return True
    return not term.startswith("`") and not rest and term[1:].islower() and len(term) < 6


def _first(text: str) -> str | None:
    found = sentences(text) or items(text)
    return found[0] if found else None
