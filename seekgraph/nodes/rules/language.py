"""The rules for a question: those of its language, which is told by its function words, as far as there are rules for it."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from seekgraph.nodes.rules.base import Rules

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")

_ENGLISH = frozenset(
    """the who whom whose what which when where how why is are was were did does do has have had can could will would should may
    might must of and or in on at by from to with for that this these those both between there many much an it its he his she
    her they their a an no not as do we you if so been born than name list find first last same older younger what's who's
    where's vs versus""".split()
)
# Of German, Dutch, French, Spanish, Portuguese, Italian, Swedish, Danish, Norwegian, Polish, Turkish, Indonesian.
_ASKING_ELSEWHERE = frozenset(
    """wer wen wem wessen wo wann welche welcher welches welchen welchem wie warum wieso woher wohin wat waar wanneer welk
    welke hoe waarom wie qui quel quelle quels quelles quand comment pourquoi combien où quoi quién quien quiénes
    quienes qué cuál cual cuáles cuales dónde donde cuándo cuando cómo como cuántos cuantos cuántas cuantas quem onde
    qual quais quando quantos quantas chi dove quale quali quanto quanti perché vem vad vilken vilket vilka när hur
    varför hvem hvad hva hvilken hvilket hvilke hvornår hvor hvordan kto który która gdzie kiedy jak kim ne nerede
    hangi nasıl siapa apa dimana kapan""".split()
)
_ELSEWHERE = _ASKING_ELSEWHERE | frozenset(
    """der die das den dem des ein eine einen einem einer und oder ist sind war wurde wurden hat haben von zu mit auf aus
    nach bei im am zum zur de het een en van is op te met was werd le la les un une du et ou est sont était dans pour
    par avec sur au aux a en el los las una del y o es son fue era con por para su al se que os as um uma do da dos das
    foi com no na em il lo gli di della dei che nel è sono fu ha i ett och är var av på til med som et og er af i na z
    w jest był ve bir ile dan yang di""".split()
)


@lru_cache(maxsize=8192)
def rules_for(question: str) -> Rules:
    """The rules of the language that a question is in; those of any language where it is none that has rules."""
    return _english() if is_english(question) else _ANY


def is_english(question: str) -> bool:
    """Whether English patterns may be tried on a question: it has English function words, and not more of other languages.

    Names count for no language: a capitalised word is one, but for the first. Never fails; a text without words is not English.
    """
    if any(mark in question for mark in "\u00bf\u00a1"):
        return False
    letters = [character for character in question if character.isalpha()]
    if not letters or sum(map(bool, map(_LATIN.match, letters))) < 0.8 * len(letters):
        return False
    words = _WORD.findall(question)
    low = [word.casefold() for at, word in enumerate(words) if not at or word.islower()]
    if low[:1] and low[0] in _ASKING_ELSEWHERE - _ENGLISH:
        return False
    english = {word for word in low if word in _ENGLISH and word not in _ELSEWHERE}
    elsewhere = {word for word in low if word in _ELSEWHERE and word not in _ENGLISH}
    if not elsewhere:
        return any(word in _ENGLISH for word in low)
    return len(english) >= len(elsewhere)


_ANY = Rules()


@cache
def _english() -> Rules:
    from seekgraph.nodes.rules.english.rules import English

    return English()
