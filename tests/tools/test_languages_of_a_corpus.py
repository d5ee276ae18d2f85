"""BM25 over documents of any language, and of several."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import structlog

from seekgraph.tools import BM25, open_corpus
from seekgraph.types import Passage

ENGLISH = (
    "The server keeps a copy of the files that you have changed, and it is in the folder of the user.",
    "You can restore a copy with this command if the disk of your server is broken.",
    "Running it as another user is not allowed, and there is no way around that.",
)
SPANISH = (
    "El servidor guarda una copia de los archivos que han cambiado en la carpeta del usuario.",
    "Las copias se restauran con este comando cuando el disco no funciona.",
    "La configuración de las notificaciones está en el menú de la cuenta.",
)


def corpus(*texts: str) -> list[Passage]:
    return [Passage(id=f"p{number}", text=text) for number, text in enumerate(texts)]


def first(tool: BM25, query: str) -> str:
    found = tool.find(query, 1)
    return found[0].id if found else ""


def test_a_corpus_is_analyzed_in_its_own_language() -> None:
    tool = BM25(corpus(*SPANISH))
    assert first(tool, "¿Cómo restaurar una copia?") == "p1"
    assert first(tool, "configurar notificación") == "p2"
    assert tool.terms("¿Cómo?") == ()
    assert tool.identity == BM25(corpus(*SPANISH), language="es").identity


def test_an_english_corpus_is_analyzed_as_it_always_was() -> None:
    assert BM25(corpus(*ENGLISH)).identity == BM25(corpus(*ENGLISH), stemmer="english", stopwords="english").identity
    assert BM25(corpus("x1", "x2")).identity == BM25(corpus("x1", "x2"), language="english").identity


def test_each_passage_of_a_mixed_corpus_is_in_its_own_language() -> None:
    tool = BM25(corpus(*ENGLISH, *SPANISH))
    assert first(tool, "restaurar las copias") == "p4"
    assert first(tool, "How do I restore copies?") == "p1"
    assert first(tool, "configurar la notificación") == "p5"
    assert first(tool, "Run as other users") == "p2"
    assert pickle.loads(pickle.dumps(tool)).find("copias", 5) == tool.find("copias", 5)
    turned = BM25(corpus(*ENGLISH, *SPANISH)[::-1])
    assert turned.identity == tool.identity
    assert turned.find("notificación restore", 6) == tool.find("notificación restore", 6)


def test_a_mixed_corpus_is_kept_on_disk(tmp_path: Path) -> None:
    tool = BM25(corpus(*ENGLISH, *SPANISH))
    tool.save(tmp_path / "index")
    opened = BM25.open(tmp_path / "index")
    assert opened.identity == tool.identity
    assert opened.find("restaurar las copias", 5) == tool.find("restaurar las copias", 5)


def test_what_is_kept_in_one_language_is_not_taken_for_another(tmp_path: Path) -> None:
    kept = [open_corpus(corpus(*SPANISH), cache=tmp_path, ranker=False, language=name)["corpus"] for name in (None, "en", "es")]
    auto, english, spanish = (each.identity for each in kept)  # type: ignore[attr-defined]
    assert auto == spanish != english


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'xx'"):
        BM25(corpus("a"), language="xx")


def test_a_question_in_a_script_that_the_corpus_does_not_have_is_warned_of_once() -> None:
    tool = BM25(corpus(*ENGLISH, "Grüße aus Köln"))
    with structlog.testing.capture_logs() as logs:
        for query in ("サーバーはどこですか", "サーバー", "zebra", "Köln", "server はどこですか"):
            tool.with_settings(k1=2).find(query, 3)
            tool.find(query, 3)
    assert [(each["question"], each["corpus"]) for each in logs] == [("Hiragana", "Latin"), ("Katakana", "Latin")]
