"""The page of a diagnosis as a person meets it: in a real Chromium, by mouse and by keyboard, light and dark, narrow and wide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import chromium
from page_kit import HOSTILE, changed, diagnosis

from seekgraph.demo import CORPUS, questions
from seekgraph.diagnosis.page import page as page_of
from seekgraph.evaluation.examples import read_examples
from seekgraph.flows.bridge import flow
from seekgraph.tools import open_corpus

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
VIEWS = ("", "#/node/rerank", "#/example/1", "#/example/1/4")
"""The overview, a node, an example, and a visit in it."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved(tmp_path_factory.mktemp("page") / "diagnosis.html", diagnosis())


def saved(path: Path, data: dict[str, Any]) -> str:
    path.write_text(page_of(data), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened from disk. Whatever it complains about, and whatever it asks for, fails the test."""
    yield from opened(browser, address)


def opened(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    context = browser.new_context(**{"viewport": {"width": 1600, "height": 1000}, **options})
    context.set_default_timeout(5000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}") or dialog.dismiss())
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(address) else None)
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


def details(page: Page) -> Locator:
    return page.locator("#details")


def focused(page: Page) -> str:
    """The name of what has the focus: its label, or its text."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"))


# --- what it shows -------------------------------------------------------------------------------------------------


def test_the_overview_says_where_the_points_go(page: Page) -> None:
    assert page.locator("#facts").inner_text().split("\n") == [
        "answer f1 0.50 [0.40, 0.60]",
        "questions 40",
        "failed (below 0.5) 20 50 %",
        "errors 1",
    ]
    summary = page.locator("#summary").inner_text()
    assert (
        "Most would be gained at rerank: perfect there, answer f1 would rise by 0.20 [+0.15, +0.25], from 0.50 to 0.70."
        in summary
    )
    assert "Before it" not in summary
    assert "75 % of the failed examples broke first at rerank." in summary
    assert "most is lost at “kept”: 30 %" in summary


def test_the_table_has_every_node_with_its_figures_and_sorts(page: Page) -> None:
    table = page.get_by_role("table", name="Nodes", exact=True)
    names = table.get_by_role("rowheader")
    assert names.all_inner_texts() == ["rerank", "answer", "retrieve", "hop"]
    cells = table.get_by_role("row", name="rerank").get_by_role("cell").all_inner_texts()
    assert [re.sub(r"\s+", " ", text).strip() for text in cells[:4]] == ["40", "0.30", "75 %", "+0.20 [+0.15, +0.25]"]
    table.get_by_role("button", name="Mean reward").click()
    assert names.all_inner_texts() == ["retrieve", "answer", "rerank", "hop"]
    assert table.get_by_role("columnheader", name="Mean reward").get_attribute("aria-sort") == "descending"
    assert table.get_by_role("columnheader", name="Headroom").get_attribute("aria-sort") is None


def test_stages_classes_factors_and_pairs_are_told_in_words_and_numbers(page: Page) -> None:
    for place, told in {
        "#waterfall": ["kept", "60 %", "−30"],
        "#classes": ["ranking", "15", "75 %", "5 25 %, 5 guesses"],
        "#factors": ["search sufficiency", "0.90", "[0.85, 0.95]"],
        "#pairs": ["rerank + answer", "+0.35", "+0.20 and +0.10"],
    }.items():
        text = page.locator(place).inner_text()
        assert [each for each in told if each not in text] == []


def test_the_graph_tells_each_node_by_more_than_its_colour(page: Page) -> None:
    node = page.get_by_role("button", name="rerank, 40 visits")
    name = node.get_attribute("aria-label") or ""
    assert "75 % of first failures, mean reward 0.30, headroom +0.20 from +0.15 to +0.25" in name
    assert {"rerank", "reward 0.30", "headroom +0.20", "75 %"} <= set(node.locator("text").all_text_contents())


# --- from a node to a visit ----------------------------------------------------------------------------------------


