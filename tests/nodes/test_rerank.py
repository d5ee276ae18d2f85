"""Rerank: everything that was found in one order, by a model that can be fitted."""

from __future__ import annotations

import asyncio
import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpus import BY_ID, PASSAGES, QUESTION, corpus, ids, ranking, visit

from seekgraph.core.language.fitting import FitRow, Fittable
from seekgraph.flow import Flow
from seekgraph.nodes.fitting import LinearModel
from seekgraph.nodes.rerank import BY_HAND, Rerank
from seekgraph.nodes.rerank_features import FEATURES, features
from seekgraph.nodes.retrieve import Hop, Retrieve
from seekgraph.tools import BM25, TitleLinks
from seekgraph.types import Digest, Example, Goal, Passage, Ranking

FOUND = {"passages": PASSAGES, "rankings": (ranking("film", "director", "gate", "boxer", "town", "born"),)}


def feature(
    name: str, passages: tuple[Passage, ...] = PASSAGES, rankings: tuple[Ranking, ...] = FOUND["rankings"]
) -> dict[str, float]:
    """One feature of each passage."""
    ordered, rows = features(QUESTION, passages, rankings, 10)
    return {passage.id: float(row[FEATURES.index(name)]) for passage, row in zip(ordered, rows, strict=True)}


def test_the_way_through_the_links_goes_before_what_only_shares_words() -> None:
    flow = Flow(Retrieve("corpus", k=6) >> Hop() >> Hop() >> Rerank(keep=3), output="context")
    assert set(ids(flow.bind(corpus())(question=QUESTION)["context"])) == {"film", "director", "town"}


def test_the_score_of_a_passage_is_the_models() -> None:
    model = LinearModel.of(dict.fromkeys(FEATURES, 0.0) | {"coverage": 2.0})
    context = visit(Rerank(keep=9, model=model), question=QUESTION, **FOUND)["context"]
    covered = feature("coverage")
    assert {each.id: each.score for each in context} == pytest.approx({id: 2 * value for id, value in covered.items()})


def test_nothing_found_gives_an_empty_context() -> None:
    assert visit(Rerank(), question=QUESTION, passages=())["context"] == ()


def test_passages_without_rankings_are_ranked_too() -> None:
    assert visit(Rerank(keep=1), question=QUESTION, passages=PASSAGES)["context"][0].id == "film"


def test_an_empty_question_does_no_harm() -> None:
    assert len(visit(Rerank(keep=4), question="", **FOUND)["context"]) == 4


def test_inside_a_call_the_goal_is_the_question() -> None:
    goal, known = Goal(id="2", text="Where is #1?", needs=("1",)), Digest(conclusion="Uppsala", goal_id="1")
    context = visit(Rerank(keep=1), question=QUESTION, passages=PASSAGES, goal=goal, digests=(known,))["context"]
    assert ids(context) == ["other"]


def test_a_model_for_other_features_is_refused() -> None:
    node = Rerank(model=LinearModel.of({"length": 1.0}))
    flow = Flow(node, inputs={"question": str, "passages": tuple[Passage, ...]}, output="context")
    result = flow.bind()(question=QUESTION, passages=PASSAGES)
    assert "compile" in result.errors[0].error.message


pools = st.lists(st.sampled_from(PASSAGES), unique_by=lambda passage: passage.id)
lists = st.lists(
    st.tuples(st.sampled_from(["corpus", "dense", "links", "titles"]), st.sampled_from([QUESTION, "more"]), pools), max_size=4
)


@settings(deadline=None)
@given(pools, lists, st.integers(1, 9))
def test_the_context_is_part_of_the_pool_best_first_each_once(pool: list[Passage], found: list[Any], keep: int) -> None:
    rankings = tuple(ranking(*ids(each), source=source, query=query) for source, query, each in found)
    context = visit(Rerank(keep=keep), question=QUESTION, passages=tuple(pool), rankings=rankings)["context"]
    scores = [each.score for each in context]
    assert len(context) == min(keep, len(pool))
    assert len(set(ids(context))) == len(context)
    assert set(ids(context)) <= set(ids(pool))
    assert scores == sorted(scores, reverse=True)
    assert all(map(math.isfinite, scores))


@settings(deadline=None, max_examples=25)
@given(st.permutations(PASSAGES))
def test_the_order_of_the_corpus_changes_nothing(shuffled: list[Passage]) -> None:
    flow = Flow(Retrieve("corpus", k=4) >> Hop() >> Rerank(keep=6), output="context")
    context, same = (flow.bind(corpus(passages))(question=QUESTION)["context"] for passages in (PASSAGES, shuffled))
    assert context == same


