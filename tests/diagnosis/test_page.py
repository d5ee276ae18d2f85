"""The page of a diagnosis as a file: whole by itself, small, and with nothing in it that a text could break out of."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_kit import HOSTILE, changed, data_of, diagnosis, unpacked

from seekgraph.core.language.flow import Flow
from seekgraph.diagnosis.drawing import drawing, places
from seekgraph.diagnosis.packing import packed, script_json
from seekgraph.diagnosis.page import SCRIPTS, page
from seekgraph.flows import bridge, plan_execute, react, single


class Elements(HTMLParser):
    """The start tags of a page in order, and what stands in its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []  # of each, the text from its tag to the next tag
        self.open = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self.inside.append("")
        self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.inside[-1] += data

    def texts(self, tag: str) -> list[str]:
        return [inside for (name, _), inside in zip(self.tags, self.inside, strict=True) if name == tag]


def hostile(text: str) -> str:
    return f"{text}{HOSTILE[len(text) % len(HOSTILE)]}{HOSTILE[(len(text) + 3) % len(HOSTILE)]}"


def test_the_page_holds_the_whole_diagnosis() -> None:
    assert unpacked(data_of(page(diagnosis()))) == diagnosis()


def test_the_page_needs_nothing_from_outside() -> None:
    text = page(diagnosis())
    elements = Elements(text)
    assert {tag for tag, _ in elements.tags} & {"link", "img", "iframe", "object", "embed", "base", "form"} == set()
    assert not [attributes for _, attributes in elements.tags if "src" in attributes]
    assert set(re.findall(r"https?://[^\s\"'`)]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(", text)


def test_the_policy_lets_only_the_own_style_and_script_work() -> None:
    elements = Elements(page(diagnosis()))
    policy = next(attributes["content"] for tag, attributes in elements.tags if attributes.get("http-equiv"))
    rules = dict(rule.split(" ", 1) for rule in (policy or "").split("; "))
    hashed = {
        tag: "'sha256-" + base64.b64encode(hashlib.sha256(elements.texts(tag)[-1].encode()).digest()).decode() + "'"
        for tag in ("style", "script")
    }
    assert rules["default-src"] == "'none'"
    assert (rules["style-src"], rules["script-src"]) == (hashed["style"], hashed["script"])
    assert rules["require-trusted-types-for"] == "'script'"


def test_the_page_without_its_data_is_small() -> None:
    text = page(diagnosis())
    assert len(text) - len(json.dumps(data_of(text))) < 100_000


def test_hostile_text_adds_no_element() -> None:
    plain, attacked = (
        page(diagnosis()),
        page(changed(diagnosis(), hostile)),
    )
    assert Elements(attacked).tags[:3] == Elements(plain).tags[:3]
    assert [tag for tag, _ in Elements(attacked).tags] == [tag for tag, _ in Elements(plain).tags]
    assert Elements(attacked).texts("script")[-1] == Elements(plain).texts("script")[-1]


def test_a_name_that_is_markup_stays_a_name() -> None:
    data = diagnosis()
    data["flow"]["name"] = "</title><script>1</script>"
    assert "<title>Diagnosis of &lt;/title&gt;&lt;script&gt;1&lt;/script&gt;</title>" in page(data)


def test_text_that_looks_like_a_field_of_the_template_stays_text() -> None:
    data = diagnosis()
    data["examples"][0]["question"] = "what is {{script}}?"
    assert unpacked(data_of(page(data)))["examples"][0]["question"] == "what is {{script}}?"


def test_the_script_never_turns_text_into_markup_or_code() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|createContextualFragment"
    for name in SCRIPTS:
        text = files("seekgraph.diagnosis").joinpath("html", name).read_text(encoding="utf-8")
        assert not re.search(forbidden, text), name
        assert "</" not in text, name


@pytest.mark.parametrize("risky", ["</script>", "<!--", "\u2028", "\u2029", "\ud800", "&amp;"])
def test_json_for_a_script_escapes_what_could_end_it(risky: str) -> None:
    written = script_json({"text": risky})
    assert not re.search("[<>&\u2028\u2029\ud800-\udfff]", written)
    assert json.loads(written) == {"text": risky}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["$", "$$", "a", "__proto__"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain, st.text(min_size=40))
def test_what_is_packed_comes_back_unchanged(data: object, long: str) -> None:
    given = [data, {"again": data, "long": long}, [long, data]]
    assert json.dumps(unpacked(json.loads(script_json(packed(given)))), sort_keys=True) == json.dumps(given, sort_keys=True)


def test_what_stands_in_a_diagnosis_often_is_written_once() -> None:
    text = "a passage that each of the steps hands on to the next one"
    assert script_json(packed({"steps": [{"read": [{"id": "d1", "text": text}]} for _ in range(100)]})).count(text) == 1


def test_numbers_that_json_lacks_become_null() -> None:
    assert unpacked(packed({"mean": float("nan"), "high": float("inf"), "n": 1})) == {"mean": None, "high": None, "n": 1}


@pytest.mark.parametrize("flow", [bridge.flow, react.flow, plan_execute.flow, single.flow], ids=lambda flow: flow.name)
def test_cards_stand_apart_and_inside_their_boxes(flow: Flow) -> None:
    data = json.loads(json.dumps(drawing(flow)))
    found = places(data, {node["id"] for node in data["nodes"] if node["kind"] == "node"})
    cards = {card["id"]: card for card in found["cards"]}
    assert cards.keys() == {node["id"] for node in data["nodes"]}
    for number, one in enumerate(found["cards"]):
        assert 0 <= one["x"] <= one["x"] + one["width"] <= found["width"]
        assert 0 <= one["y"] <= one["y"] + one["height"] <= found["height"]
        assert not [other["id"] for other in found["cards"][:number] if overlap(one, other)]
    boxes = {box["id"]: box for box in found["boxes"]}
    for node in data["nodes"]:
        for path in node["inside"]:
            assert within(cards[node["id"]], boxes[path]), (node["id"], path)


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    return not beside and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


def within(one: dict[str, float], box: dict[str, float]) -> bool:
    across = box["x"] <= one["x"] and one["x"] + one["width"] <= box["x"] + box["width"]
    return across and box["y"] <= one["y"] and one["y"] + one["height"] <= box["y"] + box["height"]