def test_a_click_on_a_node_lists_its_visits_and_a_click_on_a_visit_shows_what_it_did_and_why(page: Page) -> None:
    page.get_by_role("button", name="rerank, 40 visits").click()
    assert details(page).get_by_role("heading", level=2).inner_text() == "rerank"
    assert "answer f1 0.50 → 0.70 [0.65, 0.75]" in details(page).inner_text()
    assert "with answer perfect too: +0.35" in details(page).inner_text()
    details(page).get_by_role("link", name="q1 · visit 1").click()
    shown = details(page).inner_text()
    for told in [
        "rerank visit 1",
        "First failure",
        "confirmed by replay",
        "gold passage d2 was found and not kept",
        "gold passage d2 stands 8th",
    ]:
        assert told in shown
    wrote = details(page).locator("details.channel").filter(has_text="context")
    assert wrote.locator("> summary").inner_text().split("\n")[0].startswith("context 5 passages, 0 of 2 gold")
    read = details(page).locator("details.channel").filter(has_text="passages 12 passages, 2 of 2 gold")
    read.get_by_text("Title 1 d1 gold").click()
    assert "Text of passage 1." in read.inner_text()
    assert read.locator(".passages > li").count() == 10
    read.get_by_role("button", name="Show all 12").click()
    assert read.locator(".passages > li").count() == 12


def test_what_was_read_leads_back_to_the_step_that_wrote_it(page: Page) -> None:
    page.goto(f"{page.url}#/example/1/6")
    details(page).get_by_role("link", name="rerank", exact=True).click()
    assert page.url.endswith("#/example/1/4")
    details(page).locator(".from").get_by_role("link", name="retrieve").click()
    assert page.url.endswith("#/example/1/2")
    page.go_back()
    assert details(page).get_by_role("heading", level=2).inner_text() == "rerank visit 1"


def test_an_example_shows_its_blame_its_trace_and_only_what_the_answer_was_built_from(page: Page) -> None:
    page.get_by_role("link", name="On which island").click()
    shown = details(page).inner_text()
    assert "Guernsey" in shown
    assert "on to the answer: rerank → answer" in shown
    assert "Venice" in shown
    steps = details(page).get_by_role("list", name="Trace").get_by_role("listitem")
    assert steps.count() == 6
    steps.nth(3).hover()
    assert page.locator(".tie").all_text_contents() == ["", "read by 4", "", "", "reads 4", "reads 4"]
    details(page).get_by_role("button", name="Only the 4 that the answer was built from").click()
    assert [text.split("\n")[1] for text in steps.all_inner_texts()] == ["input", "retrieve", "rerank", "answer"]
    assert page.get_by_role("button", name="hop, 1 visit in this example").is_visible()
    told = "rerank, 1 visit in this example, first failure of this example, mean reward 0.25, headroom +1.00"
    assert page.get_by_role("button", name=told).is_visible()


def test_a_what_if_that_was_computed_can_be_looked_at(page: Page) -> None:
    page.goto(f"{page.url}#/example/1")
    better, same = (details(page).get_by_role("button", name=name) for name in ("rerank 1.00 better", "hop 0.00"))
    better.click()
    assert (
        "With rerank made perfect and the rest run again, the example scores 1.00 instead of 0.00." in details(page).inner_text()
    )
    assert page.locator(".card.perfect").get_attribute("aria-label", timeout=1000).startswith("rerank")  # type: ignore[union-attr]
    same.click()
    assert (better.get_attribute("aria-pressed"), same.get_attribute("aria-pressed")) == ("false", "true")
    assert "the example scores the same, 0.00" in details(page).inner_text()
    same.click()
    assert page.locator(".card.perfect").count() == 0


def test_examples_can_be_narrowed_to_a_class_of_failure(page: Page) -> None:
    page.get_by_label("Class of failure").select_option("retrieval")
    rows = page.get_by_role("table", name="Worst examples").get_by_role("link", name="?")
    assert rows.all_inner_texts() == ["Which opera was heard first?"]
    assert "a guess" in page.get_by_role("row", name="Which opera").inner_text()


def test_a_place_in_the_page_has_an_address(browser: Browser, address: str) -> None:
    for page in opened(browser, address):
        page.goto(f"{address}#/node/no%20such")
        assert details(page).is_hidden()
        page.goto(f"{address}#/example/2/4")
        page.reload()
        assert details(page).get_by_role("navigation", name="Breadcrumb").inner_text().split("\n") == [
            "Example q2",
            "rerank visit 1",
        ]


# --- by keyboard ---------------------------------------------------------------------------------------------------


