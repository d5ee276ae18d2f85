"""Rows that cannot be compiled on are refused before anything runs, with the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import rivers

from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.tune import Tune
from seekgraph.rewards import RewardError, evidence_recall, goal_met
from seekgraph.types import Example

ONE = rivers.TRAIN[0]


def compiled(train: Any, val: Any = rivers.VAL, flow: Any = rivers.answering, **options: Any) -> Any:
    idle = rivers.Paid()
    try:
        return rivers.bind(flow, idle).compile(train, val, passes=[Tune(trials=3)], **options)
    except Exception:
        assert idle.asked == 0
        raise


def bare(rows: Sequence[Example], **changes: Any) -> list[Example]:
    return [each.model_copy(update=changes) for each in rows]


@pytest.mark.parametrize("others", [[ONE], bare([ONE], question="Another?"), bare([ONE], id="other")])
def test_a_row_in_both_train_and_val_is_refused_by_id_or_question(others: list[Example]) -> None:
    with pytest.raises(ValueError, match="1 examples of val are in train too"):
        compiled(rivers.TRAIN, [*rivers.VAL, *others])


def test_two_rows_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two examples have the id 'q00'"):
        compiled([ONE, *rivers.TRAIN])


@pytest.mark.parametrize(("train", "val"), [([], rivers.VAL), (rivers.TRAIN, []), ([], None)])
def test_no_rows_are_refused(train: Any, val: Any) -> None:
    with pytest.raises(ValueError, match="there are no examples"):
        compiled(train, val)


def test_one_example_alone_is_refused_and_two_are_enough() -> None:
    with pytest.raises(ValueError, match="at least 2 examples"):
        compiled([ONE], None)
    assert compiled(rivers.TRAIN[:2], None).after.n == 1


def test_one_example_to_search_on_and_one_to_judge_on_is_enough_to_run_and_too_little_to_accept() -> None:
    result = compiled([ONE], [rivers.VAL[0]], metric="support_recall")
    assert result.status == "finished"
    assert not any(change.accepted for change in result.changes)


def test_no_gold_for_the_metric_is_said() -> None:
    with pytest.raises(ValueError, match="needs examples with 'answers'"):
        compiled(bare(rivers.TRAIN, answers=()), bare(rivers.VAL, answers=()), metric="answer_f1")


def test_no_gold_on_one_side_is_said() -> None:
    with pytest.raises(CompileError, match="0 examples to search on and 12 to judge on have the gold that answer_f1 needs"):
        compiled(bare(rivers.TRAIN, answers=()), metric="answer_f1")


def test_rows_without_gold_for_any_metric_are_left_out_of_both_sides() -> None:
    train = [*rivers.TRAIN[:10], *bare(rivers.TRAIN[10:], answers=())]
    assert compiled(train, [*rivers.VAL[:9], *bare(rivers.VAL[9:], answers=())], metric="answer_f1").after.n == 9


def test_a_metric_where_less_is_better_is_refused() -> None:
    with pytest.raises(CompileError, match="higher is better"):
        compiled(rivers.TRAIN, metric="searches")


def test_gold_that_is_not_in_the_corpus_is_refused() -> None:
    class Known(rivers.Paid):
        passage_ids = frozenset(f"{kind}{number}" for kind in "tr" for number in range(24))

    train = [*rivers.TRAIN, Example(id="x", question="Which?", answers=("y",), supporting_ids=("nowhere",))]
    with pytest.raises(ValueError, match="nowhere"):
        rivers.bind(rivers.answering, Known()).compile(train, rivers.VAL)


def test_resuming_without_a_journal_is_refused() -> None:
    with pytest.raises(CompileError, match="resume needs the journal"):
        compiled(rivers.TRAIN, resume=True)


def test_rewards_that_the_flow_or_the_rows_cannot_feed_are_refused_also_those_of_a_pass() -> None:
    with pytest.raises(RewardError, match="'evidence_recall' is about 'evidence'"):
        compiled(rivers.TRAIN, rewards=[evidence_recall])
    with pytest.raises(RewardError, match="'goal_met' needs 'decomposition'"):
        rivers.bind(rivers.answering).compile(rivers.TRAIN, rivers.VAL, passes=[Demonstrate(rewards=(goal_met,))])


def test_what_is_no_example_is_refused() -> None:
    with pytest.raises(ValueError, match="takes examples"):
        compiled([{"question": "?"}])
