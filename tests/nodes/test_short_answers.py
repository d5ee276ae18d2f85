"""Short answers without a model: a number or a name, only where it is certain."""

from __future__ import annotations

import pytest

from seekgraph.nodes.composing import compose
from seekgraph.nodes.rules.base import Statement
from seekgraph.nodes.rules.language import rules_for
from seekgraph.types import Passage

CASES = [
    ("How long does the cache keep an entry by default?", ["The cache keeps an entry for `300` seconds."], "300 seconds"),
    ("How long does the cache keep an entry by default?", ["The cache keeps an entry for 5 or 10 minutes."], None),
    ("How many workers are started?", ["By default `4` workers are started.", "By default 8 workers are started."], None),
    ("Which version of the compiler is needed?", ["The compiler is needed in version 4.12."], "4.12"),
    ("Which option switches the colours off?", ["Set `plain_text=True` to switch the colours off."], "plain_text=True"),
    ("Which option of `Screen` switches the colours off?", ["`Screen` switches its colours off by `plain`."], "plain"),
    ("Which option switches the colours off?", ["Colours are switched off by `plain` or by `dark`."], None),
    ("How do I limit it to 100 requests and what number is safe?", ["A limit of 200 requests is safe."], None),
    ("Which option sets the width and which one the height?", ["The `width` option sets the size, `height` does not."], None),
    ("How many zebras are there?", ["See the 3 chapters on stripes."], None),
    ("¿Cuántos segundos dura la sesión?", ["La sesión dura 300 segundos."], None),
    ("キャッシュは何秒ですか？", ["キャッシュは300秒です。"], None),
]


@pytest.mark.parametrize(("question", "sentences", "answer"), CASES)
def test_the_only_number_or_name_of_the_sentence_that_answers(question: str, sentences: list[str], answer: str | None) -> None:
    found = rules_for(question).short(question, [Statement(each, near=0.3) for each in sentences], {})
    assert (found and found.text) == answer


def test_a_composed_answer_begins_with_the_short_one_and_its_source() -> None:
    text = "Entries are kept in memory. The cache keeps an entry for 300 seconds. It is emptied at a restart."
    found = compose("How long does the cache keep an entry?", (Passage(id="cache.md#time", title="Cache", text=text, score=1.0),))
    assert found is not None
    assert found.text.startswith("300 seconds [cache.md#time]\nThe cache keeps an entry for 300 seconds. [cache.md#time]")


def test_a_spanish_and_a_japanese_question_are_answered_in_whole_sentences() -> None:
    spanish = Passage(id="sesion.md#1", title="Sesión", text="La sesión dura 300 segundos. Después se cierra sola.", score=1.0)
    japanese = Passage(id="cache.md#1", title="キャッシュ", text="キャッシュは300秒です。再起動で消えます。", score=1.0)
    answers = [compose("¿Cuántos segundos dura la sesión?", (spanish,)), compose("キャッシュは何秒ですか？", (japanese,))]
    assert [answer and answer.text.split("\n")[0] for answer in answers] == [
        "La sesión dura 300 segundos. [sesion.md#1]",
        "キャッシュは300秒です。 [cache.md#1]",
    ]