def test_everything_is_reached_by_keyboard_and_escape_leads_back(page: Page) -> None:
    keys = page.keyboard
    stops = []
    for _ in range(4):
        keys.press("Tab")
        stops.append(focused(page).split(",")[0])
    assert stops == ["Skip to the table of nodes", "Theme: auto", "retrieve", "rerank"]  # the graph is one stop, then the summary
    keys.press("Shift+Tab")
    keys.press("ArrowDown")
    assert focused(page).startswith("hop,")
    keys.press("End")
    assert focused(page).startswith("answer,")
    keys.press("ArrowUp")
    assert focused(page).startswith("rerank,")
    keys.press("Enter")
    assert focused(page) == "rerank"
    assert page.evaluate("document.activeElement.id") == "details-heading"
    details(page).get_by_role("link", name="q1 · visit 1").focus()
    keys.press("ArrowDown")
    assert focused(page) == "q2 · visit 1"
    keys.press("Enter")
    assert focused(page) == "rerank visit 1"
    keys.press("Escape")
    assert focused(page) == "Which opera was heard first?"
    keys.press("Escape")
    assert details(page).is_hidden()
    assert focused(page).startswith("rerank,")


def test_space_opens_a_node_and_the_list_of_examples_moves_by_arrows(page: Page) -> None:
    page.get_by_role("button", name="answer, 40 visits").focus()
    page.keyboard.press("Space")
    assert details(page).get_by_role("heading", level=2).inner_text() == "answer"
    page.get_by_role("link", name="On which island").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Who founded the university?"
    page.keyboard.press("Home")
    assert focused(page).startswith("On which island")


def test_the_focus_can_be_seen(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.ring')).stroke") != "none"


def test_every_control_has_a_name_and_every_id_is_there_once(page: Page) -> None:
    for view in VIEWS:
        page.goto(page.url.partition("#")[0] + view)
        nameless = "e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)"
        assert page.evaluate(f"[...document.querySelectorAll('a, button, select, [role=button]')].filter({nameless}).length") == 0
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        targets = page.evaluate("[...document.querySelectorAll('[aria-labelledby]')].map(e => e.getAttribute('aria-labelledby'))")
        assert set(targets) <= set(ids)


# --- how it looks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(browser: Browser, address: str, scheme: str) -> None:
    for page in opened(browser, address, color_scheme=scheme):
        for view in VIEWS:
            page.goto(f"{address}{view}")
            page.wait_for_timeout(150)  # a card's outline fades
            found = page.evaluate(CONTRAST)
            assert found["seen"] > 60
            assert found["poor"] == [], (scheme, view)


def test_the_reader_chooses_between_light_and_dark(browser: Browser, address: str) -> None:
    for page in opened(browser, address, color_scheme="dark"):
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(ground)
        toggle = page.get_by_role("button", name="Theme")
        toggle.click()
        assert toggle.inner_text() == "Theme: light"
        light = page.evaluate(ground)
        assert (light, dark) == ("rgb(255, 255, 255)", "rgb(19, 22, 27)")
        page.reload()
        assert page.evaluate(ground) == light
        toggle.click()
        assert page.evaluate(ground) == dark


@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1600])
def test_nothing_is_wider_than_the_window(browser: Browser, address: str, width: int) -> None:
    for page in opened(browser, address, viewport={"width": width, "height": 800}):
        for view in VIEWS:
            page.goto(f"{address}{view}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, view
            assert (
                page.evaluate("(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(document.getElementById('details'))")
                <= 0
            )


def test_on_a_small_screen_the_details_cover_the_page_and_keep_the_focus(browser: Browser, address: str) -> None:
    for page in opened(browser, address, viewport={"width": 360, "height": 780}):
        page.get_by_role("table", name="Nodes", exact=True).get_by_role("link", name="rerank").click()
        dialog = page.get_by_role("dialog", name="Details")
        assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 780}
        for _ in range(40):
            page.keyboard.press("Tab")
            assert page.evaluate(
                "document.activeElement === document.body || Boolean(document.activeElement.closest('#details'))"
            )
        dialog.get_by_role("button", name="Close details").click()
        assert focused(page) == "rerank"
        assert page.evaluate("document.querySelectorAll('[inert]').length") == 0


def test_reduced_motion_stops_what_moves(browser: Browser, address: str) -> None:
    moving = "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).transitionDuration !== '0s').length"
    for page in opened(browser, address, reduced_motion="no-preference"):
        assert page.evaluate(moving) > 0
    for page in opened(browser, address, reduced_motion="reduce"):
        assert page.evaluate(moving) == 0


def test_it_prints_whole_and_without_its_controls(page: Page) -> None:
    page.goto(f"{page.url}#/example/1")
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 720, "height": 1000})  # about the width of A4 between its margins
    assert page.get_by_role("button", name="Theme").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for part in ("#flow", "#main", "#details"):
        assert page.locator(part).evaluate("e => e.scrollHeight - e.clientHeight") == 0
    assert page.pdf(format="A4").startswith(b"%PDF")


