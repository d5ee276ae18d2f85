"""A question in another language takes the way without English patterns, and that way works."""

from __future__ import annotations

import subprocess
import sys

import pytest
from amounts import PATIENCE
from visiting import CONTEXT_OF, visit

from seekgraph.nodes import Answer, Judge, Plan, Read, Reflect
from seekgraph.nodes.rules.base import Asked, Rules
from seekgraph.nodes.rules.language import is_english, rules_for
from seekgraph.types import Answer as Answered
from seekgraph.types import Digest

ELSEWHERE = {
    "japanese": "「銀の門」の監督はどこで生まれましたか",
    "spanish": "¿Dónde nació la directora de La puerta de plata?",
    "spanish without marks": "Donde nacio la directora de La puerta de plata",
    "french": "Où est née la réalisatrice de The Silver Gate ?",
    "german": "Wo wurde die Regisseurin von The Silver Gate geboren?",
    "german, as if english": "Was ist in der Stadt Visby?",
    "dutch": "Is Amsterdam de hoofdstad van Nederland?",
    "chinese": "银门的导演出生在哪里",
    "russian": "Где родилась режиссёр фильма?",
    "nothing": "???",
}


@pytest.mark.parametrize("language", ELSEWHERE)
def test_no_rules_are_known_for_another_language(language: str) -> None:
    question = ELSEWHERE[language]
    assert not is_english(question)
    rules = rules_for(question)
    assert type(rules) is Rules
    assert rules.asked(question) == Asked("thing")
    assert rules.split(question, 6, ["comparisons", "bridges", "intersections"]) == [question]
    assert [goal.text for goal in visit(Plan(), question=question).goals] == [question]


@pytest.mark.parametrize(
    "question",
    [
        "Where was the director of The Silver Gate born?",
        "Who wrote Les Misérables?",
        "Who directed La La Land?",
        "Is Dag Holm a boxer?",
        "Was Die Zauberflöte composed by Mozart?",
        "Name the capital of Côte d'Ivoire.",
    ],
)
def test_english_is_known_whatever_it_names(question: str) -> None:
    assert rules_for(question).name == "English"


@pytest.mark.parametrize("language", CONTEXT_OF)
def test_the_plain_way_reads_judges_and_answers_from_what_the_passages_say(language: str) -> None:
    question, context, answer = (
        ELSEWHERE[language],
        CONTEXT_OF[language],
        {"japanese": "ヴィスビー", "spanish": "Visby"}[language],
    )
    evidence = visit(Read(least=0.0, keep=2), question=question, context=context)
    assert {each.passage_id for each in evidence} <= {passage.id for passage in context}
    assert 0 <= visit(Reflect(), question=question, context=context).score <= 1
    found = visit(Answer(refuse_below=0.0), question=question, context=context)
    assert not found.refused
    assert any(found.text in f"{passage.title} {passage.text}" for passage in context)
    concluded = visit(Answer(), question=question, digests=(Digest(goal_id="1", conclusion=answer, resources=context),))
    assert (concluded.text, concluded.refused) == (answer, False)
    verdict = visit(Judge(), question=question, context=context, answer=Answered(text=answer, citations=(context[1].id,)))
    assert (verdict.score, verdict.label) == (1.0, "pass")


def test_english_patterns_are_not_even_loaded_for_another_language() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
from visiting import CONTEXT_OF, visit
from seekgraph.nodes import Answer, Plan, Read, Reflect, Refine
for language, question in {[(name, ELSEWHERE[name]) for name in ("japanese", "spanish")]!r}:
    visit(Plan(), question=question)
    for node in (Read(), Reflect(), Answer(), Answer(span=True)):
        visit(node, question=question, context=CONTEXT_OF[language])
    visit(Refine(), question=question)
sys.exit(any(name.startswith("seekgraph.nodes.rules.english") for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], timeout=PATIENCE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_phrases_of_any_script_are_whole_words() -> None:
    rules = Rules()
    assert [phrase for phrase, _ in rules.phrases("un camión rojo")] == [
        "un", "un camión", "un camión rojo", "camión", "camión rojo", "rojo",
    ]  # fmt: skip
    assert "ヴィスビー" in [phrase for phrase, _ in rules.phrases("彼女はヴィスビーで生まれた。")]
    text = "彼女はVisbyで、生まれた。"
    assert all(text[start : start + len(phrase)] == phrase for phrase, start in rules.phrases(text))
