"""Rewards at work while a flow runs: a search that finds nothing new is made again, and finds something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
import seekgraph.demo
from seekgraph import S
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Refine, Retrieve
from seekgraph.rewards import novelty

DATA = Path(seekgraph.demo.__file__).parent / "data"


@pytest.fixture(scope="module")
def corpus() -> Any:
    return sg.tools.BM25.from_jsonl(DATA / "corpus.jsonl")


def searched(result: Any) -> list[str]:
    """What was searched for, the attempts that were dropped included."""
    return [repr(step.writes["query"]) for step in result.trace.visits("refine")]


def flow(again: bool) -> sg.Flow:
    search = Refine() >> Retrieve("corpus", k=5)
    body = sg.redo(search, novelty, below=0.3, at_most=2) if again else search
    return sg.Flow(sg.loop(body, until=S.round >= 3, max_rounds=3) >> Answer(), name="searching")


def test_searching_again_where_nothing_new_was_found_changes_the_query_and_finds_more(corpus: Any) -> None:
    plain, again = flow(again=False).bind(corpus=corpus), flow(again=True).bind(corpus=corpus)
    pools = []
    for example in sg.read_examples(DATA / "val.jsonl"):
        one, other = plain(question=example.question), again(question=example.question)
        assert not other.errors
        assert len(other["rankings"]) == len(one["rankings"]) == 3  # one list a round: dropped searches leave none
        pools.append((len(one["passages"]), len(other["passages"])))
        for weak in (step for step in other.trace if step.kind == "score" and step.decision < 0.3 and step.at[-1] == 1):
            queries = {step.at[-1]: step.writes["query"] for step in other.trace.visits("refine") if step.at[:-1] == weak.at[:-1]}
            assert queries[1] != queries[2]
            assert queries[1].text == queries[2].text  # without a model it is the expansion that changes
    assert sum(other for _, other in pools) > 1.05 * sum(one for one, _ in pools)


def test_a_model_is_told_what_was_wrong_with_its_query(corpus: Any) -> None:
    lm = Scripted(lambda asked: {"query": "Rembrandt" if "had been found before" in asked.prompt else "Las Meninas"})
    search = sg.redo(Refine() >> Retrieve("corpus", k=3), novelty, below=0.5, at_most=2)
    result = sg.Flow(search.named("first") >> search.named("then") >> Answer()).bind(corpus=corpus, **{"lm": lm})(
        question="Who painted Las Meninas?"
    )
    asked = {step.id: step.writes["query"].text for step in result.trace if "query" in step.writes}
    assert asked == {"first/refine@1": "Las Meninas", "then/refine@1": "Las Meninas", "then/refine@2": "Rembrandt"}
    decided = {step.id: step.decision for step in result.trace if step.kind == "selected"}
    assert decided == {"first": "1", "then": "2"}
    prompt = next(each.prompt for each in lm.asked if "had been found before" in each.prompt)
    assert "What was wrong with your last query" in prompt
