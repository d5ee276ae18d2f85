"""The values: what they refuse, what they can be made from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seekgraph.types import Answer, Evidence, Goal, Passage, Plan, Query, Ranking, Table, Value, Verdict, check_needs


@pytest.mark.parametrize("made", [Goal(id="a", text="t"), "t", {"text": "t"}])
def test_a_query_is_made_from_a_text_a_goal_or_its_fields(made: Any) -> None:
    assert Query.model_validate(made) == Query(text="t")


@pytest.mark.parametrize("made", [7, None, ["t"], {"text": "t", "goal": "g"}])
def test_a_query_is_made_from_nothing_else(made: Any) -> None:
    with pytest.raises(ValidationError):
        Query.model_validate(made)


def test_values_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Passage(id="p", text="t").score = 1.0  # type: ignore[misc]


def test_values_refuse_fields_that_they_do_not_have() -> None:
    with pytest.raises(ValidationError, match="titel"):
        Passage(id="p", text="t", titel="misspelt")  # type: ignore[call-arg]


def test_a_plan_of_goals_that_need_one_another_names_the_circle() -> None:
    with pytest.raises(ValidationError, match=r"in a circle: (a -> b -> a|b -> a -> b)"):
        Plan(goals=(Goal(id="a", text="", needs=("b",)), Goal(id="b", text="", needs=("a",))))


def test_a_plan_with_an_unknown_need_names_it_and_what_there_is() -> None:
    with pytest.raises(ValidationError, match=r"goal 'a' needs \['x'\], but the goals are \['a', 'b'\]"):
        Plan(goals=(Goal(id="a", text="", needs=("x", "b")), Goal(id="b", text="")))


def test_a_plan_in_which_two_goals_share_an_id_is_refused() -> None:
    with pytest.raises(ValidationError, match="2 goals share 1 ids"):
        Plan(goals=(Goal(id="a", text=""), Goal(id="a", text="other")))


def earlier(number: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(0, number - 1)) if number else st.just(set())


@given(st.integers(0, 8).flatmap(lambda size: st.tuples(*map(earlier, range(size)))))
def test_needs_are_put_in_an_order_in_which_each_comes_after_what_it_needs(graph: tuple[set[int], ...]) -> None:
    needs = {str(goal): tuple(map(str, required)) for goal, required in reversed(list(enumerate(graph)))}
    order = check_needs(needs, count=len(needs))
    assert sorted(order) == sorted(needs)
    assert all(order.index(need) < order.index(goal) for goal, required in needs.items() for need in required)


def test_a_ranking_has_one_score_for_each_id() -> None:
    with pytest.raises(ValidationError, match="2 ids, 1 scores"):
        Ranking(source="bm25", query="q", ids=("a", "b"), scores=(1.0,))


def test_a_table_has_one_cell_for_each_column() -> None:
    with pytest.raises(ValidationError, match="row 1 has 1 cells, the table has 2 columns"):
        Table(columns=("a", "b"), rows=((1, 2), (3,)))


def test_the_same_quote_of_the_same_passage_is_the_same_evidence() -> None:
    first, second = (Evidence(claim=claim, passage_id="p", quote="q") for claim in ("one", "two"))
    assert first.id == second.id != Evidence(claim="one", passage_id="p").id


@pytest.mark.parametrize(
    ("kind", "others", "field"),
    [(Verdict, {}, "score"), (Answer, {"text": ""}, "confidence"), (Evidence, {"claim": "", "passage_id": ""}, "score")],
)
@pytest.mark.parametrize("outside", [-0.01, 1.01, float("nan")])
def test_scores_lie_between_0_and_1(kind: type[Value], others: dict[str, str], field: str, outside: float) -> None:
    with pytest.raises(ValidationError, match=field):
        kind.model_validate({**others, field: outside})


@pytest.mark.parametrize("score", [float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_reads_back_from_json(score: float) -> None:
    passage = Passage(id="p", text="t", score=score)
    assert Passage.model_validate_json(passage.model_dump_json()) == passage
