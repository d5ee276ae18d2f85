"""What comes back from a call."""

from __future__ import annotations

from typing import Any

from seekgraph.core.record.digest import digest_of
from seekgraph.core.record.ledger import Entry, Ledger
from seekgraph.types import Answer, Digest, Evidence, Goal, Passage

A, B, C = (Passage(id=id, text=f"text of {id}") for id in "abc")
ON_A = Evidence(claim="c", passage_id="a")


def digest(**channels: Any) -> Digest:
    return digest_of(Ledger({name: Entry(value, ()) for name, value in channels.items()}))[0]


def ids(digest: Digest) -> list[str]:
    return [passage.id for passage in digest.resources]


def test_the_conclusion_is_the_text_of_the_answer() -> None:
    assert digest(answer=Answer(text="Main")).conclusion == "Main"


def test_a_call_that_refused_or_never_answered_concludes_nothing() -> None:
    assert digest(answer=Answer(text="I do not know", refused=True)).conclusion == ""
    assert digest().conclusion == ""


def test_the_facts_are_the_evidence() -> None:
    assert digest(evidence=(ON_A,)).facts == (ON_A,)


def test_cited_passages_are_the_resources_the_answers_first() -> None:
    made = digest(answer=Answer(text="", citations=("b",)), evidence=(ON_A,), passages=(A, B, C))
    assert ids(made) == ["b", "a"]


def test_a_citation_of_what_was_never_found_is_left_out() -> None:
    assert ids(digest(answer=Answer(text="", citations=("x", "b")), passages=(A, B))) == ["b"]


def test_without_citations_what_was_kept_for_answering_is_handed_on() -> None:
    assert ids(digest(context=(C,), passages=(A, B, C))) == ["c"]


def test_without_a_context_all_that_was_found_is_handed_on() -> None:
    assert ids(digest(passages=(A, B))) == ["a", "b"]


def test_what_nested_calls_came_back_with_can_be_cited_and_handed_on() -> None:
    nested = (Digest(conclusion="", resources=(A, B)),)
    assert ids(digest(digests=nested)) == ["a", "b"]
    assert ids(digest(digests=nested, answer=Answer(text="", citations=("b",)))) == ["b"]


def test_a_digest_says_which_goal_it_is_about() -> None:
    assert digest(goal=Goal(id="g", text="")).goal_id == "g"
    assert digest(goal="a goal in words").goal_id == ""


def test_a_digest_names_the_channels_it_was_made_from_and_no_others() -> None:
    ledger = Ledger({name: Entry((), ()) for name in ("passages", "rankings", "evidence")})
    assert digest_of(ledger)[1] == ("evidence", "passages")
