"""The flow that documents are asked with."""

from __future__ import annotations

from pathlib import Path

import pytest

import seekgraph as sg
from seekgraph.demo import CORPUS
from seekgraph.flows.ask import flow
from seekgraph.flows.bridge import flow as bridge
from seekgraph.lms import Scripted

PAGES = {
    "cors.md": "# CORS\n\nOther origins are blocked by browsers.\n\n## Allow origins\n\nAdd the `CORSMiddleware` to the app.\n\n"
    "* `allow_origins`: a list of origins that may make requests.\n",
    "mail.md": "# Mail\n\n## In the background\n\nUse `BackgroundTasks` to send mail after the response is sent.\n\n"
    "## Limits\n\nA mail may have ten attachments.\n",
}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name, text in PAGES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_documents_are_answered_in_their_own_sentences_with_their_ids(docs: Path) -> None:
    result = flow.bind(sg.tools.open_corpus(docs, ranker=False))(question="How do I allow requests from other origins?")
    assert result.status == "ok"
    assert result.answer is not None
    assert "`allow_origins`" in result.answer.text
    assert result.answer.citations
    assert all(f"[{name}]" in result.answer.text for name in result.answer.citations)
    assert {name.partition("#")[0] for name in result.answer.citations[:1]} == {"cors.md"}


def test_what_the_documents_do_not_say_is_refused_with_what_is_nearest(docs: Path) -> None:
    result = flow.bind(sg.tools.open_corpus(docs, ranker=False))(question="Zebra?")
    assert result.answer is not None
    assert result.answer.refused


def test_articles_are_searched_and_answered_as_bridge_does() -> None:
    corpus = sg.tools.open_corpus(CORPUS, ranker=False)
    question = "In which city was the composer of Fidelio baptised?"
    found, expected = flow.bind(corpus)(question=question), bridge.bind(corpus)(question=question)
    assert found.trace.step("route").decision == "articles"
    assert found.answer == expected.answer
    assert [passage.id for passage in found.passages] == [passage.id for passage in expected.passages]


def replies(docs: Path, *texts: dict[str, object], question: str = "Which limit does mail have?") -> tuple[sg.Result, list[str]]:
    lm = Scripted(list(texts))
    return flow.bind(sg.tools.open_corpus(docs, ranker=False), lm=lm)(question=question), [each.prompt for each in lm.asked]


def test_what_a_model_says_to_be_missing_is_searched_for_before_its_refusal_stands(docs: Path) -> None:
    refusal = {"text": "The passages do not say how many attachments there may be.", "refused": True}
    said = {"text": "A mail may have ten attachments [mail.md#limits]."}
    result, prompts = replies(docs, refusal, {"query": "mail attachments limit"}, said)
    assert result.answer is not None
    assert (result.answer.text, result.answer.citations) == (said["text"], ("mail.md#limits",))
    assert refusal["text"] in prompts[1]
    twice, prompts = replies(docs, refusal, {"query": "mail attachments limit"}, refusal)
    assert twice.answer is not None
    assert twice.answer.refused
    assert len(prompts) == 3


def test_a_refusal_without_a_model_stands(docs: Path) -> None:
    result = flow.bind(sg.tools.open_corpus(docs, ranker=False))(question="Which insurance for boats on the sea has limits?")
    assert result.answer is not None
    assert result.answer.refused
    assert result.values["verdict"].label == "settled"
    assert [step.path for step in result.trace if "again" in step.path] == []
