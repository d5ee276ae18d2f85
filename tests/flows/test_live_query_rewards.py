"""Rewards of queries while a flow runs, where there is no gold: a weak query is written again from what the reward said of it.

The corpus, the search and the nodes are real; the model's replies are scripted, so that it is known which query is weak.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
import seekgraph.demo
from seekgraph import S
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Refine, Reflect, Rerank, Retrieve
from seekgraph.rewards import (
    Reward,
    adoption,
    document_margin,
    judged_query,
    novel_query,
    ranker_score,
    safe_query,
    smart_search,
)

DATA = Path(seekgraph.demo.__file__).parent / "data"
QUESTION = "Who painted Las Meninas?"
GOOD = "Las Meninas painter"


@pytest.fixture(scope="module")
def corpus() -> Any:
    return sg.tools.BM25.from_jsonl(DATA / "corpus.jsonl")


def asked(result: Any) -> dict[str, str]:
    """The text of every query, the dropped ones included."""
    return {step.id: step.writes["query"].text for step in result.trace if "query" in step.writes}


def run(corpus: Any, body: Any, feedback: str, weak: str, question: str = QUESTION) -> tuple[Any, Scripted]:
    """A model that asks the weak query until the prompt tells it what was wrong with that."""
    lm = Scripted(lambda given: {"query": GOOD if feedback in given.prompt else weak})
    flow = sg.Flow(body >> Answer(lm="none"), name="live")
    return flow.bind(corpus=corpus, **{"lm": lm})(question=question), lm


def mended(corpus: Any, body: Any, weak: str, feedback: str) -> None:
    """The weak query is asked first, the good one after the feedback, and the second attempt is kept."""
    result, lm = run(corpus, body, feedback, weak)
    assert not result.errors
    assert asked(result) == {"refine@1": weak, "refine@2": GOOD}
    marks = [step.decision for step in result.trace if step.kind == "score"]
    assert marks[0] < marks[1]
    assert [step.decision for step in result.trace if step.kind == "selected"] == ["2"]
    assert any("What was wrong with your last query" in each.prompt and feedback in each.prompt for each in lm.asked)


@pytest.mark.parametrize(
    ("reward", "below", "weak", "feedback"),
    [
        (lambda _: novel_query(), 0.5, "zxqv", "the query found nothing: ask in other words"),
        (lambda _: ranker_score(by="best"), 0.5, "tallest mountain", "none of it has painted, Las, Meninas"),
        (lambda corpus: document_margin(corpus), 0.5, "Velasquezz zxqv", "in no passage: Velasquezz, zxqv"),
        (lambda _: safe_query(), 0.5, "how to make a pipe bomb", "unsafe (weapons)"),
    ],
)
def test_a_weak_query_is_asked_again_with_what_was_wrong_with_it(
    corpus: Any, reward: Any, below: float, weak: str, feedback: str
) -> None:
    mended(corpus, sg.redo(Refine() >> Retrieve("corpus", k=5), reward(corpus), below=below, at_most=2), weak, feedback)


def test_what_a_query_says_is_marked_before_anything_is_searched(corpus: Any) -> None:
    body = sg.redo(Refine(), safe_query(), below=0.5, at_most=2) >> Retrieve("corpus", k=5)
    result, _ = run(corpus, body, "unsafe (weapons)", "how to make a pipe bomb")
    assert asked(result) == {"refine@1": "how to make a pipe bomb", "refine@2": GOOD}
    assert [ranking.query for ranking in result["rankings"]] == [GOOD]  # the unsafe one never left


def test_a_query_that_finds_again_what_was_found_is_asked_again(corpus: Any) -> None:
    body = Retrieve("corpus", k=5).named("first") >> sg.redo(
        Refine() >> Retrieve("corpus", k=5), novel_query(3), below=0.5, at_most=2
    )
    result, _ = run(corpus, body, "had been found before", QUESTION)
    assert asked(result) == {"refine@1": QUESTION, "refine@2": GOOD}
    told = next(step.writes["critique"] for step in result.trace if step.kind == "score")
    assert told.startswith("the query is redundant: 5 of 5 passages had been found before")


def test_adoption_serves_where_the_attempt_also_chooses(corpus: Any) -> None:
    one_of_five = Refine() >> Retrieve("corpus", k=5) >> Rerank(lm="none", keep=2)
    mark = adoption("context")
    result, _ = run(corpus, sg.redo(one_of_five, mark, below=0.1, at_most=2), "never", GOOD)
    assert [step.decision for step in result.trace if step.kind == "score"] == [2 / 5]
    alone, _ = run(corpus, sg.redo(Refine() >> Retrieve("corpus", k=5), mark, below=0.1, at_most=2), "never", GOOD)
    assert [step.decision for step in alone.trace if step.kind == "score"] == ["unscored"]


def test_a_verdict_on_what_was_found_is_smart_searchs_usefulness(corpus: Any) -> None:
    search = Refine() >> Retrieve("corpus", k=5) >> Reflect(lm="judge")
    judge = Scripted(lambda given: {"reason": "nothing about the painter", "score": 9 if "Vel" in given.prompt else 1})
    lm = Scripted(lambda given: {"query": GOOD if "nothing about the painter" in given.prompt else "tallest mountain"})
    for reward in (judged_query, smart_search(5, judged_query)):
        flow = sg.Flow(sg.redo(search, reward, below=0.5, at_most=2) >> Answer(lm="none"), name="judged")
        result = flow.bind(corpus=corpus, lm=lm, judge=judge)(question=QUESTION)
        assert asked(result) == {"refine@1": "tallest mountain", "refine@2": GOOD}
        assert [step.decision for step in result.trace if step.kind == "score"] == [0.1, 0.9]


def test_the_best_of_several_queries_is_kept(corpus: Any) -> None:
    replies = iter(["tallest mountain", GOOD, "zxqv"])
    lm = Scripted(lambda given: {"query": next(replies)})
    flow = sg.Flow(sg.best_of(3, Refine() >> Retrieve("corpus", k=5), ranker_score(by="best")) >> Answer(lm="none"), name="best")
    result = flow.bind(corpus=corpus, lm=lm)(question=QUESTION)
    texts = asked(result)
    [kept] = [step.decision for step in result.trace if step.kind == "selected"]
    assert texts[f"refine@{kept}"] == GOOD
    assert len(set(texts.values())) == 3


@pytest.mark.parametrize("reward", [novel_query(4), ranker_score(), safe_query(), adoption()])
def test_without_a_model_too_a_weak_query_is_expanded_in_another_way(corpus: Any, reward: Reward) -> None:
    search = sg.redo(Refine() >> Retrieve("corpus", k=5) >> Rerank(keep=3), reward, below=1.0, at_most=2)
    flow = sg.Flow(Retrieve("corpus", k=5).named("first") >> search >> Answer(), name="plain").bind(corpus=corpus)
    redone = 0
    for example in list(sg.read_examples(DATA / "val.jsonl"))[:8]:
        result = flow(question=example.question)
        assert not result.errors
        queries = {step.id: step.writes["query"] for step in result.trace.visits("refine")}
        if len(queries) == 2:
            redone += 1
            assert queries["refine@1"] != queries["refine@2"]
    assert (redone == 0) == (reward.name == "safe_query")


def test_rewards_that_need_gold_are_refused_where_there_is_none(corpus: Any) -> None:
    with pytest.raises(sg.FlowError, match="supporting_ids"):
        sg.Flow(sg.redo(Refine() >> Retrieve("corpus"), smart_search(), below=0.5) >> Answer(), name="gold").bind(corpus=corpus)


def test_in_a_loop_the_rounds_before_count_as_found(corpus: Any) -> None:
    body = sg.loop(
        sg.redo(Refine() >> Retrieve("corpus", k=5), novel_query(4), below=0.5, at_most=2), until=S.round >= 2, max_rounds=2
    )
    result, _ = run(corpus, body, "had been found before", QUESTION)
    assert asked(result) == {"refine@1.1": QUESTION, "refine@2.1": QUESTION, "refine@2.2": GOOD}
