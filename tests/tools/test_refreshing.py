"""Documents brought up to date equal a fresh reading, whatever was done to their files; only what changed is read."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from amounts import PATIENCE
from structlog.testing import capture_logs

from seekgraph.tools import CorpusError, open_corpus, read_documents
from seekgraph.tools.cached import cache_folder, tidy
from seekgraph.tools.choosing import Choice
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.folder import Reader
from seekgraph.tools.indexed import OpenDocuments, open_documents
from seekgraph.tools.loaders import File

SENTENCES = (
    "It is what you have when the day is over and we go home with the others.",
    "El hombre que vino de la ciudad no tiene lo que se le dio para el viaje.",
    "Der Mann hat nicht das Buch, und wir sind mit dem Zug in die Stadt gefahren.",
)
WORDS = "river bank town origin header cookie Wien Café setup 使用Python".split()
OLD = 1_000_000_000  # seconds: a time at which a file was written for good


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    write(folder / "a.md", "# A\n\nThe river.")
    write(folder / "b.md", "# B\n\nThe town.")
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read, as they are."""
    names: list[str] = []
    reading = Reader.read

    def noting(self: Reader, file: Path, root: Path, name: str, prefix: str = "") -> object:
        names.append(prefix + name)
        return reading(self, file, root, name, prefix)

    monkeypatch.setattr(Reader, "read", noting)
    return names


