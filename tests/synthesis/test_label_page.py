"""The label page as a person meets it, in a real Chromium: accept, edit, reject, choose passages, and save the decisions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_documents import corpus

from seekgraph.evaluation.examples import read_examples
from seekgraph.synthesis.filters import FILTERS
from seekgraph.synthesis.labels import decide, pending, read_decisions, rejected_path
from seekgraph.synthesis.page import page as page_of
from seekgraph.synthesis.view import View
from seekgraph.types import Example

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)> </script><script>alert(2)</script>"


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    from seekgraph.synthesis import draft

    path = tmp_path / "q.jsonl"
    drafted = draft(corpus(), count=4, filters={name: each for name, each in FILTERS.items() if name != "answerable"})
    drafted.write(path)
    rows = [*read_examples(path), Example(id="hostile", question=HOSTILE, answers=(HOSTILE,), meta={"status": "draft"})]
    from seekgraph.evaluation.examples import write_examples

    write_examples(path, rows)
    return path


@pytest.fixture
def page(drafts: Path, tmp_path: Path) -> Iterator[Page]:
    """The page, opened from disk. Whatever it complains about, and whatever it asks for, fails the test."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "diagnosis"))
    from chromium import chromium

    sys.path.pop(0)
    file = tmp_path / "label.html"
    file.write_text(page_of("q.jsonl", pending(read_examples(drafts)), View(corpus())), encoding="utf-8")
    complaints: list[str] = []
    with chromium() as browser:
        context = browser.new_context(accept_downloads=True, viewport={"width": 1000, "height": 900})
        context.set_default_timeout(5000)
        opened = context.new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}") or dialog.dismiss())
        opened.goto(file.as_uri())
        yield opened
        context.close()
    assert complaints == []


def test_decisions_are_made_by_mouse_and_keys_saved_and_carried_out(page: Page, drafts: Path, tmp_path: Path) -> None:
    rows = read_examples(drafts)
    assert page.locator("#question").input_value() == rows[0].question
    page.keyboard.press("a")
    page.locator("#question").fill("What do I ask in place of it?")
    boxes = page.locator("#passages input")
    first, second = boxes.nth(0).get_attribute("value"), boxes.nth(1).get_attribute("value")
    boxes.nth(1).check()
    page.locator("#accept").click()
    page.locator("#reject").click()
    assert page.locator("#progress").inner_text() == f"3 of {len(rows)} decided"
    page.locator("#back").click()
    assert page.locator("#decided").inner_text() == "rejected"
    with page.expect_download() as saved:
        page.locator("#save").click()
    target = tmp_path / saved.value.suggested_filename
    assert target.name == "q.decisions.json"
    saved.value.save_as(target)
    left = decide(drafts, read_decisions(target), View(corpus()))
    assert [each.meta["status"] for each in left] == ["accepted", "accepted", *["draft"] * (len(rows) - 3)]
    assert left[1].question == "What do I ask in place of it?"
    assert left[1].supporting_ids == (first, second)
    assert [each.id for each in read_examples(rejected_path(drafts))] == [rows[2].id]


def test_text_of_documents_is_text_and_a_reload_keeps_what_was_decided(page: Page, drafts: Path) -> None:
    count = len(read_examples(drafts))
    for _ in range(count - 1):
        page.locator("#next").click()
    assert page.locator("#question").input_value() == HOSTILE
    page.locator("#reject").click()
    page.reload()
    assert page.locator("#progress").inner_text() == f"1 of {count} decided"
    assert page.locator("img").count() == 0
