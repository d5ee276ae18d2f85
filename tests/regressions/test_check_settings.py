"""`check` refuses settings of the wrong type and out of their bounds, and its hints lead somewhere."""

from __future__ import annotations

from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.check import Finding, check
from seekgraph.nodes import Answer, Rerank, Retrieve
from seekgraph.types import Passage


def found(body: Any, **options: Any) -> list[Finding]:
    return [*check(sg.Flow(body, **options))]


@pytest.mark.parametrize(
    ("k", "message"),
    [
        ("ten", "k takes a whole number from 1 to 100, not 'ten'"),
        (-3, "k takes a whole number from 1 to 100, not -3"),
        (0, "k takes a whole number from 1 to 100, not 0"),
        (2.5, "k takes a whole number from 1 to 100, not 2.5"),
        (True, "k takes a whole number from 1 to 100, not True"),
        (None, "k takes a whole number from 1 to 100, not None"),
        (sg.Int(3, -1, 9), "k takes a whole number from 1 to 100, not -1"),
        (sg.Float(3.5, 1, 9), "k takes a whole number from 1 to 100, not 3.5"),
        (sg.Choice("some", "many"), "k takes a whole number from 1 to 100, not 'some'"),
    ],
)
def test_a_setting_out_of_its_domain_is_an_error_with_its_path_and_a_hint(k: Any, message: str) -> None:
    (finding,) = found(Retrieve("corpus", k=k) >> Answer())
    assert (finding.code, finding.severity, finding.path, finding.message) == ("wrong-setting", "error", "retrieve", message)
    assert finding.hint == "its default is k=20"
    with pytest.raises(sg.FlowError, match="wrong-setting at retrieve"):
        sg.Flow(Retrieve("corpus", k=k) >> Answer()).check()


@pytest.mark.parametrize("k", [1, 12, 100, sg.Int(8, 2, 30), sg.Choice(5, 10), sg.Int(300, 100, 1000)])
def test_a_setting_in_its_domain_or_with_a_wider_one_of_its_own_is_fine(k: Any) -> None:
    assert found(Retrieve("corpus", k=k) >> Answer()) == []


def test_a_setting_above_its_domain_is_a_warning() -> None:
    (finding,) = found(Retrieve("corpus", k=500) >> Answer())
    assert (finding.code, finding.severity) == ("setting-out-of-range", "warning")
    assert finding.hint == "say so with a range of your own: k=Int(500, 1, 500)"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"names": "one"}, "names takes tuple[str, ...], not 'one': input should be a valid tuple"),
        ({"names": (1,)}, "names takes tuple[str, ...], not (1,): input should be a valid string"),
        ({"words": "9"}, "words takes int, not '9': input should be a valid integer"),
        ({"words": sg.Text("9")}, "words takes int, not '9': input should be a valid integer"),
        ({"share": "half"}, "share takes float | None, not 'half': input should be a valid number"),
    ],
)
def test_a_setting_without_a_domain_has_to_be_of_its_annotated_type(settings: dict[str, Any], message: str) -> None:
    (finding,) = [each for each in found(Plain(**settings)) if each.code == "wrong-setting"]
    assert finding.message == message


@pytest.mark.parametrize(
    "settings", [{}, {"names": ["a"]}, {"share": 1}, {"share": None}, {"words": sg.Int(3, 1, 9)}, {"any": 7}]
)
def test_what_fits_its_annotation_is_fine(settings: dict[str, Any]) -> None:
    assert [each for each in found(Plain(**settings)) if each.code == "wrong-setting"] == []


class Kept(sg.Writes):
    passages: tuple[Passage, ...]


class Plain(sg.Node):
    words: int = 5
    names: tuple[str, ...] = ()
    share: float | None = None
    any: Any = None

    async def run(self, question: str) -> Kept:
        return Kept(passages=())


class DropReleaseNotes(sg.Node):
    async def run(self, passages: tuple[Passage, ...]) -> Kept:
        return Kept(passages=passages)


def test_no_hint_puts_a_node_before_itself() -> None:
    (finding,) = [each for each in found(DropReleaseNotes() >> Rerank() >> Answer()) if each.path == "dropreleasenotes"]
    assert finding.message == "reads 'passages', which only dropreleasenotes itself writes"
    assert finding.hint.startswith("put a node before it that writes 'passages', such as ")
    assert "Retrieve" in finding.hint
    assert "put dropreleasenotes" not in finding.hint
