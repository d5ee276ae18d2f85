"""Our rows and metrics for DSPy: a metric that says of each predictor what the rewards of its visits say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import dspy

from seekgraph.evaluation import metrics
from seekgraph.evaluation.evaluate import outcome_of
from seekgraph.evaluation.validation import examples_of
from seekgraph.optimizers.credit import credit
from seekgraph.rewards.algebra import Reward
from seekgraph.rewards.defaults import DEFAULT_REWARDS
from seekgraph.types import Example

_GOLD = ("id", "answers", "supporting_ids")


def examples(rows: Iterable[Example] | str | Path) -> list[Any]:
    """Rows as `dspy.Example`s: `question` is the input; `answer` is the first of `answers`."""
    found = []
    for row in examples_of(rows):
        gold = {"id": row.id, "answers": list(row.answers), "supporting_ids": list(row.supporting_ids)}
        answer = row.answers[0] if row.answers else ""
        found.append(dspy.Example(question=row.question, answer=answer, **gold).with_inputs("question"))
    return found


def metric(name: str | metrics.Metric = "answer_f1", rewards: Sequence[Reward] = DEFAULT_REWARDS) -> Callable[..., Any]:
    """One of our metrics for a DSPy optimizer, on the rows of `examples` and the predictions of a `FlowModule`.

    Where a predictor is named, as DSPy's GEPA does, it gives a score with feedback: what the rewards say of every visit of that
    node. A row that lacks the gold, and an outcome that the metric does not apply to, score 0. Raises `MetricError` for a name
    that no metric has.
    """
    chosen = metrics.metric(name)

    def score(example: Any, prediction: Any, trace: Any = None, pred_name: str | None = None, pred_trace: Any = None) -> Any:
        result = getattr(prediction, "_result", None)
        if result is None:
            return 0.0
        row = Example(question=example.question, **{key: example[key] for key in _GOLD if key in example})
        value = (chosen.function(row, outcome_of(result)) if chosen.applies_to(row) else None) or 0.0
        if pred_name is None:
            return value
        return dspy.Prediction(score=value, feedback=_feedback(result, row, value, prediction._nodes.get(pred_name, ""), rewards))

    return score


def _feedback(result: Any, row: Example, value: float, path: str, rewards: Sequence[Reward]) -> str:
    """What the rewards say of the visits of the node that a predictor stands for, and what came of the run."""
    found = credit(result.trace, rewards, row)
    lines: list[str] = []
    for step in result.trace.steps:
        if step.path == path:
            lines += [f"{step.id}: {said}" for said in found.words(step.id)]
    answer = getattr(result.values.get("answer"), "text", None)
    gold = f", and right is {' or '.join(row.answers)}" if row.answers else ""
    outcome = f"The answer was {answer!r}{gold}." if answer is not None else ""
    return "\n".join([f"The run scored {value:.2f}. {outcome}".strip(), *lines])
