"""The report of a compile as a page, and the differences of two artifacts: what they say, and that nothing in them is markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import rivers
from hypothesis import given
from hypothesis import strategies as st

import seekgraph as sg
from seekgraph.core.artifact import structure_changes
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.report.changes import differences, pieces
from seekgraph.optimizers.report.elements import Html, element, join, table
from seekgraph.optimizers.report.plots import Point, scatter, steps
from seekgraph.optimizers.tune import Tune
from seekgraph.types import Answer, Example

HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(2)>\x00\ud800&amp;'\""
PLAIN = HOSTILE.replace("\ud800", "")
VOID = {"meta", "input", "br", "hr", "img", "link"}


class Outline(HTMLParser):
    """The elements of a page in their order, its text, and whether every one is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def outline(markup: str) -> Outline:
    found = Outline()
    found.feed(markup)
    found.close()
    assert not found.open
    return found


class Worded(sg.Writes):
    answer: Answer


class Say(sg.Node):
    """Says its words, with what it was asked."""

    words: str
    memo = False

    async def run(self, question: str) -> Worded:
        return Worded(answer=Answer(text=f"{self.words} {question}"))


def hostile() -> Compiled:
    flow = sg.Flow(Say(words=sg.Choice("no", PLAIN, "yes and more")), name=PLAIN, output="answer")
    rows = [Example(id=f"{HOSTILE}{n}", question=f"{HOSTILE}{n}", answers=("yes and more",)) for n in range(12)]
    result: Compiled = flow.bind().compile(rows[:6], rows[6:], metric="answer_f1", passes=[Tune(trials=6)], hold=())
    return result


def test_a_page_tells_what_was_gained_changed_tried_and_row_by_row() -> None:
    result = rivers.bind(rivers.ranking).compile(
        rivers.TRAIN, rivers.VAL, metric="support_recall", passes=[Fit(), Tune(trials=8)]
    )
    found = outline(result.to_html())
    said = " ".join(found.words)
    assert f"{result.before.mean:.3f} → {result.after.mean:.3f} on {len(rivers.VAL)} held-back questions" in said
    for title in ("Quality against cost", "What changed", "What was tried", "Nodes", "The proof, row by row"):
        assert title in said
    assert set(result.values) <= {name for name in rivers.ranking.params() if name in said}
    moved = [row.id for row, old in zip(result.verdict.rows, result.judging.rows, strict=True) if row.metrics != old.metrics]
    assert moved
    assert all(each in said for each in moved)
    assert found.seen.count("svg") >= 1


def test_nothing_from_outside_is_markup_and_no_script_can_run() -> None:
    page = hostile().to_html()
    found = outline(page)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(found.seen)
    assert not [name for name in found.attributes if name.startswith("on") or name in ("src", "href", "style")]
    policy = re.search(r'content="(default-src[^"]*)"', page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src &#x27;sha256-{digest}&#x27;" in policy[1]
    page.encode("utf-8")


def test_a_compile_that_found_nothing_says_so_and_what_would_have_been_needed() -> None:
    result = rivers.bind(rivers.ranking).compile(rivers.TRAIN, rivers.VAL, metric="support_recall", passes=[])
    said = " ".join(outline(result.to_html()).words)
    assert "Nothing better was found: support_recall stays at" in said
    assert "No param differs from the flow as it came." in said


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4))
def test_any_text_is_text(cells: list[tuple[str, str]]) -> None:
    said = outline(table(["a", "b"], [[element("code", one), other] for one, other in cells]))
    assert set(said.seen) <= {"div", "table", "thead", "tbody", "tr", "th", "td", "code"}


def test_an_element_takes_text_lists_and_nothing() -> None:
    assert element("p", "a<b", None, [element("b", 1), " c"], class_="x", data_y=None) == '<p class="x">a&lt;b<b>1</b> c</p>'
    assert join("<", Html("<i></i>")) == "&lt;<i></i>"


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(-5, 5)), min_size=1, max_size=6))
def test_any_points_can_be_drawn(places: list[tuple[float, float]]) -> None:
    points = [Point(x, y, f"p{n}", "other") for n, (x, y) in enumerate(places)]
    for drawn in (scatter(points, "calls", "quality", "all", points), steps(points, "runs", "signal", "all", points)):
        assert outline(drawn).seen.count("circle") == len(points)
        assert "nan" not in drawn


words = st.lists(st.sampled_from(["answer", "briefly", "\n", "  ", "cite"]), max_size=12).map(" ".join)


@given(words, words)
def test_the_pieces_of_two_texts_make_both_up(before: str, after: str) -> None:
    found = pieces(before, after)
    assert "".join(each.text for each in found if each.side != "after") == before
    assert "".join(each.text for each in found if each.side != "before") == after


def test_params_are_shown_as_what_they_are() -> None:
    before = {"k": 4, "on": True, "instructions": "Answer.\nCite.", "demos": [], "scorer": None, "same": 1}
    after = {
        "k": 9,
        "on": 1,
        "instructions": "Answer briefly.\nCite.",
        "demos": [{"question": "?"}],
        "scorer": {"w": [0.5] * 40},
        "same": 1,
    }
    assert {each.name: each.kind for each in differences(before, after)} == {
        "k": "value",
        "on": "value",
        "instructions": "text",
        "demos": "examples",
        "scorer": "data",
    }


def test_two_structures_differ_by_name() -> None:
    one, other = ({"sites": {}, "inputs": {}, "output": name} for name in ("answer", "context"))
    assert structure_changes(one, other) == ['the output is "context", it was "answer"']
    assert structure_changes(one, one) == []


def test_a_report_is_the_same_for_the_same_compile(tmp_path: Path) -> None:
    result = hostile()
    assert result.to_html() == result.to_html()
    assert json.loads(json.dumps(result.to_json()))["front"]
