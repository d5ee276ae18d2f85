"""Yes or no without a model: said only where a sentence clearly says it."""

from __future__ import annotations

import pytest

from seekgraph.nodes.composing import compose
from seekgraph.nodes.rules.base import Rules, Statement
from seekgraph.nodes.rules.language import rules_for
from seekgraph.text.weights import idf
from seekgraph.types import Passage

CASES = [
    ("Can I set the pool size to zero?", "The pool size can be any number, but not zero.", "no"),
    ("Can I use tabs in the config file?", "Tabs cannot be used in the config file.", "no"),
    ("Can I use tabs in the config file?", "You can use tabs in the config file.", "yes"),
    ("Can I use tabs in the config file?", "Tabs in the config file are a frequent question.", None),
    ("Do I have to restart the server after a change of the config?", "You don't have to restart the server.", "no"),
    ("Do I have to restart the server after a change of the config?", "You must restart the server after each change.", "yes"),
    ("Do I need to close the connection myself?", "The connection is closed automatically.", "no"),
    ("Do I need to close the connection?", "The connection is closed automatically when you leave, you need not close it.", None),
    ("Is compression enabled by default?", "By default, compression is disabled.", "no"),
    ("Is compression enabled by default?", "Compression is enabled by default.", "yes"),
    ("Is compression enabled by default?", "Compression is not enabled by default.", "no"),
    ("Is compression enabled by default?", "Compression is enabled by default only on Linux.", None),
    ("Are names case sensitive?", "Names are case insensitive.", "no"),
    ("Are names case sensitive?", "Names are not case insensitive.", "yes"),
    ("Will the hook run if the job fails?", "If the job fails, the hook will not run.", "no"),
    ("Will the hook run if the job fails?", "The hook will run also if the job fails.", "yes"),
    ("Isn't the hook run twice?", "The hook is not run twice.", None),
    ("Does the cache survive a restart or is it lost?", "The cache does not survive a restart.", None),
    ("How do I stop it, is it possible?", "It is not possible to stop it.", None),
    ("I deleted the file. Does the index still hold it?", "The index does not hold the deleted file.", "no"),
    ("Does the scheduler run hooks for child jobs?", "Hooks are run for parent jobs, not for child jobs.", "no"),
    ("Does the scheduler run hooks for parent jobs?", "Hooks are run for parent jobs, not for child jobs.", None),
    ("Does the client support HTTP/3?", "A future version of the client may support HTTP/2 by default.", None),
    ("Does the client support HTTP/3?", "The client supports HTTP/2.", None),
    ("Does the client support HTTP/2?", "The client supports HTTP/2.", "yes"),
    ("Does the client support HTTP/2?", "It is possible that the client will support HTTP/2.", None),
    ("Does it run on Python 3.6?", "It runs on Python 3.10.", None),
    ("Kann ich das?", "Nein, nicht.", None),
    ("Does the client retry on errors?", "The server does not retry.", None),
    ("Do I have to use gloves?", "When you want to use gloves, you have to wash them.", None),
    ("Does a door need a lock?", "This will assume that the door is required, has no lock, and is red.", None),
    ("Are values read automatically?", "The values read are always text.", None),
    ("Are doors with a lock required?", "You can make doors required by not having a lock.", None),
]


@pytest.mark.parametrize(("question", "sentence", "says"), CASES)
def test_a_sentence_says_yes_or_no_or_neither(question: str, sentence: str, says: str | None) -> None:
    weights = idf([sentence, question, "Something else entirely.", "The pool and the server."])
    found = rules_for(question).decide(question, [Statement(sentence)], weights)
    assert (found and found.text) == says


def test_what_sentences_do_not_agree_on_is_not_decided() -> None:
    question = "Is the door open?"
    statements = [Statement("The door is open."), Statement("The door is not open.")]
    assert rules_for(question).decide(question, statements, {}) is None


def test_a_composed_answer_begins_with_the_sentence_that_decides() -> None:
    text = "Tabs are wide characters in a config file. You cannot use tabs in the config file. Use spaces."
    page = Passage(id="config.md#tabs", title="Config", text=text, score=1.0)
    found = compose("Can I use tabs in the config file?", (page,))
    assert found is not None
    assert found.text.startswith("No. You cannot use tabs in the config file. [config.md#tabs]\n")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("¿Puedo usar tabuladores en la configuración?", "No se puede usar tabuladores en la configuración."),
        ("設定ファイルでタブを使えますか？", "設定ファイルでタブは使えません。"),
    ],
)
def test_other_languages_are_answered_without_yes_or_no(question: str, text: str) -> None:
    assert type(rules_for(question)) is Rules
    found = compose(question, (Passage(id="a.md#1", title="", text=text, score=1.0),))
    assert found is not None
    assert found.text == f"{text} [a.md#1]"
