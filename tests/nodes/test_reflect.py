"""Reflect: enough, or what is missing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from visiting import BRIDGE, DIRECTOR, FILM, OTHER, SCHOOL, visit

from seekgraph.core.language.fitting import FitRow
from seekgraph.nodes import Reflect
from seekgraph.nodes.material import Material
from seekgraph.nodes.reflect import DEFAULT, FEATURES, features
from seekgraph.types import Example, Passage, Ranking


def test_the_chain_of_passages_that_answers_is_judged_higher_than_half_of_it() -> None:
    whole = visit(Reflect(), question=BRIDGE, context=(FILM, DIRECTOR))
    half = visit(Reflect(), question=BRIDGE, context=(FILM, OTHER))
    none = visit(Reflect(), question=BRIDGE, context=(OTHER, SCHOOL))
    assert whole.score > half.score > none.score
    assert whole.label == "enough"
    assert none.label == "more"


def test_the_reason_names_what_no_passage_speaks_of() -> None:
    verdict = visit(Reflect(), question="Did Karin Boye write The Silver Gate?", context=(FILM,))
    assert "Karin Boye" in verdict.reason
    assert "Silver Gate" not in verdict.reason


def test_nothing_found_is_never_enough() -> None:
    verdict = visit(Reflect(), question=BRIDGE, context=())
    assert (verdict.score, verdict.label, verdict.reason) == (0.0, "more", "nothing has been found")


def test_both_sides_of_a_comparison_are_needed() -> None:
    question = "Who is older, Marta Lindqvist or Dag Holm?"
    assert (
        visit(Reflect(), question=question, context=(DIRECTOR, OTHER)).score
        > visit(Reflect(), question=question, context=(OTHER,)).score
    )


def test_the_share_of_new_passages_is_that_of_the_last_list() -> None:
    first = Ranking(source="bm25", query="q", ids=("a", "b"), scores=(2, 1))
    second = Ranking(source="bm25", query="r", ids=("b", "c"), scores=(2, 1))
    vector = dict(zip(FEATURES, features(BRIDGE, Material((FILM,)), (), (first, second), 2), strict=True))
    assert (vector["new"], vector["round"]) == (0.5, 1.0)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=20), st.text(max_size=150)), max_size=4))
def test_any_text_gets_a_probability(question: str, texts: list[tuple[str, str]]) -> None:
    context = tuple(Passage(id=str(at), title=title, text=text) for at, (title, text) in enumerate(texts))
    assert 0 <= visit(Reflect(), question=question, context=context).score <= 1


def rows(count: int, seed: int) -> list[FitRow]:
    """A critic's visits: what is enough is a person and the town that the person's passage names."""
    rng = random.Random(seed)
    made = []
    for at in range(count):
        name, town = f"Ann{seed}{at} Ash", f"Town{seed}{at}"
        person = Passage(id="p", title=name, text=f"{name} was born in {town}.")
        place = Passage(id="t", title=town, text=f"{town} has a mayor, Bo Birch.")
        pool = [person, place, OTHER, SCHOOL]
        context = tuple(rng.sample(pool, rng.randint(1, 4)))
        example = Example(id=str(at), question=f"Who is the mayor of the town where {name} was born?", supporting_ids=("p", "t"))
        made.append(FitRow({"question": example.question, "context": context}, example, round=1))
    return made


def test_fitting_tells_enough_from_too_little_on_unseen_rows() -> None:
    critic = Reflect().fit(rows(60, seed=1), seed=0)["critic"]
    right = {"fitted": 0, "default": 0}
    held_out = rows(40, seed=2)
    for row in held_out:
        enough = {"p", "t"} <= {passage.id for passage in row.arguments["context"]}
        vector = features(row.example.question, Material(row.arguments["context"]), (), (), 1)
        right["fitted"] += (critic.probability(vector) >= 0.5) == enough  # type: ignore[attr-defined]
        right["default"] += (DEFAULT.probability(vector) >= 0.5) == enough
    assert right["fitted"] >= max(0.95 * len(held_out), right["default"])


def test_rows_without_gold_or_context_teach_nothing() -> None:
    blank = Example(id="x", question="?")
    assert Reflect().fit([FitRow({}, blank), FitRow({"context": (FILM,)}, blank)], seed=0) == {}


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_has_a_default_weight(feature: str) -> None:
    assert feature in DEFAULT.features
