"""The form of an answer in prose: by what is asked."""

from __future__ import annotations

import asyncio

import pytest

from seekgraph.nodes import Answer
from seekgraph.nodes.answer import DEFAULT
from seekgraph.nodes.blend import Blend
from seekgraph.nodes.composing import compose
from seekgraph.nodes.rules.base import Form
from seekgraph.nodes.rules.language import rules_for
from seekgraph.types import Passage, Ranking

ASKED = [
    ("What is a transport?", Form("definition", subject="transport")),
    ("what's the application context", Form("definition", subject="application context")),
    ("What does EOS stand for?", Form("definition", subject="EOS")),
    ("What is the difference between a pack and a blob?", Form("comparison", sides=("a pack", "a blob"))),
    ("pack vs. blob, which one?", Form("comparison", sides=("pack", "blob"))),
    ("When should I use a blueprint rather than an application?", Form("comparison", sides=("a blueprint", "an application"))),
    ("Why is it off by default?", Form("why")),
    ("Which authentication schemes are built in?", Form("list")),
    ("How do I enable it?", Form("howto")),
    ("What is the default timeout?", Form("fact")),
    ("What is the maximum number of pools?", Form("fact")),
    ("Can blueprints be nested?", Form("fact")),
    ("hide the endpoint from the docs but keep it working", Form()),
    ("\u00bfQu\u00e9 es un transporte?", Form()),
]


@pytest.mark.parametrize(("question", "form"), ASKED)
def test_the_form_is_told_by_the_question(question: str, form: Form) -> None:
    assert rules_for(question).form(question) == form


DEFINES = [
    ("A transport is a way to send requests.", True),
    ("Transports are the layer below.", True),
    ("**Transport**: what sends a request", True),
    ("transport\n: What sends a request.", True),
    ('The "transport" refers to the layer below.', True),
    ("The layer below is called a transport.", True),
    ("A transport will override it.", False),
    ("The transport was closed.", False),
    ("Route everything through a transport.", False),
    ("", False),
]


@pytest.mark.parametrize(("sentence", "defines"), DEFINES)
def test_a_definition_is_told_by_its_form(sentence: str, defines: bool) -> None:
    question = "What is a transport?"
    rules = rules_for(question)
    assert (rules.fits(rules.form(question), sentence) >= 0.5) == defines


def page(id: str, title: str, text: str, score: float = 1.0) -> Passage:
    return Passage(id=id, title=title, text=text, score=score)


USES = page("use.md#1", "Routes", "Route everything through a transport. Give a transport for each of the hosts.")
DEFINED = page("t.md#1", "Internals", "It is fast. A transport is what sends a request and gives its response.", 0.5)


def test_what_something_is_begins_with_the_sentence_that_defines_it() -> None:
    found = compose("What is a transport?", (USES, DEFINED))
    assert found is not None
    assert found.text.startswith("A transport is what sends a request and gives its response. [t.md#1]")


def test_the_passage_that_defines_comes_first_though_another_was_found_better() -> None:
    ranking = Ranking(source="corpus", query="What is a transport?", ids=("use.md#1", "t.md#1"), scores=(2.0, 1.9))
    blend = Blend(keep=2, semantic=0.7, document=0.3, alike=0.9, form=1.2)
    context = asyncio.run(blend.run("What is a transport?", (USES, DEFINED), (ranking,))).context
    assert [each.id for each in context] == ["t.md#1", "use.md#1"]


def test_a_comparison_says_something_on_both_sides() -> None:
    one = "A pack joins many blobs. A pack is written once. A pack has a header of its own. A pack is never changed."
    other = page("b.md#1", "Storage", "Every blob has its own hash.", 0.2)
    found = compose("What is the difference between packs and hashes?", (page("p.md#1", "Packs", one), other), most=2)
    assert found is not None
    assert "[b.md#1]" in found.text


def test_how_to_do_something_has_its_code() -> None:
    text = "You can enable the second protocol of a client.\n\n```python\nClient(second=True)\n```\n\nThe weather is fine today."
    found = compose("How do I enable the second protocol?", (page("p.md#1", "Protocols", text),), most=2)
    assert found is not None
    assert "Client(second=True)" in found.text


def test_an_answer_ends_where_the_rest_is_far_from_what_is_asked() -> None:
    text = "The cache keeps entries for 300 seconds. Ducks swim. Trees grow slowly here. Rain falls on the hills."
    near = {"The cache keeps entries for 300 seconds.": 0.9, "Ducks swim.": 0.0}
    found = compose("How long does the cache keep entries?", (page("c.md#1", "Cache", text),), near=near)
    assert found is not None
    assert "Trees" not in found.text


def test_a_number_is_no_stray_name() -> None:
    text = "A TimeoutException is raised by the Client. The default timeout is 5 seconds, with 10 connections."
    asked = Answer(hops=False, sentences=12, refuse_below=0.0, scorer=DEFAULT).run(
        "What is the default timeout?", context=(page("t#1", "T", text),)
    )
    assert "5" in asyncio.run(asked).answer.text
    nameless = page("t#1", "T", "A TimeoutException is raised by the Client at the default timeout.")
    refused = asyncio.run(
        Answer(hops=False, sentences=12, refuse_below=0.0, scorer=DEFAULT).run(
            "What is the default timeout?", context=(nameless,)
        )
    )
    assert refused.answer.refused


def test_a_version_and_a_date_are_no_heading_to_show() -> None:
    found = compose(
        "Is the loop updated?", (page("news.md#1", "News > 0.10.5 (November 12, 2019)", "The loop is updated to 0.14."),)
    )
    assert found is not None
    assert "November" not in found.text


def test_a_changelog_comes_after_a_page_that_says_as_much() -> None:
    pages = (page("CHANGES.md#1", "Changes", "Signals are handled."), page("signals.md#1", "Signals", "Signals get handled."))
    ranking = Ranking(source="corpus", query="signals handled", ids=("CHANGES.md#1", "signals.md#1"), scores=(1.0, 1.0))
    blend = Blend(keep=2, semantic=0.7, document=0.0, alike=1.0, form=1.2)
    found = asyncio.run(blend.run("signals handled", pages, (ranking,))).context
    scores = {each.id: each.score for each in found}
    assert scores["CHANGES.md#1"] == pytest.approx(1.0 - 0.3)
