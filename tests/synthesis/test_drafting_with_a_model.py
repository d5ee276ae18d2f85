"""A model writes, answers and filters: what it is shown, and which of its drafts are dropped."""

from __future__ import annotations

import pytest
from small_documents import NOISE, PAGES, corpus

import seekgraph as sg
from seekgraph.core.language.lm import Unavailable
from seekgraph.lms.scripted import Asked, Line, Scripted
from seekgraph.tools.bm25 import BM25

BOOKS = {"question": "For how long may I keep a borrowed book at home, when books are lent?", "answer": "four weeks"}


def a_writer(*, knows: bool = False, reads: bool = True) -> Scripted:
    """Writes one question on the lending of books and nonsense elsewhere; answers from the passages, or knows the answer."""

    def reply(asked: Asked) -> Line:
        last = asked.messages[-1].content
        if asked.output is not None and asked.output.__name__ == "Written":
            if "Books are lent for four weeks" in last:
                return BOOKS
            return {"question": "What is the colour of the moon tonight?", "answer": "a made-up answer"}
        if "Books are lent for four weeks" in last:
            return {"answer": "four weeks" if reads else "the moon"}
        return {"answer": "four weeks" if knows else ""}

    return Scripted(reply, identity=f"writer {knows} {reads}")


def drafted(lm: Scripted) -> sg.synthesis.Drafted:
    return sg.synthesis.draft(BM25((*PAGES, *NOISE)), count=5, kinds=["fact"], lm=lm, like=["when do you open on sundays?"])


def test_a_draft_of_a_model_passes_where_its_passage_alone_answers_it() -> None:
    lm = a_writer()
    found = drafted(lm)
    (only,) = found.drafts
    assert (only.question, only.answer, only.supporting_ids) == (BOOKS["question"], "four weeks", ("lending.md#how-long",))
    assert {each.filter: each.passed for each in only.outcomes}["needs_documents"] is True
    assert set(found.dropped) == {"grounded"}
    assert found.ended == "no more"
    prompts = [each.prompt for each in lm.asked if each.output is not None and each.output.__name__ == "Written"]
    assert all("when do you open on sundays?" in each for each in prompts)


@pytest.mark.parametrize(
    ("lm", "filter"), [(a_writer(knows=True), "needs_documents"), (a_writer(reads=False), "answerable")], ids=["known", "misread"]
)
def test_what_is_known_anyway_or_cannot_be_read_is_dropped(lm: Scripted, filter: str) -> None:
    found = drafted(lm)
    assert not found.drafts
    assert found.dropped[filter] == 1


def test_a_model_that_is_not_there_is_an_error_and_no_empty_dev_set() -> None:
    with pytest.raises(Unavailable):
        sg.synthesis.draft(corpus(), count=2, lm=Scripted(lambda _: Unavailable("the host is down"), identity="down"))


def test_it_stops_after_so_many_tries() -> None:
    nonsense = Scripted(lambda _: {"question": "What is the colour of the moon?", "answer": "blue"}, identity="nonsense")
    found = sg.synthesis.draft(corpus(), count=2, kinds=["fact"], lm=nonsense, tries=3)
    assert found.written <= 3
    assert not found.drafts
