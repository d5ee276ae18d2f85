"""Answers cite what was found or refuse; a sentence without a source is marked."""

from __future__ import annotations

import re

import pytest
from hostile import hostile_id, hostile_text, passages
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.prompts.answers import mark_unsupported, to_answer
from seekgraph.prompts.outputs import AnswerOut
from seekgraph.types import Answer, Passage

JAWS = Passage(id="jaws", title="Jaws (film)", text="Jaws was directed by Steven Spielberg.")
BORN = Passage(id="born here", title="Steven Spielberg", text="He was born in Cincinnati, Ohio.")
BOTH = (JAWS, BORN)


def answered(text: str, *citations: str, refused: bool = False, prose: bool = False) -> tuple[Answer, int]:
    return to_answer(AnswerOut(text=text, citations=citations, refused=refused), BOTH, prose=prose)


def test_a_short_answer_cites_what_it_lists_and_what_it_brackets() -> None:
    assert answered("Cincinnati [born here]", "jaws", "p9") == (Answer(text="Cincinnati", citations=("jaws", "born here")), 1)


def test_a_short_answer_that_cites_nothing_cites_the_passage_with_its_words() -> None:
    assert answered("cincinnati, ohio")[0].citations == ("born here",)
    assert answered("Steven Spielberg")[0].citations == ("jaws",)
    assert answered("Hamburg")[0].citations == ()


def test_a_passage_that_says_the_answer_comes_before_those_that_are_cited_and_do_not() -> None:
    assert answered("Cincinnati", "jaws")[0].citations == ("born here", "jaws")
    assert answered("Steven Spielberg", "born here")[0].citations == ("born here",)  # its title says it
    assert answered("Hamburg", "jaws")[0].citations == ("jaws",)  # another wording: nothing is known of it


def test_a_yes_or_no_is_in_no_passage() -> None:
    denial = Passage(id="no", title="No", text="No, he was not.")
    assert to_answer(AnswerOut(text="No.", citations=("jaws",)), (*BOTH, denial)).value.citations == ("jaws",)
    assert to_answer(AnswerOut(text="no"), (*BOTH, denial)).value.citations == ()


def test_prose_keeps_known_ids_in_brackets_and_drops_the_others() -> None:
    answer, dropped = answered("He was born in Ohio. [born%20here][p9] He directed Jaws [jaws, p7]!", prose=True)
    assert answer.text == "He was born in Ohio [born%20here]. He directed Jaws [jaws]!"
    assert answer.citations == ("born here", "jaws")
    assert dropped == 2


def test_a_sentence_without_a_source_is_marked() -> None:
    answer, _ = answered("He was born in Ohio [jaws]. He is very rich. Indeed. Was it so [sic as they say]?", prose=True)
    assert answer.text == "He was born in Ohio [born%20here]. He is very rich [no source]. Indeed. Was it so [sic as they say]?"


def test_a_sentence_that_its_source_does_not_bear_out_cites_one_that_does_or_is_marked() -> None:
    said = "He was born in Cincinnati [born%20here]. His family owned three large farms near Dayton [born%20here]."
    answer, _ = answered(said, prose=True)
    assert answer.text == ("He was born in Cincinnati [born%20here]. His family owned three large farms near Dayton [no source].")
    assert answer.citations == ("born here",)
    other, _ = answered("Jaws was directed by Steven Spielberg [born%20here].", prose=True)
    assert (other.text, other.citations) == ("Jaws was directed by Steven Spielberg [jaws].", ("jaws",))
    number, _ = answered("Steven Spielberg directed Jaws in 1975 [jaws].", prose=True)
    assert number.text == "Steven Spielberg directed Jaws in 1975 [no source]."
    assert number.citations == ()


def test_what_no_source_bears_out_is_dropped_where_that_is_wanted() -> None:
    out = AnswerOut(text="He was born in Cincinnati [born%20here]. He is very rich. His brothers hunt bears [jaws].")
    answer = to_answer(out, BOTH, prose=True, drop=True).value
    assert (answer.text, answer.citations) == ("He was born in Cincinnati [born%20here].", ("born here",))
    alone = to_answer(AnswerOut(text="He is very rich."), BOTH, prose=True, drop=True).value
    assert (alone.text, alone.citations) == ("He is very rich [no source].", ())


def test_a_sentence_whose_only_source_is_unknown_is_marked() -> None:
    answer, dropped = answered("He was born in Ohio [p9].", prose=True)
    assert (answer.text, answer.citations, dropped) == ("He was born in Ohio [no source].", (), 1)


def test_marking_keeps_lines_and_quotation_marks() -> None:
    assert mark_unsupported('One two three.\n\n"Four five six."') == 'One two three [no source].\n\n"Four five six [no source]."'


