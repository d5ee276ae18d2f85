"""Odd files end in passages or in a reason, never in a hang or a traceback (issue 11)."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from seekgraph.tools import read_documents
from seekgraph.tools.loaders.table import LOADERS
from tests.tools import kinds

DEEP = 100_000
DEEP_FOLDER = "d/" * 400 + "deep.md"
JUNK = bytes(range(256)) * 40
MAIL = b"From: a@a.example\nSubject: x\n"

# name -> (bytes, part of the reason, or None where it is read)
ODD: dict[str, tuple[bytes, str | None]] = {
    **{f"empty{suffix}": (b"", "") for suffix in LOADERS},
    **{f"junk{suffix}": (JUNK, "") for suffix in LOADERS if suffix not in (".eml",)},
    "binary.md": (b"text\0text", "binary"),
    "latin.txt": ("Zürich".encode("latin-1"), None),
    "latin.csv": ("a,b\nZürich,1".encode("latin-1"), None),
    "cut.txt": ("Zürich, Genf und Köln".encode()[:-3] + b"\xc3", "in no encoding that is certain"),
    "noise.txt": (bytes(random.Random(1).choices(range(32, 256), k=4000)), "in no encoding that is certain"),
    "utf16.txt": ("Zürich".encode("utf-16-le"), "binary"),
    "carriage.txt": (b"one\rtwo\r\rthree", None),
    "escapes.log.txt": (b"\x1b[31mred\x1b[0m text", None),
    "deep.jsonl": (b'{"a": ' + b"[" * DEEP + b"]" * DEEP + b"}", "line 1: nested more than 100 levels deep"),
    "broken.jsonl": (b'{"text": "x"}\n{"text": ', "line 2: not JSON"),
    "scalars.jsonl": (b'1\n"two"\n\n[3, 4]\n', None),
    "directives.rst": (b"".join(b" " * at + b".. note::\n" for at in range(300)) + b" " * 300 + b"word", None),
    "toctree.rst": (b".. toctree::\n\n   a\n", "no text of its own"),
    "long-line.md": (b"word " * 50_000, None),
    "nameless.html": (b"\xff\xfe<\0p\0>\0w\0o\0r\0d\0", None),
    "script.html": (b"<script>" + b"x" * 100_000, "no text of its own"),
    "bomb.pptx": (b"", "unpacks to over 200 MB"),
    "locked.docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"EncryptedPackage" * 100, "encrypted"),
    "wrong.html": (b'<meta charset="utf-8"><p>\xff</p>', "not utf-8, as it says"),
    "unknown.html": (b'<meta charset="klingon"><p>\xff</p>', "not klingon, as it says"),
    "deep.html": (b"<div>" * DEEP + b"word" + b"</div>" * DEEP, "nested over 1000 levels deep"),
    "open.html": (b"<" * 50_000 + b"<p>word", None),
    "deep.md": (b">" * DEEP + b" word", None),
    "lists.md": (b"".join(b" " * at + b"- x\n" for at in range(300)), None),
    "brackets.md": (b"[" * DEEP + b"word", None),
    "comments.md": (b"<!---->" * DEEP + b"word", None),
    "fences.md": (b"```\n" * 30_001 + b"word", None),
    "deep.py": (b"(" * DEEP + b"1" + b")" * DEEP, None),
    "null.py": (b"x = 1\0", "binary"),
    "deep.ipynb": (b'{"cells": ' + b"[" * DEEP + b"]" * DEEP + b"}", "not a notebook"),
    "list.ipynb": (b"[1]", "not a notebook"),
    "wrong.ipynb": (b'{"cells": [1, {"source": 3}, {"cell_type": "code"}], "metadata": []}', "no text of its own"),
    "quote.csv": (b'a,b\n"' + b"x" * 200_000, "not a table"),
    "ragged.csv": (b"a\n1,2,3\n\n,,\n", None),
    "parts.eml": (MAIL + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 20_000, ""),
    "charset.eml": (MAIL + b"Content-Type: text/plain; charset=klingon\n\nword", ""),
    "cut.pdf": (kinds.pdf("One.")[:200], ""),
    "bomb.docx": (b"", "unpacks to over 200 MB"),
    "bomb.xlsx": (b"", "unpacks to over 200 MB"),
    "old.docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + JUNK, "encrypted, or of a format of before 2007"),
    "other.docx": (kinds.archive(a=b"x"), ""),
    "other.pptx": (kinds.archive(a=b"x"), ""),
    "sheet.docx": (b"PK\x03\x04" + JUNK, "damaged"),
    "deep.docx": (b"", ""),
    "entities.docx": (b"", ""),
    "locked.pdf": (b"", "encrypted"),
    "huge.md": (b"", "over 20 MB"),
}


def with_document(xml: bytes) -> bytes:
    """A Word document whose main part is this."""
    import io
    import zipfile

    source, out = zipfile.ZipFile(io.BytesIO(kinds.word())), io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for member in source.infolist():
            written.writestr(member, xml if member.filename == "word/document.xml" else source.read(member))
    return out.getvalue()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    for name, (data, _) in ODD.items():
        (folder / name).write_bytes(data)
    space = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    deep = b"<w:document " + space + b">" + b"<w:p>" * DEEP + b"</w:p>" * DEEP + b"</w:document>"
    (folder / "deep.docx").write_bytes(with_document(deep))
    laughs = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
        b"<!ENTITY a%d '%s'>" % (at, b"&a%d;" % (at - 1) * 10) for at in range(1, 12)
    )
    body = b"]><w:document " + space + b"><w:body><w:p><w:r><w:t>&a11;</w:t></w:r></w:p></w:body></w:document>"
    (folder / "entities.docx").write_bytes(with_document(laughs + body))
    (folder / "locked.pdf").write_bytes(kinds.encrypted_pdf("word"))
    bomb = kinds.archive(**{"word/document.xml": b"\0" * 200_000_001})
    for name in ("bomb.docx", "bomb.xlsx", "bomb.pptx"):
        (folder / name).write_bytes(bomb)
    with (folder / "huge.md").open("wb") as file:
        file.truncate(20_000_001)
    (folder / "good.md").write_text("# Good\n\nText.")
    (folder / "outside.md").symlink_to(os.devnull)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.md")
    (folder / "closed.md").write_text("")
    (folder / "closed.md").chmod(0)
    (folder / DEEP_FOLDER).parent.mkdir(parents=True)
    (folder / DEEP_FOLDER).write_text("word")
    return folder


def test_every_odd_file_is_read_or_named_with_its_reason(odd: Path) -> None:
    documents = read_documents(odd)
    read = {str(passage.meta["path"]) for passage in documents.passages}
    reasons = {each.path: each.reason for each in documents.skipped}
    assert read | set(reasons) == {*ODD, "good.md", "outside.md", "loop", "pipe.md", "closed.md", DEEP_FOLDER}
    assert len(ODD) > 80
    assert not read & set(reasons)
    for name, (_, reason) in ODD.items():
        if reason is None:
            assert name in read, (name, reasons[name])
        elif reason:
            assert reason in reasons[name], name
    assert all(0 < len(reason) < 300 and "\n" not in reason for reason in reasons.values())


def test_without_the_extra_the_reason_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pypdf", None)
    (tmp_path / "a.pdf").write_bytes(kinds.pdf("One."))
    (tmp_path / "a.md").write_text("Text.")
    (skipped,) = read_documents(tmp_path).failed
    assert 'pip install "seekgraph[docs]"' in skipped.reason
