"""Answers in prose without a model: verbatim, cited, bounded, and about the question."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from seekgraph.nodes import Answer
from seekgraph.nodes.composing import compose
from seekgraph.text.units import units
from seekgraph.types import Passage

CORS = Passage(
    id="cors.md#2",
    title="CORS > Use the middleware",
    text="You can configure it with the `CORSMiddleware`.\n\n* `allow_origins` - A list of origins that may ask.\n* Other.",
    score=1.0,
)
MAIL = Passage(id="mail.md#1", title="Mail", text="Mail is sent in the background. It never blocks a request.", score=0.4)
QUESTION = "How do I allow requests from other origins?"


def test_it_is_made_of_units_of_the_passages_each_with_its_id() -> None:
    found = compose(QUESTION, (CORS, MAIL))
    assert found is not None
    verbatim = {f"{unit.text} [{passage.id}]" for passage in (CORS, MAIL) for unit in units(passage.text)}
    assert set(found.text.split("\n")) <= verbatim
    assert "`allow_origins`" in found.text
    assert found.passages[0] == CORS


def test_what_repeats_is_said_once_before_what_adds() -> None:
    twice = "Set the `limit` of the queue to ten. Set the `limit` of the queue to ten! A queue has `workers` beside its limit."
    found = compose("limit of the queue", (Passage(id="q#1", title="Queue", text=twice, score=1.0),), most=2)
    assert found is not None
    assert "workers" in found.text


def test_code_is_near_where_what_introduces_it_is() -> None:
    text = "To leave it out, do this.\n\n```sh\npack --without x\n```\n\nThe weather is nice today. Rain comes later on."
    near = {"To leave it out, do this.": 0.7, "The weather is nice today.": 0.2}
    found = compose("leave it out", (Passage(id="a#1", title="A", text=text, score=1.0),), most=2, near=near)
    assert found is not None
    assert "--without" in found.text


def test_a_heading_that_names_what_its_text_does_not_is_shown() -> None:
    text = "You can replace a dependency in tests."
    passage = Passage(id="t#1", title="Tests > Use `app.overrides`", text=text, score=1.0)
    found = compose("replace a dependency", (passage,))
    assert found is not None
    assert found.text == f"Use `app.overrides` [t#1]\n{text} [t#1]"


def test_nothing_that_shares_no_word_is_an_answer() -> None:
    assert compose("zebra stripes", (CORS, MAIL)) is None
    assert compose("", (CORS,)) is None
    assert compose(QUESTION, ()) is None


@given(st.integers(5, 60), st.integers(1, 6))
def test_it_is_no_longer_than_asked(words: int, most: int) -> None:
    found = compose(QUESTION, (CORS, MAIL), words=words, most=most)
    if found is not None:
        assert len(found.text.split()) <= words
        assert len(found.text.split("\n")) <= most


def test_prose_without_a_model_is_composed_and_cites_what_it_shows() -> None:
    answer = asyncio.run(Answer(prose=True, refuse_below=0.02).run(QUESTION, context=(CORS, MAIL))).answer
    assert not answer.refused
    assert "[cors.md#2]" in answer.text
    assert answer.citations[0] == "cors.md#2"


def test_where_nothing_answers_the_nearest_passages_are_named_as_no_answer() -> None:
    answer = asyncio.run(Answer(prose=True, refuse_below=0.02).run("zebra stripes", context=(MAIL,))).answer
    assert answer.refused
    assert answer.text == "The passages found do not answer this. Nearest, but not an answer: Mail [mail.md#1]."
    assert answer.citations == ()


def test_links_to_other_pages_are_shown_as_their_words_and_addresses_stay() -> None:
    text = (
        "To allow origins read about [the `CORSMiddleware`](../tutorial/cors.md#use) or [the standard](https://example.org/cors)."
    )
    found = compose("How do I allow origins?", (Passage(id="a.md#1", title="Origins", text=text, score=1.0),))
    assert found is not None
    assert "read about the `CORSMiddleware` or [the standard](https://example.org/cors)." in found.text


def test_a_fence_is_closed_by_a_line_of_its_own() -> None:
    text = "Allow origins like this:\n\n```python\nallow(origins=['*'])\n```"
    found = compose("How do I allow origins?", (Passage(id="a.md#1", title="Origins", text=text, score=1.0),))
    assert found is not None
    assert "\n```\n[a.md#1]" in found.text