# --- the page of a real run ----------------------------------------------------------------------------------------


def test_from_the_worst_example_of_a_real_run_to_the_passages_that_its_first_broken_step_read(
    browser: Browser, tmp_path: Path
) -> None:
    rows = read_examples(questions("test"))[:8]
    found = flow.bind(open_corpus(CORPUS)).diagnose(rows, worst=3)
    (tmp_path / "run.html").write_text(found.to_html(), encoding="utf-8")
    worst = found.examples[0]
    for page in opened(browser, (tmp_path / "run.html").as_uri()):
        assert page.get_by_role("table", name="Nodes", exact=True).get_by_role("rowheader").count() == len(found.nodes)
        page.get_by_role("table", name="Worst examples").get_by_role("link", name=worst["question"]).click()
        assert worst["blame"]["why"] in details(page).inner_text()
        details(page).get_by_role("link", name=f"{worst['blame']['path']}, visit").click()
        assert details(page).get_by_role("heading", level=2).inner_text().startswith(worst["blame"]["path"])
        assert details(page).locator(".passages summary", has_text="gold").count() > 0
        assert page.evaluate(CONTRAST)["poor"] == []
        for path in found.nodes:
            page.goto(f"{page.url.partition('#')[0]}#/node/{path.replace('/', '%2F')}")
            assert details(page).get_by_role("heading", level=2).inner_text() == path


def test_a_diagnosis_without_headroom_and_examples_says_so(browser: Browser, tmp_path: Path) -> None:
    data = diagnosis()
    data.update(pairs=[], examples=[], guesses={})
    for node in data["nodes"].values():
        node["headroom"] = None
    for page in opened(browser, saved(tmp_path / "less.html", data)):
        assert page.locator("#examples").inner_text() == "No example was kept."
        assert page.locator("#pairs").inner_text() == "No pair was computed."
        assert "Hatched" not in page.locator("#classes").inner_text()
        assert page.get_by_role("columnheader", name="First failures").get_attribute("aria-sort") == "descending"
        page.get_by_role("button", name="rerank, 40 visits").click()
        assert "What if" not in details(page).inner_text()


# --- what comes from outside ---------------------------------------------------------------------------------------


def test_hostile_texts_are_read_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    every = " ".join(HOSTILE)
    address = saved(tmp_path / "hostile.html", changed(diagnosis(), lambda text: f"{text} {every}"))
    foreign = """document.querySelectorAll('img, iframe, object, embed, link, base, form, a:not([href^="#"])').length"""
    for page in opened(browser, address):
        for view in VIEWS:
            page.goto(f"{address}{view}")
            for button in details(page).get_by_role("button").all() if view else []:
                if button.inner_text() != "Close":
                    button.click()
            page.wait_for_timeout(50)
            assert page.evaluate("window.ran") is None
            assert page.evaluate(foreign) == 0
            assert page.evaluate("document.scripts.length") == 2
        page.goto(f"{address}#/example/1")
        assert "</script><script>window.ran = 'script'</script>" in details(page).inner_text()


def test_the_policy_stops_markup_and_requests_even_where_a_script_tries(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    tried = """async () => {
      const found = [];
      try { document.body.innerHTML = '<b>x</b>'; } catch (error) { found.push(error.name); }
      try { await fetch('data:text/plain,x'); } catch (error) { found.push(error.name); }
      const script = document.createElement('script');
      try { script.text = 'window.ran = 1'; document.body.append(script); } catch (error) { found.push(error.name); }
      return [found, window.ran ?? null];
    }"""
    assert page.evaluate(tried) == [["TypeError", "TypeError", "TypeError"], None]
    context.close()


def test_long_names_and_texts_and_missing_figures_do_not_break_the_page(browser: Browser, tmp_path: Path) -> None:
    data = changed(
        diagnosis(),
        lambda text: text + "x" * 300,
        ("kind", "id", "source", "target", "inside", "path", "parents", "class", "name"),
    )
    data["nodes"]["rerank"].update(headroom=None, reward={}, blame=None)
    data["metric"].update(mean=None, low=None, high=None)
    data["examples"][0].update(blame=None, metric=None, answer=None, what_if=[])
    data["examples"][1]["trace"] = []
    address = saved(tmp_path / "odd.html", data)
    for page in opened(browser, address, viewport={"width": 360, "height": 780}):
        for view in (*VIEWS, "#/example/2"):
            page.goto(f"{address}{view}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, view
            assert not view or details(page).is_visible()