@pytest.mark.parametrize("text", ["", " ... ", "I don't know.", "Not enough information", "I don\u2019t know", "[p9]", "N/A"])
def test_an_answer_that_says_nothing_is_a_refusal(text: str) -> None:
    answer, _ = answered(text, "jaws")
    assert answer.refused
    assert answer.citations == ()
    assert answer.confidence == 0


def test_a_refusal_keeps_its_reason_and_cites_nothing() -> None:
    reason = "The birthplace is not stated [jaws]."
    assert answered(reason, "jaws", refused=True, prose=True)[0] == Answer(text=reason, refused=True, confidence=0.0)


@given(passages, hostile_text, st.lists(hostile_id, max_size=4), st.booleans(), st.booleans())
def test_any_reply_is_an_answer_that_cites_only_what_was_found(
    context: tuple[Passage, ...], text: str, citations: list[str], refused: bool, prose: bool
) -> None:
    out = AnswerOut(text=text, citations=tuple(citations), refused=refused)
    try:
        answer, dropped = to_answer(out, context, prose=prose)
    except ValueError as error:
        assert re.search(r"raw JSON|reasoning", str(error))  # noqa: PT017
        return
    assert set(answer.citations) <= {passage.id for passage in context}
    assert len(set(answer.citations)) == len(answer.citations)
    assert answer.refused or any(character.isalnum() for character in answer.text)
    assert dropped >= 0
    answer.text.encode("utf-8")


def test_an_answer_becomes_a_reply_that_gives_it_back() -> None:
    answer = Answer(text="Cincinnati", citations=("born here",))
    assert to_answer(AnswerOut.of(answer), BOTH) == (answer, 0)


# --- what real models send -------------------------------------------------------------------------------------------------

MARKED = Passage(
    id="md",
    title="**Caf\u00e9**",
    text="The *Cafe\u0301 Central* opened in **1876** in `Vienna`. See [its \u201cown\u201d page](http://a.b/c).",
)


def told(text: str, *citations: str, prose: bool = False, question: str = "") -> Answer:
    return to_answer(AnswerOut(text=text, citations=citations), (JAWS, BORN, MARKED), prose=prose, question=question).value


@pytest.mark.parametrize(
    "text",
    [
        "Caf\u00e9 Central",  # NFC, where the passage has NFD inside of emphasis
        "Cafe\u0301 Central",
        "**Caf\u00e9 Central**",
        "opened in 1876 in Vienna",
        "1876",
        "\uff11\uff18\uff17\uff16",  # full-width digits
        'its "own" page',
        "Its \u00abown\u00bb page",
    ],
)
def test_an_answer_is_found_whatever_its_marks_unicode_form_and_quotes(text: str) -> None:
    assert told(text).citations == ("md",)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("He was born in the city of Cincinnati in Ohio.", "Where was Spielberg born?"),
        ("Steven Spielberg was born in Cincinnati.", "Where was Steven Spielberg born?"),
        ("Cincinnati in Ohio", ""),
    ],
)
def test_a_sentence_is_supported_by_a_passage_that_has_nearly_all_that_it_adds(text: str, question: str) -> None:
    assert told(text, question=question).citations == ("born here",)


@pytest.mark.parametrize("text", ["He was born in Hamburg in Germany.", "It opened in Vienna in 1877.", "Central Spielberg"])
def test_a_sentence_that_says_something_else_is_not_supported(text: str) -> None:
    assert told(text, question="Where was he born?").citations == ()


def test_an_id_that_was_not_found_is_not_replaced_without_a_word() -> None:
    assert told("Cincinnati, Ohio", "p9").citations == ("born here",)  # code has found its very words
    assert told("Cincinnati, Ohio", "p9").confidence == 0.5
    assert told("Cincinnati, Ohio", "p9", "born here").confidence == 1.0
    assert told("He was born in the city of Cincinnati in Ohio.", "p9").citations == ()
    assert told("yes", "p9").citations == ()


def test_prose_that_cites_nothing_gets_the_sources_that_support_it() -> None:
    answer = told("He was born in Cincinnati in Ohio. He is very rich.", prose=True)
    assert answer.text == "He was born in Cincinnati in Ohio [born%20here]. He is very rich [no source]."
    assert answer.citations == ("born here",)


@pytest.mark.parametrize("prose", [False, True])
@pytest.mark.parametrize("text", ['{"text": "Visby"}', '{"answer": "Visby"}', 'Here: {"text": "Visby"}', "<think>Visby it is"])
def test_neither_json_nor_reasoning_is_an_answer(text: str, prose: bool) -> None:
    with pytest.raises(ValueError, match=r"raw JSON|no answer"):
        told(text, prose=prose)


def test_reasoning_before_an_answer_is_dropped() -> None:
    assert told("<think>Jaws... or not?</think>Cincinnati").text == "Cincinnati"
    assert told("<think>Jaws... or not?</think>He set {x}.", prose=True).text.startswith("He set {x}")
