"""What `run` says of a run whose budget ended it early is what became of it."""

from __future__ import annotations

import pytest

from seekgraph.cli.run import _shown
from seekgraph.core.machine.bound import Result
from seekgraph.core.record.trace import Trace
from seekgraph.types import Answer


@pytest.mark.parametrize(
    ("answer", "output", "said"),
    [
        (None, "answer", "early: nothing had been answered yet"),
        (None, "passages", "early: this is what had been found by then"),
        (Answer(text="Nothing was found.", refused=True), "answer", "early: what had been found by then supports no answer"),
        (Answer(text="Visby", citations=("p1",)), "answer", "early: the answer is made from what there was"),
    ],
)
def test_no_answer_is_not_called_one(answer: Answer | None, output: str, said: str) -> None:
    values = {} if answer is None else {"answer": answer}
    result = Result("partial", values, Trace("flow", "f" * 32, 0, "partial", {}, []))
    text = "\n".join(each.plain for each in _shown(result, output))
    assert said in text
    assert ("the answer is made" in text) is (answer is not None and not answer.refused)
