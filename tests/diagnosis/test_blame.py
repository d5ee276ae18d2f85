"""Blame names the step that is broken, and says whether fixing it fixes the example."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rhine import BROKEN, EXAMPLE, bound

from seekgraph.diagnosis.diagnosis import Finding
from seekgraph.types import Example, StepLabel


def found(example: Example = EXAMPLE, **broken: Any) -> Finding | None:
    diagnosis = bound(**broken).diagnose([example], headroom=False)
    return diagnosis.findings.get(example.id)


def test_what_is_right_has_no_finding() -> None:
    assert found() is None


@pytest.mark.parametrize(
    ("broken", "path", "cls", "why"),
    [
        ({"ask": BROKEN}, "ask", "query", "what it asked does not find gold passage p1 (Basel)"),
        ({"search": {"limited": True}}, "search", "retrieval", "gold passage p2 (Ann Berg) is at place"),
        ({"search": {"k": 1}, "ask": BROKEN}, "ask", "query", "what it asked does not find"),
        ({"keep": BROKEN}, "keep", "ranking", "was among the"),
        ({"judge": BROKEN}, "judge", "stopping too early", "ended the search in round 1 of 3"),
        ({"note": BROKEN}, "note", "reading", "kept nothing of it that is needed"),
        ({"say": BROKEN}, "say", "answer", "it said 'Nobody', right is 'Ann Berg'"),
        ({"say": {"refuses": True}}, "say", "refusal", "it refused to answer"),
        ({"away": True}, "search", "infrastructure", "raised: search: the index is away"),
    ],
)
def test_the_broken_step_is_named_with_its_class_and_confirmed(broken: Any, path: str, cls: str, why: str) -> None:
    finding = found(**broken)
    assert finding is not None
    assert (finding.path, finding.cls) == (path, cls)
    assert why in finding.why
    assert (finding.confirmed, finding.fixed) == (True, 1.0)


def test_a_finding_has_the_way_from_the_answer_back_to_the_step() -> None:
    ranked, ended = found(keep=BROKEN), found(judge=BROKEN)
    assert ranked is not None
    assert ranked.way == ("say", "note", "keep@3")
    assert ended is not None
    assert ended.way == ()  # it had its effect by ending the loop


def test_a_search_that_ended_for_lack_of_rounds_is_not_blamed_on_the_verdict() -> None:
    finding = found(rounds=1)
    assert finding is not None
    assert finding.path != "judge"


def test_where_no_single_step_fixs_the_example_the_first_one_is_a_guess() -> None:
    finding = found(ask=BROKEN, note=BROKEN)
    assert finding is not None
    assert (finding.path, finding.visit, finding.confirmed) == ("ask", 1, False)


def test_an_answer_that_stays_wrong_whatever_it_is_given_is_the_broken_step() -> None:
    finding = found(keep=BROKEN, say=BROKEN)
    assert finding is not None
    assert (finding.path, finding.confirmed) == ("say", True)


def test_a_label_says_what_a_step_should_have_written_before_the_gold_does() -> None:
    wrong = StepLabel(path="note", writes={"evidence": []})
    finding = found(EXAMPLE.model_copy(update={"step_labels": (wrong,)}), note=BROKEN)
    assert finding is not None
    assert finding.path == "say"  # what the person says that `note` should write does not fix the example
    evidence = {"claim": "Ann Berg was born", "passage_id": "p2", "quote": "Ann Berg was born"}
    right = StepLabel(path="note", visit=1, writes={"evidence": [evidence]})
    again = found(EXAMPLE.model_copy(update={"step_labels": (right,)}), note=BROKEN)
    assert again is not None
    assert (again.path, again.confirmed) == ("note", True)


def test_a_metric_of_passages_is_walked_back_from_the_passages() -> None:
    diagnosis = bound(keep=BROKEN).diagnose([EXAMPLE], metric="support_recall@5", headroom=False)
    finding = diagnosis.findings["e"]
    assert (finding.path, finding.cls, finding.confirmed) == ("keep", "ranking", True)


def test_blaming_runs_beside_other_work_in_one_loop() -> None:
    async def both() -> list[Any]:
        flows = [bound(keep=BROKEN), bound(note=BROKEN)]
        return await asyncio.gather(*(flow.adiagnose([EXAMPLE], headroom=False) for flow in flows))

    assert [each.findings["e"].path for each in asyncio.run(both())] == ["keep", "note"]
