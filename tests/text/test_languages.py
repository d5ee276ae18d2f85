"""Which language a text is in, and the words that a search makes of it."""

from __future__ import annotations

import pytest

from seekgraph.text.analysis import Analyzer
from seekgraph.text.languages import CODES, detect, language
from seekgraph.text.polyglot import Polyglot, analyzed_as, analyzer_for, described
from seekgraph.text.scripts import script


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("How do I restore a backup?", "english"),
        ("¿Cómo puedo restaurar una copia de seguridad?", "spanish"),
        ("Comment restaurer une sauvegarde ?", "french"),
        ("Wie kann ich eine Sicherung wiederherstellen?", "german"),
        ("Como faço para restaurar um backup com o meu servidor?", "portuguese"),
        ("Как можно восстановить копию, если сервер не отвечает?", "russian"),
        ("バックアップを復元するには", "japanese"),
        ("恢复备份的方法", "chinese"),
        ("백업을 복원하려면", "korean"),
        ("วิธีกู้คืนข้อมูล", "thai"),
    ],
)
def test_a_language_is_told_by_its_script_or_by_its_function_words(text: str, name: str) -> None:
    assert detect(text) == name


@pytest.mark.parametrize("text", ["", "restore", "max_connections=100", "12345"])
def test_nothing_is_claimed_where_nothing_tells(text: str) -> None:
    assert detect(text) is None


def test_a_language_is_named_by_its_name_or_its_code() -> None:
    assert language("es") == language("Spanish") == "spanish"
    assert {analyzed_as(name) for name in CODES.values()} >= {"spanish", "english"}
    assert analyzed_as("japanese") == "english"  # in the analysis of any language its words are pairs of characters
    with pytest.raises(ValueError, match="'klingon': give a code such as 'es'"):
        language("klingon")


def test_words_are_stemmed_and_left_out_as_their_language_has_them() -> None:
    spanish = analyzer_for("spanish")
    assert spanish.terms("¿Cómo se configuran las copias?") == spanish.terms("configurar copia")
    assert analyzer_for("french").terms("l'état d'une copie") == analyzer_for("french").terms("état copies")
    russian = analyzer_for("russian")
    assert russian.terms("настройка серверов") == russian.terms("настройки сервера")
    assert russian.terms("the settings") == ("set",)  # English words among it are English


def test_a_query_to_several_languages_is_in_all_of_them() -> None:
    both = Polyglot({"english": Analyzer(), "spanish": analyzer_for("spanish")})
    weights = both.weighted("running copias")
    assert {"run", "running", "copi"} <= weights.keys()
    assert set(weights) == set(both.terms("running copias"))
    assert max(both.weighted("servidor servidor").values()) == 2.0
    assert {term for phrase in both.phrases("las copias running") for term in phrase} <= set(both.terms("las copias running"))
    assert described(both.describe()).describe() == both.describe()


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        ("max_connections", "maxconnect", ["max", "connect"]),
        ("BackgroundTasks", "backgroundtask", ["background", "task"]),
        ("getUserName", "getusernam", ["get", "user", "name"]),
        ("--no-deps", "--no-deps", ["dep"]),
        (".env", ".env", ["env"]),
        ("os.path", "os.path", ["os", "path"]),
        ("C++", "c++", []),
        ("C#", "c#", []),
        ("e-mail", "email", ["mail"]),
        ("Python-Programm", "pythonprogramm", ["python", "programm"]),
    ],
)
def test_a_compound_or_identifier_is_found_whole_and_by_part(text: str, whole: str, parts: list[str]) -> None:
    terms = Analyzer().terms(text)
    assert whole in terms
    assert set(parts) <= set(terms)
    assert Analyzer().terms(f"é ({text})")[2:] == terms  # in text of any script


def test_a_name_in_capitals_is_one_word() -> None:
    assert Analyzer().terms("FastAPI GitHub HTTP") == ("fastapi", "github", "http")


@pytest.mark.parametrize("text", ["a -- b", "x - y", "1.-2", "end. Begin", "#1", "___"])
def test_punctuation_makes_no_names(text: str) -> None:
    assert all(term.isalnum() for term in Analyzer(None, None).terms(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("使用Python編程", ["使用", "python", "編程"]),
        ("1781年", ["1781"]),
        ("ภาษาไทย", ["ไท", "ทย"]),
        ("ລາວ", ["ລາ", "າວ"]),
        ("မြန်မာစာ", ["မြန်", "စာ"]),
        ("ភាសាខ្មែរ", ["ភាសា", "មែរ"]),
    ],
)
def test_scripts_without_spaces_are_cut_into_pairs_and_from_other_scripts(text: str, words: list[str]) -> None:
    found = "".join(Analyzer().terms(text))
    assert all(word in found for word in words)
    assert len(Analyzer().terms(text)) > 1


def test_a_letter_is_of_a_script() -> None:
    assert [script(each) for each in "aéЖ漢ひカ한ก１!"] == [
        *("LATIN", "LATIN", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "", "")
    ]
