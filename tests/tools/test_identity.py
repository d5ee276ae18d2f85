"""Ids of passages: readable, unique in a file, and untouched by edits elsewhere in it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.tools import read_folder
from seekgraph.tools.attributes import heading_and_anchor
from seekgraph.tools.folder import passages_of
from seekgraph.tools.identity import Named, fragments, slug
from seekgraph.tools.sections import sections_of
from seekgraph.types import Passage


def passages(name: str, text: str, words: int = 180) -> list[Passage]:
    return passages_of(name, sections_of(text, ".md"), words)


def ids(text: str, words: int = 180, name: str = "a.md") -> dict[str, str]:
    """The text of each passage by its id."""
    found = passages(name, text, words)
    assert len({passage.id for passage in found}) == len(found)
    return {passage.id: passage.text for passage in found}


@pytest.mark.parametrize(
    ("heading", "written"),
    [
        ("Use `CORSMiddleware`", "use-corsmiddleware"),
        ("What's _new_ in **2.0**?", "whats-new-in-20"),
        ("The `max_connections` option", "the-max_connections-option"),
        ("[Links](https://a.example/b) and ![images](x.png)", "links-and-images"),
        ("<abbr title='x'>HTTP</abbr> status", "http-status"),
        ("使用 Python 编程", "使用-python-编程"),
        ("การติดตั้ง", "การติดตั้ง"),
        ("Ünïcode", "ünïcode"),
        ("???", "section"),
        ("x" * 500, "x" * 80),
    ],
)
def test_a_slug_is_written_as_links_to_headings_are(heading: str, written: str) -> None:
    assert slug(heading) == unicodedata.normalize("NFC", written)
    assert slug(unicodedata.normalize("NFD", heading)) == slug(heading)


def test_an_id_is_the_path_and_the_headings_below_the_documents_own() -> None:
    text = "Before.\n\n# Guide\n\nIntro.\n\n## Setup\n\nAll.\n\n### Linux\n\nUse apt.\n\n## Use\n\n### Linux\n\nRun it.\n"
    assert list(ids(text)) == ["a.md#top", "a.md#guide", "a.md#setup", "a.md#setup/linux", "a.md#use/linux"]


def test_an_anchor_is_the_name_of_its_heading_and_not_in_the_title() -> None:
    found = passages("cors.md", "# CORS { #cors }\n\n## Origin { #origin .wide }\n\nText.\n\n### Steps\n\nMore.\n")
    assert [(passage.id, passage.title) for passage in found] == [
        ("cors.md#origin", "CORS > Origin"),
        ("cors.md#origin/steps", "CORS > Origin > Steps"),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Origin { #origin }", ("Origin", "origin")),
        ("Origin {#origin}", ("Origin", "origin")),
        ("Origin {: #origin .a b=c}", ("Origin", "origin")),
        ("Origin { .wide }", ("Origin", "")),
        ("Path `/items/{item_id}`", ("Path `/items/{item_id}`", "")),
        ("Read {name}", ("Read {name}", "")),
        ("{ #alone }", ("{ #alone }", "")),
    ],
)
def test_attribute_lists_of_headings(written: str, read: tuple[str, str]) -> None:
    assert heading_and_anchor(written) == read


def test_passages_of_one_section_are_told_apart_by_their_text() -> None:
    text = "# A\n\none two three\n\nfour five six\n\nfour five six\n"
    first, second, third = ids(text, words=3)
    assert first.startswith("a.md#a-")
    assert second.startswith("a.md#a-")
    assert third == f"{second}-2"
    assert first in ids("# A\n\nzero new words\n\none two three\n\nfour five six\n", words=3)


def test_a_number_sign_in_a_path_does_not_end_the_document(tmp_path: Path) -> None:
    (tmp_path / "c#.md").write_text("# Text\n\nWords.")
    (passage,) = read_folder(tmp_path).passages
    assert (passage.id, passage.meta["path"]) == ("c%23.md#text", "c#.md")


HEADINGS = ("Setup", "Use", "Café", "Errors `x`", "Setup-abc123", "設定", "Linux", "Notes { #notes }", "!!!")
bodies = st.lists(st.sampled_from(("alpha beta", "beta gamma delta", "a b c d e f", "Ünï.")), min_size=1, max_size=4)
sections = st.lists(st.tuples(st.sampled_from(HEADINGS), bodies), min_size=1, max_size=6, unique_by=lambda each: each[0])


def document(parts: list[tuple[str, list[str]]]) -> str:
    return "# Title\n\n" + "".join(f"## {heading}\n\n" + "\n\n".join(body) + "\n\n" for heading, body in parts)


@given(sections, st.data())
def test_an_edit_of_one_section_changes_no_id_of_the_others(parts: list[tuple[str, list[str]]], data: st.DataObject) -> None:
    before = passages("a.md", document(parts), 4)
    at = data.draw(st.integers(0, len(parts) - 1))
    change = data.draw(st.sampled_from(("insert", "remove", "edit")))
    new = ("Brand new", data.draw(bodies))
    match change:
        case "insert":
            edited = [*parts[:at], new, *parts[at:]]
        case "remove":
            edited = parts[:at] + parts[at + 1 :]
        case _:
            edited = [*parts[:at], (parts[at][0], new[1]), *parts[at + 1 :]]
    touched = heading_and_anchor(parts[at][0])[0] if change != "insert" else ""
    after = {passage.id: passage.text for passage in passages("a.md", document(edited), 4)}
    for passage in before:
        if not touched or passage.meta.get("heading") != touched:
            assert after[passage.id] == passage.text


@given(st.lists(st.tuples(st.sampled_from(("a", "b", "a-2")), st.sampled_from(("x", "y", " x "))), max_size=12))
def test_fragments_are_unique_and_the_same_each_time(wanted: list[tuple[str, str]]) -> None:
    wants = [Named(name, (name,), text) for name, text in wanted]
    found = fragments(wants)
    assert len(set(found)) == len(wants)
    assert found == fragments(wants)