def write(path: Path, text: str, *, settled: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if settled:
        os.utime(path, (OLD, OLD))


def same(one: OpenDocuments, other: OpenDocuments) -> None:
    """Equal passages, index and files, bit by bit."""
    assert one.corpus.identity == other.corpus.identity
    assert list(one.passages()) == list(other.passages())
    assert one.skipped == other.skipped
    assert (one.spoken is None) == (other.spoken is None)
    if one.spoken is not None and other.spoken is not None:
        assert one.spoken.names == other.spoken.names
        assert np.array_equal(one.spoken.places, other.spoken.places)
    for mine, fresh in ((one.corpus.parts()[1], other.corpus.parts()[1]), (one.files.arrays(), other.files.arrays())):
        assert mine.keys() == fresh.keys()
        for name, each in mine.items():
            if name not in ("files.flags",):  # whether a file had just been written when it was read
                assert each.dtype == fresh[name].dtype, name
                assert np.array_equal(each, fresh[name]), name


def page(chance: random.Random) -> str:
    parts = [f"## {chance.choice(WORDS)}\n\n{' '.join(chance.choices(WORDS, k=chance.randrange(1, 40)))}" for _ in range(3)]
    parts += chance.choices(SENTENCES, k=chance.randrange(3))
    includes = ['--8<-- "part.py"'] * (chance.random() < 0.3)
    return "\n\n".join([f"# {chance.choice(WORDS)}", *parts[chance.randrange(3) :], *includes])


def edit(folder: Path, chance: random.Random) -> None:
    """Change, add, remove or rename a file, or a folder of them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    name = (
        folder
        / chance.choice(("a", "b", "b/c", "#x"))
        / chance.choice(("one.md", "two.txt", "three.py", "cafe\u0301.md", "part.py"))
    )
    match chance.choice("write write write remove rename touch empty same-size".split()):
        case "write":
            write(name, page(chance), settled=chance.random() < 0.5)
        case "remove" if len(files) > 3:
            chance.choice(files).unlink()
        case "rename" if files:
            name.parent.mkdir(parents=True, exist_ok=True)
            chance.choice(files).rename(name)
        case "touch" if files:
            os.utime(chance.choice(files))
        case "empty" if len(files) > 3:
            write(chance.choice(files), "")
        case "same-size" if files:
            path, then = (file := chance.choice(files)), file.stat()
            path.write_bytes(bytes(reversed(path.read_bytes().replace("é".encode(), b"ee"))))
            os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_edits_gives_what_a_fresh_reading_gives(tmp_path: Path, cache: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "docs"
    write(folder / "always.md", "# Always\n\nIt stays.")
    sources = [folder] if seed % 3 else [folder, tmp_path / "more"]
    write(tmp_path / "more" / "b.md", "# More\n\nIt stays, too.")
    for _ in range(8):
        for _ in range(chance.randrange(4)):
            edit(folder, chance)
        now = open_documents(*sources, cache=cache)
        same(now, open_documents(*sources, cache=False))
        assert list(now.passages()) == list(read_documents(*sources).passages)
        assert now.skipped == read_documents(*sources).skipped


def test_only_files_that_changed_are_read(docs: Path, cache: Path, read: list[str]) -> None:
    def opened() -> set[str]:
        read.clear()
        open_documents(docs, cache=cache)
        return set(read)

    assert opened() == {"a.md", "b.md"}
    assert opened() == set()
    write(docs / "b.md", "# B\n\nThe village.")
    assert opened() == {"b.md"}
    os.utime(docs / "b.md")  # the same content at another time
    assert opened() == set()
    (docs / "a.md").rename(docs / "c.md")
    write(docs / "d.md", "# D\n\nNew.")
    assert opened() == {"c.md", "d.md"}
    (docs / "d.md").unlink()
    assert opened() == set()


def test_a_file_that_includes_another_is_read_again_when_that_changes(docs: Path, cache: Path, read: list[str]) -> None:
    write(docs / "a.md", '# A\n\nBefore.\n\n--8<-- "x.py"\n')
    assert [each.text for each in open_documents(docs, cache=cache).passages()] == ["Before.", "The town."]
    write(docs / "x.py", "x = 1")
    texts = [each.text for each in open_documents(docs, cache=cache).passages()]
    assert texts[0] == "Before.\n\n```py\nx = 1\n```"
    read.clear()
    write(docs / "x.py", "x = 2")
    assert "x = 2" in next(open_documents(docs, cache=cache).passages()).text
    assert set(read) == {"a.md", "x.py"}


def test_a_write_at_the_same_time_and_of_the_same_size_is_seen(docs: Path, cache: Path) -> None:
    write(docs / "a.md", "# A\n\nThe first.", settled=False)
    open_documents(docs, cache=cache)
    then = (docs / "a.md").stat()
    write(docs / "a.md", "# A\n\nThe other.", settled=False)
    os.utime(docs / "a.md", ns=(then.st_atime_ns, then.st_mtime_ns))
    assert next(open_documents(docs, cache=cache).passages()).text == "The other."


def test_files_that_could_not_be_read_are_named_once(docs: Path, cache: Path) -> None:
    (docs / "broken.md").write_bytes(b"\xff\xfe\xff")
    for expected in (["broken.md: not UTF-16-LE, as its first bytes say"], [], []):
        with capture_logs() as logged:
            opened = open_documents(docs, cache=cache)
        assert [name for each in logged for name in each["files"]] == expected
        assert [(each.path, each.reason) for each in opened.skipped] == [("broken.md", "not UTF-16-LE, as its first bytes say")]


def test_a_package_that_is_installed_later_is_used(docs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(docs / "c.html", "<p>The lake.</p>")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "selectolax.lexbor", None)
        assert 'pip install "seekgraph[docs]"' in open_documents(docs, cache=cache).skipped[0].reason
    assert [each.text for each in open_documents(docs, cache=cache).passages()][-1] == "The lake."


def shouting(suffix: str) -> Callable[[File], str]:
    return lambda file: file.text.upper() + suffix


def test_documents_are_read_again_with_another_loader_or_another_choice(docs: Path, cache: Path) -> None:
    def texts(**options: object) -> list[str]:
        return [each.text for each in open_documents(docs, cache=cache, **options).passages()]  # type: ignore[arg-type]

    assert texts() == ["The river.", "The town."]
    assert texts(loaders={".md": shouting("!")}) == ["THE RIVER.!", "THE TOWN.!"]
    assert texts(loaders={".md": shouting("?")}) == ["THE RIVER.?", "THE TOWN.?"]
    assert texts(choice=Choice(exclude=["a.md"])) == ["The town."]
    assert texts() == ["The river.", "The town."]


def test_a_folder_that_has_no_passages_any_more_says_so(docs: Path, cache: Path) -> None:
    open_documents(docs, cache=cache)
    for path in docs.iterdir():
        path.write_text("")
    with pytest.raises(CorpusError, match=r"has no passages \(2 files skipped, the first a\.md: empty\)"):
        open_documents(docs, cache=cache)


def test_a_corpus_among_the_sources_is_read_again_when_anything_changed(tmp_path: Path, docs: Path, cache: Path) -> None:
    corpus = tmp_path / "wiki.jsonl"
    corpus.write_text('{"id": "b.md#b", "text": "Another b."}\n{"id": "a", "text": "x"}\n')
    for _ in range(2):
        same(open_documents(corpus, docs, cache=cache), open_documents(corpus, docs, cache=False))
    corpus.write_text('{"id": "z", "text": "Another."}\n{"id": "a", "text": "x"}\n')
    same(open_documents(corpus, docs, cache=cache), open_documents(corpus, docs, cache=False))
    assert [each.id for each in open_documents(corpus, cache=cache).passages()] == ["z", "a"]


# --- the cache folder ------------------------------------------------------------------------------------------------------


def test_the_cache_folder_is_named_by_the_environment_and_may_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEKGRAPH_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    assert cache_folder("other") == Path("other")
    assert cache_folder(False) is None
    monkeypatch.setenv("SEEKGRAPH_CACHE", "off")
    assert cache_folder() is None
    monkeypatch.delenv("SEEKGRAPH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform.startswith("linux"):
        assert cache_folder() == tmp_path / "seekgraph" / "documents"


def test_a_cache_that_cannot_be_written_costs_only_time(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with capture_logs() as logged:
        assert len(open_documents(docs, cache=tmp_path / "file").corpus) == 2
    assert [each["event"] for each in logged] == ["index not kept"]


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_cache_is_built_again(docs: Path, cache: Path, seed: int) -> None:
    chance = random.Random(seed)
    fresh = open_documents(docs, cache=False)
    for _ in range(6):
        open_documents(docs, cache=cache)
        (folder,) = cache.iterdir()
        path = chance.choice(sorted(folder.iterdir()))
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(content))
        with capture_logs():
            same(open_documents(docs, cache=cache), fresh)


def test_indexes_that_were_not_used_for_longest_are_dropped(tmp_path: Path, docs: Path, cache: Path) -> None:
    for number in range(4):
        shutil.copytree(docs, tmp_path / f"docs{number}")
        open_documents(tmp_path / f"docs{number}", cache=cache)
        (newest,) = set(cache.iterdir()) - {each for each in cache.iterdir() if (each / "old").exists()}
        (newest / "old").touch()
        os.utime(newest / "index.json", (OLD + number, OLD + number))
    (cache / "vectors.sqlite").write_bytes(b"x" * 10)
    open_documents(tmp_path / "docs0", cache=cache)  # used again
    size = sum(each.stat().st_size for each in newest.iterdir())
    tidy(cache, keep=newest, most=int(2.5 * size))
    assert len([each for each in cache.iterdir() if each.is_dir()]) == 2
    assert (cache / "vectors.sqlite").exists()
    assert newest.exists()


def test_of_one_folder_two_indexes_are_kept_at_most(docs: Path, cache: Path) -> None:
    for number in range(5):
        write(docs / "a.md", f"# A\n\nVersion {number}.")
        open_documents(docs, cache=cache)
    assert len(list(cache.iterdir())) == 2


WORKER = """
import sys
from pathlib import Path
from seekgraph.tools.indexed import open_documents
docs, cache, own = map(Path, sys.argv[1:])
for number in range(6):
    part = own.parent.parent / own.name  # not half written where the others read
    part.write_text(f"# Own\\n\\nRound {number}.")
    part.replace(own)
    found = open_documents(docs, cache=cache).corpus
    assert any(f"Round {number}." == each.text for each in found.passages), number
    assert found.find("round", 3)
"""


def test_processes_at_the_same_time_do_not_disturb_each_other(docs: Path, cache: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(docs), str(cache), str(docs / f"own{number}.md")], stderr=subprocess.PIPE
        )
        for number in range(3)
    ]
    for each in running:
        assert (each.communicate(timeout=PATIENCE)[1], each.returncode) == (b"", 0)


def test_passages_that_are_given_are_kept_only_where_a_folder_is_named(
    docs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEKGRAPH_CACHE", str(cache))
    passages = read_documents(docs).passages
    open_corpus(passages, ranker=False)
    assert not cache.exists()
    open_corpus(docs, ranker=False)
    assert [each.name.split("-")[0] for each in cache.iterdir()] == ["documents"]


def test_a_loader_that_fails_is_asked_again_when_its_code_changed(docs: Path, cache: Path) -> None:
    def refusing(file: File) -> str:
        raise Unreadable("not today")

    write(docs / "c.own", "Own.")
    opened = open_documents(docs, cache=cache, loaders={".own": refusing})
    assert [each.reason for each in opened.skipped] == ["not today"]
    opened = open_documents(docs, cache=cache, loaders={".own": lambda file: file.text})
    assert not opened.skipped
    assert json.dumps([each.text for each in opened.passages()][-1]) == '"Own."'