def test_features_say_what_they_are_called() -> None:
    assert feature("match")["film"] == 1.0
    assert feature("title_named")["film"] == 1.0
    assert feature("title_named")["director"] == 0.0
    linked = feature("linked")
    assert linked["director"] > 0
    assert linked["film"] == 0.0
    assert feature("linking")["film"] > 0  # it names the director, who was found too
    assert feature("window")["director"] > feature("window")["island"]  # "director was Marta Lindqvist"
    assert feature("other_match")["film"] == 0.0
    dense = (*FOUND["rankings"], ranking("town", "film", source="dense"))
    assert feature("other_match", rankings=dense)["town"] == 1.0


def test_a_feature_of_a_pair_counts_as_much_as_its_source_stands() -> None:
    weak, strong = ranking("gate", "boxer", "film", "born"), ranking("film", "gate", "boxer", "born")
    assert feature("linked", rankings=(weak,))["director"] < feature("linked", rankings=(strong,))["director"] == 1.0


# --- fitting -------------------------------------------------------------------------------------------------------


def chains(count: int) -> tuple[list[Passage], list[Example]]:
    """Films and their makers, where links mislead: a film names three persons, and the question asks for the one who sang."""
    rng = random.Random(7)
    syllables = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "ti", "vo"]
    names = iter(
        {f"{rng.choice(syllables)}{rng.choice(syllables)}{rng.choice(syllables)}{n}".capitalize() for n in range(9 * count)}
    )
    passages, examples = [], []
    for n in range(count):
        film, *people = [f"{next(names)} {next(names)}" for _ in range(4)]
        jobs = ["painted the sets", "paid for it", "sang the songs"]
        credits = [f"In it {person} {job}." for person, job in zip(people, jobs, strict=True)]
        rng.shuffle(credits)
        passages.append(Passage(id=f"f{n}", title=film, text=f"{film} is a film. {' '.join(credits)}"))
        passages += [
            Passage(id=f"p{n}{at}", title=person, text=f"{person} was born in a town.") for at, person in enumerate(people)
        ]
        question = f"In which town was the one born who sang the songs of {film}?"
        examples.append(Example(id=f"q{n}", question=question, supporting_ids=(f"f{n}", f"p{n}2")))
    return passages, examples


@pytest.fixture(scope="module")
def visits() -> tuple[Any, list[Example], list[FitRow]]:
    passages, examples = chains(40)
    bm25 = BM25(passages)
    flow = Flow(Retrieve("corpus", k=10) >> Hop() >> Rerank(keep=2), output="context")
    bound = flow.bind(corpus=bm25, links=TitleLinks(bm25.passages))
    rows = []
    for example in examples:
        trace = bound(question=example.question).trace
        (step,) = trace.visits("rerank")
        rows.append(FitRow(bound.program.arguments(trace, step), example))
    return bound, examples, rows


def node(visits: tuple[Any, list[Example], list[FitRow]]) -> Rerank:
    """The node with plain settings, as the compiler has it."""
    ranker = visits[0].program.nodes["rerank"].node
    assert isinstance(ranker, Rerank)
    return ranker


def recall(bound: Any, examples: list[Example]) -> float:
    async def run() -> list[Any]:
        return [await bound.arun(question=example.question) for example in examples]

    contexts = [set(ids(result["context"])) for result in asyncio.run(run())]
    return sum(len(context & set(each.supporting_ids)) / 2 for context, each in zip(contexts, examples, strict=True)) / len(
        examples
    )


def test_fitting_helps_on_questions_that_it_has_not_seen(visits: tuple[Any, list[Example], list[FitRow]]) -> None:
    bound, examples, rows = visits
    fitted = bound.with_params({"rerank.model": node(visits).fit(rows[:20], seed=0)["model"]})
    assert recall(fitted, examples[20:]) > recall(bound, examples[20:]) + 0.1


def test_fitting_gives_the_same_for_the_same_rows(visits: tuple[Any, list[Example], list[FitRow]]) -> None:
    rows = visits[2][:20]
    assert node(visits).fit(rows, seed=0) == node(visits).fit(rows, seed=0)


def test_too_little_to_learn_from_fits_nothing(visits: tuple[Any, list[Example], list[FitRow]]) -> None:
    rows = visits[2]
    assert node(visits).fit([], seed=0) == {}
    assert node(visits).fit(rows[:1], seed=0) == {}
    nothing_found = [FitRow({"question": "?", "passages": ()}, row.example) for row in rows]
    assert node(visits).fit(nothing_found, seed=0) == {}
    assert node(visits).fit([*nothing_found, *rows], seed=0) == node(visits).fit(rows, seed=0)
    without = [FitRow(row.arguments, row.example.model_copy(update={"supporting_ids": ()})) for row in rows]
    assert node(visits).fit(without, seed=0) == {}


def test_a_ranker_can_be_fitted_and_begins_with_one_set_by_hand() -> None:
    assert isinstance(Rerank(), Fittable)
    assert BY_HAND.expecting(FEATURES) is BY_HAND
    assert BY_ID.keys() == set(ids(visit(Rerank(keep=9), question=QUESTION, **FOUND)["context"]))
