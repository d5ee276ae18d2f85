"""Markdown of documentation tools, read as a reader of the site sees it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.tools.markup import readable
from seekgraph.tools.sections import sections_of
from seekgraph.tools.split import split_text
from seekgraph.tools.tags import without_tags


def read(text: str, **files: str) -> str:
    """With blank lines left out, since they only separate."""
    return "\n".join(
        line.rstrip() for line in readable(text, {f"{n}.py": t for n, t in files.items()}.get).split("\n") if line.strip()
    )


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("/// note\n\nText.\n\n///", "Text."),
        ("/// warning\n\nText.\n\n///", "Warning:\nText."),
        ("/// note | Technical Details\n\nText.\n\n///\n\nAfter.", "Technical Details:\nText.\nAfter."),
        ("//// tab | Python 3.10+\n\n```py\nx\n```\n\n////", "Python 3.10+:\n```py\nx\n```"),
        ('!!! danger "Take care"\n    One.\n\n    Two.\nAfter.', "Take care:\nOne.\nTwo.\nAfter."),
        ('=== "Linux"\n\n    Use apt.\n\n=== "macOS"\n\n    Use brew.', "Linux:\nUse apt.\nmacOS:\nUse brew."),
        (":::tip Title\nText.\n:::", "Title:\nText."),
        (":::{note}\nText.\n:::", "Text."),
        ("::: fastapi.FastAPI\n    options:\n        members: x\n\nAfter.", "After."),
        ("> [!WARNING]\n> Text.", "> Warning:\n> Text."),
        ("```{note}\nText with {ref}`a link <place>`.\n```", "Text with a link."),
        ("```{versionadded} 8.2\nFaster.\n```", "Added in version 8.2:\nFaster."),
        ("```{versionchanged} 8.2\n```", "Changed in version 8.2."),
        ("```{toctree}\na\nb\n```\nText.", "Text."),
        ("```{code-block} python\n:caption: x\ny = 1\n```", "```{code-block} python\ny = 1\n```"),
        ("```mermaid\ngraph LR\n```\nText.", "Text."),
        ("A <!-- hidden --> word.\n<!--\nno\n\nno\n-->\nEnd.", "A  word.\nEnd."),
        ("Not closed <!-- stays.", "Not closed <!-- stays."),
        ("In code `<!-- stays -->`.", "In code `<!-- stays -->`."),
        ("[Link](x){.internal-link target=_blank} and `{x}`.", "[Link](x) and `{x}`."),
        ("See {meth}`~Context.invoke` and {func}`echo`.", "See `Context.invoke` and `echo`."),
        ("{* ../there.py hl[1] *}", ""),
        ("{* ../here.py hl[1] *}", "```py\nx = 1\n```"),
        ('--8<-- "../here.py"', "```py\nx = 1\n```"),
        ("(target)=\n# Head { #id }", "# Head { #id }"),
        ("A set {a, b} and {name} and f{x=1}y.", "A set {a, b} and {name} and f{x=1}y."),
    ],
)
def test_what_is_written_and_what_is_seen(written: str, seen: str) -> None:
    assert read(written, **{"../here": "x = 1\n"}) == seen


@pytest.mark.parametrize("mark", ["/// note", "<!-- x -->", "{* ../x.py *}", '!!! note "x"', "{#id}", "::: a.b", "```mermaid"])
def test_code_stays_as_it_is(mark: str) -> None:
    text = f"````md\n{mark}\n    inside\n````"
    assert readable(text) == text


def test_a_title_has_no_attribute_list_and_underlined_headings_keep_their_anchor() -> None:
    title, pieces = split_text("Origin { #origin }\n==================\n\nText { .wide } here.\n", ".md")
    assert (title, pieces[0].name, pieces[0].text) == ("Origin", "origin", "Text  here.")


line = st.sampled_from(
    (
        "",
        "words",
        "/// note",
        "///",
        '!!! warning "x"',
        "    inside",
        "```",
        "```{note}",
        "<!--",
        "-->",
        "::: a.b",
        "{* x *}",
        "# H",
        "===",
    )
)


@given(st.lists(line, max_size=16))
def test_no_words_are_lost_and_nothing_fails(lines: list[str]) -> None:
    seen = readable("\n".join(lines))
    comment = "<!--" in lines or "::: a.b" in lines
    assert comment or seen.count("words") == lines.count("words")


SEEN = [
    (
        'You see <abbr title="Cross-Origin Resource Sharing">CORS</abbr> here.',
        "You see CORS (Cross-Origin Resource Sharing) here.",
    ),
    (
        '<p align="center">\n  <img src="x"\n alt="A">\n</p>\n\n<h1 align="center">\nHTTPX\n</h1>\n\n<em>A client.</em>',
        "HTTPX\nA client.",
    ),
    ("[![Test](https://img.shields.io/x.svg)](https://y)\nText", "Text"),
    ("<details>\n<summary>About <code>run</code>...</summary>\n\nBody\n</details>", "About `run`...\nBody"),
    ("Give <snapshot> and <source>, `<p>` or 2 < 3.", "Give <snapshot> and <source>, `<p>` or 2 < 3."),
    ("```html\n<p>code</p>\n```", "```html\n<p>code</p>\n```"),
    (
        "```{eval-rst}\n.. click:example::\n\n    def cli():\n        pass\n\n.. note:: Hello.\n```",
        "```\ndef cli():\n    pass\n```\nHello.",
    ),
    ("```{eval-rst}\n.. autofunction:: x\n```\nText", "Text"),
    (">! Hidden at first.", "> Hidden at first."),
]


@pytest.mark.parametrize(("written", "seen"), SEEN)
def test_what_stands_in_a_passage_is_what_a_reader_sees(written: str, seen: str) -> None:
    text = "\n".join(section.text for section in sections_of(written, ".md").sections)
    assert "\n".join(line.strip(" ") if "def" not in text else line for line in text.split("\n") if line.strip()) == seen


def test_an_included_page_is_read_in_its_place() -> None:
    found = sections_of("```{include} ../README.md\n```\nAfter.", ".md", {"../README.md": "Said there."}.get)
    assert found.sections[0].text.split() == ["Said", "there.", "After."]


@given(st.text(alphabet="<>/abp`'\"= \n!-[]()", max_size=120))
def test_text_without_tags_has_none_added(text: str) -> None:
    assert len(without_tags(text)) <= len(text) + 4 * text.count("<abbr")
