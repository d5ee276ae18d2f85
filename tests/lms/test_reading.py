"""From text to a value."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lm_kit import Pair, Reply
from pydantic import BaseModel, Field

from seekgraph.lms.reading import closed, filled, text_field
from seekgraph.lms.streaming import FieldText


class Texts(BaseModel):
    queries: tuple[str, ...]


class Noted(BaseModel):
    score: float = 0.5
    reason: Annotated[str | None, Field(max_length=200)] = None
    note: str = ""


class Label(BaseModel):
    label: Literal["yes", "no"]


@pytest.mark.parametrize(("output", "field"), [(Reply, "text"), (Pair, ""), (Texts, "queries"), (Noted, "reason"), (Label, "")])
def test_plain_text_goes_into_the_field_that_can_take_it(output: type[BaseModel], field: str) -> None:
    assert text_field(output) == field


def test_a_collection_takes_a_line_each_without_bullets() -> None:
    found = filled("1. rivers of Bonn\n- Rhine source\n\n  * 1998 flood\n", Texts)
    assert found == Texts(queries=("rivers of Bonn", "Rhine source", "1998 flood"))


@pytest.mark.parametrize("text", ["", "   ", '{"word": 1}', '{"text": 1', "[1, 2]", "```json\n{}"])
def test_what_is_meant_as_json_is_no_plain_text(text: str) -> None:
    assert filled(text, Reply) is None


def test_json_that_was_cut_off_is_closed_where_that_is_valid() -> None:
    assert closed('Sure: {"text": "a", "confidence": 0.', Reply) == Reply(text="a")
    assert closed('{"confidence": 0.5, "te', Reply) is None


@given(st.text(max_size=200))
def test_reading_gives_a_value_or_none(text: str) -> None:
    assert isinstance(closed(text, Reply), Reply | None)
    assert isinstance(filled(text, Reply), Reply | None)


@given(st.text(max_size=60), st.integers(1, 7))
def test_a_field_is_shown_whole_however_its_json_is_cut(text: str, size: int) -> None:
    written, shown = Reply(text=text).model_dump_json(), []
    show = FieldText("text", shown.append)
    for start in range(0, len(written), size):
        show(written[start : start + size])
    assert "".join(shown) == text
