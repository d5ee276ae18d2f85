"""Questions that go on from a conversation, made to stand by themselves: by rules, and by a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.demo import CORPUS
from seekgraph.deploy.conversing import asked, conversing, turns_of
from seekgraph.flow import Flow
from seekgraph.flows.ask import flow as ask
from seekgraph.lms import Scripted
from seekgraph.nodes import Standalone
from seekgraph.nodes.rules.language import rules_for
from seekgraph.tools import open_corpus
from seekgraph.types import Turn

CONVERSATION = (
    ("Who discovered Uranus?", "d154"),
    ("Who was his sister?", "d146"),
    ("Where was she born?", "d146"),
    ("Which river flows through the city?", "d035"),
    ("Who composed Rigoletto?", "d085"),
    ("Which play is it based on?", "d085"),
    ("And La traviata?", "d084"),
    ("When was Clara Schumann born?", "d062"),
    ("And her husband?", "d061"),
    ("Where did he die?", "d061"),
)


def said(*turns: str) -> tuple[Turn, ...]:
    """Questions and answers in turn."""
    return tuple(Turn(role="assistant" if at % 2 else "user", text=text) for at, text in enumerate(turns))


def resolved(question: str, *turns: str) -> str:
    return rules_for(question).standalone(question, said(*turns))


def test_in_ten_turns_over_the_demo_corpus_resolved_questions_find_their_gold_passages() -> None:
    resources = open_corpus(CORPUS)
    corpus, history = resources["corpus"], ()
    bound = conversing(ask).bind({name: each for name, each in resources.items() if name in ask.resources})
    found, as_asked = 0, 0
    for question, gold in CONVERSATION:
        result = bound(question=question, history=history or None)  # with its own answers, right or wrong, as a user has them
        found += gold in [passage.id for passage in corpus.find(asked(result, question), 5)]
        as_asked += gold in [passage.id for passage in corpus.find(question, 5)]
        history += turns_of(result, question)
    assert found >= 8
    assert found > as_asked


@pytest.mark.parametrize(
    ("question", "turns", "full"),
    [
        ("Where was she born?", ("Who was William Herschel's sister?", "Caroline Herschel"), "Where was Caroline Herschel born?"),
        ("And her husband?", ("Where was Clara Schumann born?", "Leipzig"), "Where was Clara Schumann's husband born?"),
        ("And his sister?", ("Who discovered Uranus?", "William Herschel"), "Who was William Herschel's sister?"),
        ("Where did he die?", ("When was Clara Schumann's husband born?", "1810"), "Where did Clara Schumann's husband die?"),
        ("When?", ("Who discovered Uranus?", "William Herschel"), "Who discovered Uranus, and when?"),
        ("When did he do that?", ("Who discovered Uranus?", "William Herschel"), "Who discovered Uranus, and when?"),
        ("What about Oslo?", ("Which river flows through Dublin?", "Liffey"), "Which river flows through Oslo?"),
        ("And in Dublin?", ("Which river flows in Hanover?", "Leine"), "Which river flows in Dublin?"),
        ("Who was born there?", ("Which river flows through Dublin?", "Liffey"), "Who was born in Dublin?"),
        ("How long is it?", ("Which river flows through Dublin?", "Liffey"), "How long is Liffey?"),
        ("Where was it first performed?", ("Who composed Aida?", "Giuseppe Verdi"), "Where was Aida first performed?"),
        ("Who built the city?", ("Where was Kafka born?", "Prague"), "Who built Prague?"),
        ("Is it required?", ("What does Redis do here?", "It caches sessions."), "Is Redis required?"),
        (
            "Can it be a file?",
            ("How do I configure logging?", "Set LOG."),
            "Can it be a file? (about: How do I configure logging)",
        ),
    ],
)
def test_what_a_question_refers_to_is_put_into_it(question: str, turns: tuple[str, ...], full: str) -> None:
    assert resolved(question, *turns) == full


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote Dracula?",
        "How do I change the theme?",
        "Is there a river in Oslo?",
        "When did Verdi write his last opera?",
        "How long does it take to start?",
        "Thanks",
        "Wo wurde sie geboren?",
    ],
)
def test_a_question_that_stands_by_itself_stays_as_it_is(question: str) -> None:
    assert resolved(question, "Where was Clara Schumann born?", "Leipzig") == question


def test_what_is_said_about_he_is_not_about_a_woman() -> None:
    turns = ("Who was Erich Kastner?", "a writer", "Who was the queen of Sweden then?", "Louise Mountbatten")
    assert resolved("When did he die?", *turns) == "When did Erich Kastner die?"
    assert resolved("When did she die?", *turns) == "When did Louise Mountbatten die?"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=6))
def test_any_text_is_taken(question: str, turns: list[str]) -> None:
    assert isinstance(resolved(question, *turns), str)
    assert resolved(question) == question


def test_a_model_rewrites_the_question_and_is_not_followed_into_an_essay() -> None:
    flow = Flow(Standalone(), name="full", output="question")
    for reply, full in (
        ("Where was Caroline Herschel born?", "Where was Caroline Herschel born?"),
        ("word " * 200, "Where was Caroline Herschel born?"),
        ("", "Where was Caroline Herschel born?"),
    ):
        lm = Scripted(lambda asked, reply=reply: {"question": reply}, name="m", identity="1")
        history = said("Who was William Herschel's sister?", "Caroline Herschel")
        assert flow.bind(lm=lm)(question="Where was she born?", history=history).values["question"] == full
        assert len(lm.asked) >= 1
    alone = Scripted(lambda asked: {"question": "no"}, name="m", identity="1")
    assert flow.bind(lm=alone)(question="Where was she born?").values["question"] == "Where was she born?"
    assert not alone.asked  # without a history there is nothing to resolve
