"""Plan: questions into goals, and references resolved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visiting import visit

from seekgraph.nodes import Plan
from seekgraph.nodes.plan import plan_by_patterns, resolve
from seekgraph.types import Digest, Passage

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def goals(question: str, **settings: bool | int) -> list[str]:
    return [goal.text for goal in plan_by_patterns(question, **settings).goals]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Who is the mother of the director of film Atomised (Film)?",
            ["Who is the director of film Atomised (Film)?", "Who is the mother of #1?"],
        ),
        (
            "Who was in charge of the country where the composer of Aschenbrodel was a citizen?",
            [
                "Who is the composer of Aschenbrodel?",
                "What is the country where #1 was a citizen?",
                "Who was in charge of #2?",
            ],
        ),
        (
            "Who was the first president of the association which published Journal of Psychotherapy Integration?",
            [
                "What is the association which published Journal of Psychotherapy Integration?",
                "Who was the first president of #1?",
            ],
        ),
        (
            "Where was the place of death of Maurice, Prince Of Orange's father?",
            ["Who is Maurice, Prince Of Orange's father?", "Where was the place of death of #1?"],
        ),
        (
            "What is the debt load for the US carried by the country Dai Jitao is from?",
            ["What is the country Dai Jitao is from?", "What is the debt load for the US carried by #1?"],
        ),
        ("Who is Gilukhipa's paternal grandfather?", ["Who is Gilukhipa's father?", "Who is #1's father?"]),
        ("Who directed the film Jump for Glory?", ["Who directed the film Jump for Glory?"]),
    ],
)
def test_a_nested_question_becomes_a_chain_of_goals(question: str, expected: list[str]) -> None:
    assert goals(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is older, Ryan Tubridy or Mauro Massironi?", ["When was Ryan Tubridy born?", "When was Mauro Massironi born?"]),
        (
            "Which film has the director who died later, Bad Subject or Making Babies?",
            [
                "Who is the director of Bad Subject?",
                "Who is the director of Making Babies?",
                "When did #1 die?",
                "When did #2 die?",
            ],
        ),
        ("Which film came out first, Jaws or Them!?", ["When was Jaws released?", "When was Them released?"]),
        ("Are Medici and Senet both board games?", ["Are Medici board games?", "Are Senet board games?"]),
        (
            "Are Jan Foo and Bea Bar from the same country?",
            ["Which country is Jan Foo from?", "Which country is Bea Bar from?"],
        ),
    ],
)
def test_a_comparison_asks_the_same_of_both(question: str, expected: list[str]) -> None:
    assert goals(question) == expected


def test_an_intersection_asks_for_each_condition() -> None:
    question = "Which actor starred in Ed Wood and also directed The Brave?"
    assert goals(question) == ["Which actor starred in Ed Wood?", "Which actor directed The Brave?"]
    assert goals(question, intersections=False) == [question]


def test_a_goal_needs_the_goals_that_it_refers_to() -> None:
    plan = visit(Plan(), question="Which film has the director who died later, Bad Subject or Making Babies?")
    assert [goal.needs for goal in plan.goals] == [(), (), ("1",), ("2",)]


def test_a_family_of_patterns_can_be_switched_off() -> None:
    nested, compared = "Who is the wife of the author of Brand?", "Who is older, Ann Foo or Bob Bar?"
    assert goals(nested, bridges=False) == [nested]
    assert goals(compared, comparisons=False) == [compared]


@pytest.mark.parametrize("most", [1, 2, 3, 6])
def test_there_are_never_more_goals_than_allowed(most: int) -> None:
    for question in (
        "Who was in charge of the country where the composer of Aschenbrodel was a citizen?",
        "Which film has the director who died later, Bad Subject or Making Babies?",
    ):
        assert 1 <= len(goals(question, most=most)) <= most


@pytest.mark.parametrize("question", ["", "?", "#1", "⟦0⟧ of ⟦9⟧", "the the of of", "Who is the father of #7?", "What's up"])
def test_a_question_without_a_pattern_is_one_goal_as_it_stands(question: str) -> None:
    assert goals(question) == [question]


@given(
    st.text(max_size=150)
    | st.lists(st.sampled_from("Who is the of X Y 's father where and or both , # 1 ⟦0⟧ ?".split())).map(" ".join)
)
def test_any_text_is_planned_the_same_way_twice(text: str) -> None:
    assert plan_by_patterns(text) == plan_by_patterns(text)


def test_references_are_resolved_by_conclusions() -> None:
    found = [Digest(goal_id="1", conclusion="Oskar Roehler."), Digest(goal_id="2", conclusion="Gisela Elsner")]
    assert resolve("Who is #1's mother, #2?", found) == "Who is Oskar Roehler's mother, Gisela Elsner?"


def test_a_reference_without_a_conclusion_falls_back_on_a_title_or_stays() -> None:
    empty = Digest(goal_id="1", conclusion="", resources=(Passage(id="p", title="Oslo", text="A city."),))
    assert resolve("Where is #1 and #2?", [empty]) == "Where is Oslo and #2?"
    assert resolve("Where is #1?", []) == "Where is #1?"


@pytest.mark.parametrize(("name", "least"), [("2wiki/dev", 0.9), ("musique/train", 0.6)])
def test_the_number_of_goals_is_the_number_of_hops_for_most_real_questions(name: str, least: float) -> None:
    path = DATA / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not here: the shared data is kept outside the repository")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    agree = [len(plan_by_patterns(row["question"]).goals) == row["hops"] for row in rows]
    assert sum(agree) / len(agree) >= least
