"""Answer metrics against an oracle of each official script, on 10,000 generated pairs, and the one deliberate difference counted.

The oracles are written from what the scripts publish, as lists and loops, and share nothing with the library.
"""

from __future__ import annotations

import random
import unicodedata

import pytest

from seekgraph.evaluation.metrics import answer_em, answer_f1, metric
from seekgraph.text.answers import Rule, exact_match, token_f1
from seekgraph.text.matching import answers_match, match_f1
from seekgraph.types import Answer

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
WORDS = (
    *(
        "the",
        "A",
        "an",
        "The",
        "paris",
        "Paris,",
        "(Paris)",
        "x-y",
        "a.n",
        "yes",
        "No",
        "no",
        "noanswer",
        "idea",
        "U.S.A.",
        "1,000",
    ),
    *("-5", "5", "1.5", "15", "C++", "C", "?", "\u2013", "\u2019s", "caf\u00e9", "cafe\u0301", "\u5317\u4eac", "\uff15", "", " "),
)


def pairs(count: int = 10_000) -> list[tuple[str, str]]:
    draw = random.Random(7)
    made = []
    for _ in range(count):
        one = [draw.choice(WORDS) for _ in range(draw.randint(0, 4))]
        other = draw.sample(one, len(one)) if draw.random() < 0.4 else [draw.choice(WORDS) for _ in range(draw.randint(0, 4))]
        made.append((" ".join(one), " ".join(other)))
    return made


def words_of(text: str) -> list[str]:
    """SQuAD's order of things: lower, punctuation out, whole words a/an/the out, split at white space."""
    words, word = "", ""
    for letter in [*(letter for letter in text.lower() if letter not in PUNCTUATION), " "]:
        if letter.isalnum() or letter == "_":
            word += letter
        else:
            words += (" " if word in ("a", "an", "the") else word) + letter
            word = ""
    return words.split()


def overlap(one: list[str], other: list[str]) -> int:
    left = list(other)
    count = 0
    for word in one:
        if word in left:
            left.remove(word)
            count += 1
    return count


def harmonic(one: list[str], other: list[str]) -> float:
    same = overlap(one, other)
    if same == 0:
        return 0.0
    precision, recall = same / len(one), same / len(other)
    return 2 * precision * recall / (precision + recall)


def oracle(rule: Rule, text: str, gold: str) -> float:
    one, other = words_of(text), words_of(gold)
    if rule == "hotpot" and one != other and any(" ".join(side) in ("yes", "no", "noanswer") for side in (one, other)):
        return 0.0
    if rule == "musique" and (not one or not other):
        return 1.0 if one == other else 0.0
    return harmonic(one, other)


def test_metrics_are_those_of_the_official_scripts_but_for_decomposed_letters() -> None:
    differing = 0
    for text, gold in pairs():
        composed = unicodedata.is_normalized("NFC", text) and unicodedata.is_normalized("NFC", gold)
        same = exact_match(text, gold) == float(words_of(text) == words_of(gold))
        rules: tuple[Rule, ...] = ("squad", "hotpot", "musique")
        same = same and all(token_f1(text, gold, rule) == pytest.approx(oracle(rule, text, gold), abs=1e-12) for rule in rules)
        assert same or not composed, (text, gold)
        differing += not same
    assert 0 < differing < 1000  # cafe + combining accent beside its composed form: equal here, two words in the scripts


@pytest.mark.parametrize(
    ("text", "gold", "squad", "hotpot", "musique"),
    [("no idea", "no", 2 / 3, 0, 2 / 3), ("A.", "A", 0, 0, 1), ("Paris France", "Paris", 2 / 3, 2 / 3, 2 / 3)],
)
def test_each_f1_says_whose_rule_it_is(text: str, gold: str, squad: float, hotpot: float, musique: float) -> None:
    made = Answer(text=text)
    assert answer_em(made, [gold]) == float(gold == "A")
    assert answer_f1(made, [gold], "squad") == pytest.approx(squad)
    assert answer_f1(made, [gold]) == answer_f1(made, [gold], "hotpot") == pytest.approx(hotpot)
    assert answer_f1(made, [gold], "musique") == pytest.approx(musique)
    assert {metric(name).name for name in ("squad_f1", "hotpot_f1", "musique_f1")} == {"squad_f1", "hotpot_f1", "musique_f1"}


SAME = [
    *[("\uff15", "5"), ("\u201cParis\u201d", "Paris"), ("O\u2019Brien", "O'Brien"), ("1,000", "1000"), ("A.", "A"), ("(A)", "A")],
    *[("U.S.A.", "USA"), ("\u00bd", "1/2"), ("\u22125", "-5"), ("The Beatles", "beatles"), ("1990\u20131995", "1990-1995")],
    *[
        ("Stra\u00dfe", "STRASSE"),
        ("5 %", "5%"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u5317\u4eac\u3002", "\u5317\u4eac"),
        ("in 1990.", "In 1990"),
    ],
]
APART = [
    *[
        ("-5", "5"),
        ("1.5", "15"),
        ("C++", "C"),
        ("C#", "C"),
        ("vitamin A", "vitamin"),
        ("A", "B"),
        ("10\u00b2", "102"),
        ("$5", "\u20ac5"),
    ],
    *[
        ("2\u00bd", "21/2"),
        ("\u5317\u4eac\u5927\u5b66", "\u5317\u4eac"),
        ("\u0915\u093f", "\u0915\u093e"),
        ("\u2605", "\u2606"),
        ("1990s", "1990"),
    ],
]


@pytest.mark.parametrize(("text", "gold", "match"), [(*each, 1) for each in SAME] + [(*each, 0) for each in APART])
def test_the_strict_match_keeps_what_a_reader_tells_apart_and_no_more(text: str, gold: str, match: int) -> None:
    assert answers_match(text, gold) == answers_match(gold, text) == match
    assert (match_f1(text, gold) == 1) == bool(match)
    assert metric("answer_match").name == "answer_match"


def test_characters_are_tokens_where_a_script_has_no_spaces() -> None:
    assert match_f1("\u5317\u4eac\u5927\u5b66", "\u5317\u4eac") == pytest.approx(2 * 2 / (4 + 2))
    assert match_f1("no idea", "no") == 0
