"""Encodings that are found out, and those that are not certain."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from seekgraph.tools.decoding import Unreadable, decoded, encoding_found
from seekgraph.tools.indexed import open_documents


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Zürich", "latin-1"),
        ("It\u2019s \u201cfine\u201d \u2014 really.", "cp1252"),
        ("Die Größe der Straße ist für Fußgänger überall gleich. Das hört sich gut an.", "cp1252"),
        ("L'été dernier, nous avons mangé des crêpes à la plage. C'était très agréable.", "latin-1"),
        ("Москва является столицей России и крупнейшим городом страны.", "cp1251"),
        ("Москва является столицей России и крупнейшим городом страны.", "koi8-r"),
        ("Zażółć gęślą jaźń. Warszawa jest stolicą Polski i największym miastem.", "cp1250"),
        ("Zażółć gęślą jaźń. Warszawa jest stolicą Polski i największym miastem.", "iso8859-2"),
        ("Η Αθήνα είναι η πρωτεύουσα της Ελλάδας και η μεγαλύτερη πόλη.", "cp1253"),
        ("東京は日本の首都です。人口は約千四百万人です。", "shift_jis"),
        ("東京は日本の首都です。人口は約千四百万人です。", "euc-jp"),
        ("北京是中华人民共和国的首都，是全国的政治中心。", "gbk"),
        ("台北是中華民國的首都，也是政治中心。", "big5"),
        ("서울은 대한민국의 수도이자 최대 도시이다.", "cp949"),
    ],
)
def test_text_in_the_encodings_of_old_documents_is_read(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text
    assert encoding_found(text.encode(encoding))


@pytest.mark.parametrize(
    "raw", ["Zürich, Genf, Köln".encode()[:-3] + b"\xc3", b"\xfd\xfc\x81\x8d" * 30, bytes(range(1, 256)) * 4]
)
def test_damaged_text_and_noise_are_not_taken_for_something_else(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        decoded(raw)
    assert not encoding_found(raw)


def test_what_a_person_would_want_to_know_of_a_file_is_said_once(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "old.txt").write_bytes("Zürich".encode("latin-1"))
    (docs / "CHANGELOG.md").write_text("# Changes\n\n## 1.0\n\nFirst.")
    for expected in (
        ["CHANGELOG.md: what changed from version to version: --exclude leaves it out", "old.txt: read as windows-1252"],
        [],
    ):
        with capture_logs() as logged:
            opened = open_documents(docs, cache=tmp_path / "cache")
        assert [each for log in logged for each in log["files"]] == expected
        assert [path for path, _ in opened.notes] == ["CHANGELOG.md", "old.txt"]
        assert len(opened.corpus) == 2
