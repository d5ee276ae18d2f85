"""What fits what, how types are type_name, and the types of expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, TypeVar, Union

import pytest
from pydantic import BaseModel, ConfigDict, JsonValue

from seekgraph.core.language.expr import Expr, S, count, lift, otherwise, when
from seekgraph.core.language.params import Choice, Float, Int, Switch, Text
from seekgraph.core.language.typing_rules import (
    Problem,
    attribute,
    fields_of,
    fits,
    infer,
    item_type,
    labels,
    type_name,
    without_nothing,
)
from seekgraph.types import Answer, Evidence, Goal, Passage, Plan, Query, Verdict

T = TypeVar("T")
Id = NewType("Id", str)


class Best(Answer):
    """An answer with more to it."""

    votes: int = 0

    @property
    def share(self) -> float:
        return self.votes / 10


@dataclass
class Row:
    name: str
    parent: Row | None = None

    @cached_property
    def size(self) -> int:
        return len(self.name)


class Pair(NamedTuple):
    left: str
    right: int


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Plain:
    def __init__(self) -> None:
        self.anything = 1


# --- what fits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (str, str),
        (Best, Answer),
        (str, Any),
        (Any, Answer),
        (Answer, object),
        (str, T),
        (T, Answer),
        (int, float),
        (bool, int),
        (bool, float),
        (str, str | None),
        (str, Optional[str]),  # noqa: UP045 (the older spelling is a type of its own)
        (int | bool, int),
        (int | str, Union[str, int, None]),  # noqa: UP007
        (Literal["a"], str),
        (Literal["a"], Literal["a", "b"]),
        (Literal["a", "b"], Literal["a"] | Literal["b"]),
        (Literal[3], float),
        (bool, Literal[True, False]),
        (tuple[Passage, ...], list[Passage]),
        (list[Passage], Sequence[Passage]),
        (list[Passage], tuple[Passage, ...]),
        (Sequence[Best], Collection[Answer]),
        (tuple[int, int], Iterable[float]),
        (tuple[int, str], tuple[float, str]),
        (tuple[str, ...], tuple),
        (tuple, tuple[str, ...]),
        (set[str], frozenset[str]),
        (frozenset[str], Collection[str]),
        (dict[str, int], Mapping[str, float]),
        (Mapping[str, int], dict[str, int]),
        (Annotated[int, "rank"], float),
        (int, Annotated[float, "rank"]),
        (str, Query),
        (Goal, Query),
        (str | Goal, Query),
        (tuple[str, ...], tuple[Query, ...]),
        (Literal["who?"], Query),
        (Id, str),
        (JsonValue, JsonValue),
        (str, JsonValue),
        (dict[str, list[int]], JsonValue),
        (None, str | None),
        (list[T], list[int]),
    ],
)
def test_what_is_written_fits_what_is_wanted(written: Any, wanted: Any) -> None:
    assert fits(written, wanted)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (str, int),
        (Answer, Best),
        (float, int),
        (int, bool),
        (str | None, str),
        (int | str, int),
        (str, Literal["a"]),
        (Literal["a", "c"], Literal["a", "b"]),
        (Literal[1], Literal[True]),
        (bool, Literal[True]),
        (tuple[Passage, ...], tuple[Query, ...]),
        (tuple[Passage, ...], Passage),
        (Passage, tuple[Passage, ...]),
        (str, Sequence[str]),
        (Passage, Iterable[str]),
        (tuple[int, str], tuple[int, ...]),
        (tuple[int, ...], tuple[int, int]),
        (tuple[int, int, int], tuple[int, int]),
        (list[str], set[str]),
        (dict[str, str], Mapping[str, int]),
        (dict[str, str], list[str]),
        (int, Query),
        (Query, str),
        (Passage, JsonValue),
        (None, str),
    ],
)
def test_what_is_written_does_not_fit_what_is_wanted(written: Any, wanted: Any) -> None:
    assert not fits(written, wanted)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (str, "str"),
        (None, "None"),
        (tuple[Passage, ...], "tuple[Passage, ...]"),
        (str | None, "str | None"),
        (Optional[Query], "Query | None"),  # noqa: UP045
        (Literal["yes", 2], "Literal['yes', 2]"),
        (Mapping[str, list[int]], "Mapping[str, list[int]]"),
        (Annotated[tuple[str, ...], "x"], "tuple[str, ...]"),
        (Any, "Any"),
        (JsonValue, "JsonValue"),
        (Id, "Id"),
    ],
)
def test_types_are_shown_as_a_person_writes_them(kind: Any, text: str) -> None:
    assert type_name(kind) == text


# --- parts of values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "found"),
    [
        (Verdict, "score", float),
        (Best, "text", str),
        (Best, "share", float),
        (Evidence, "id", str),
        (Row, "name", str),
        (Row, "parent", Row | None),
        (Row, "size", int),
        (Pair, "right", int),
        (Pair, "left", str),
        (Loose, "anything", Any),
        (Plain, "anything", Any),
        (Any, "anything", Any),
        (tuple[Passage, ...], 0, Passage),
        (tuple[str, int], 1, int),
        (tuple[str, int], -2, str),
        (list[str], 3, str),
        (str, 0, str),
        (dict[int, str], 0, str),
        (Verdict | Evidence, "score", float),
    ],
)
def test_a_part_of_a_value_has_a_type(kind: Any, key: str | int, found: Any) -> None:
    assert attribute(kind, key) == found


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (Verdict, "confidence"),
        (Verdict | Evidence, "label"),
        (Row, "nmae"),
        (str, "text"),
        (dict[str, str], "key"),
        (tuple[str, int], 2),
        (set[str], 0),
        (Verdict, 0),
        (int, "real_part"),
    ],
)
def test_a_part_that_a_value_does_not_have_has_none(kind: Any, key: str | int) -> None:
    assert attribute(kind, key) is None


def test_fields_are_those_that_all_members_have() -> None:
    assert set(fields_of(Verdict | Evidence)) == {"score"}
    assert {"text", "votes", "share"} <= set(fields_of(Best))
    assert not {"model_fields", "model_extra"} & set(fields_of(Best))


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        (tuple[Goal, ...], Goal),
        (list[str], str),
        (Sequence[int] | tuple[int, ...], int),
        (tuple[str, int], str | int),
        (frozenset[str], str),
        (tuple, Any),
        (Any, Any),
        (Iterable[Passage], Passage),
        (str, None),
        (Plan, None),
        (dict[str, int], None),
        (tuple[str, ...] | None, None),
        (int, None),
    ],
)
def test_each_goes_through_collections(kind: Any, item: Any) -> None:
    assert item_type(kind) == item


def test_none_is_taken_out_of_a_union() -> None:
    assert without_nothing(str | int | None) == str | int
    assert without_nothing(str) is str


# --- expressions ---------------------------------------------------------------------------------------------------

KNOWN: dict[str, Any] = {
    "question": str,
    "plan": Plan,
    "verdict": Verdict,
    "evidence": tuple[Evidence, ...],
    "row": Row,
    "hits": int,
    "counts": Iterable[int],
}


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        (S.question, str),
        (S.unknown.anything[0], Any),
        (S.plan.goals, tuple[Goal, ...]),
        (S.plan.goals[0].text, str),
        (S.verdict.score >= Float(0.5, 0, 1), bool),
        (S.verdict.label == "enough", bool),
        (S.evidence[0].stance == "supports", bool),
        (~(S.hits > 1) & (S.hits < 9.5), bool),
        (count(S.evidence), int),
        (S.hits + 1, int),
        (S.hits * 0.5, float),
        (S.hits / 2, float),
        (S.hits - Int(1, 0, 9), int),
        (S.question + "?", str),
        (S.evidence + S.evidence, tuple[Evidence, ...]),
        (when(S.hits > 1, "more", "done"), Literal["more"] | Literal["done"]),
        (when(lift(Switch(True)), S.question, S.verdict.label), str),
        (otherwise(S.question, Text("")), str),
        (S.row.parent == None, bool),  # noqa: E711 (an expression)
        (S.question < S.verdict.label, bool),
    ],
)
def test_an_expression_has_a_type(expr: Expr, found: Any) -> None:
    problems: list[Problem] = []
    kind = infer(expr, KNOWN, problems)
    assert problems == []
    assert type_name(kind) == type_name(found)


@pytest.mark.parametrize(
    ("expr", "code", "says"),
    [
        (S.verdict.scoer, "unknown-attribute", "Verdict, which has no 'scoer'"),
        (S.plan.goals.text, "unknown-attribute", "tuple[Goal, ...], which has no 'text'"),
        (S.verdict[0], "unknown-attribute", "no item 0"),
        (S.row.parent.name, "maybe-none", "S.row.parent may be None"),
        (S.verdict < 0.5, "incomparable", "Verdict < float"),
        (S.verdict < S.verdict, "incomparable", "Verdict < Verdict"),
        (S.question >= 0.5, "incomparable", "str >= float"),
        (S.row.parent < 3, "incomparable", "Row | None < "),
        (S.question == 3, "incomparable", "str == Literal[3]"),
        (S.evidence[0].stance == "suports", "incomparable", "'suports'"),
        (S.question + 1, "incomparable", "str + Literal[1]"),
        (S.question - S.question, "incomparable", "str - str"),
        (count(S.hits), "not-a-collection", "counts int"),
        (count(S.counts), "not-a-collection", "counts Iterable[int]"),
        (when(S.verdict, "a", "b"), "not-boolean", "Verdict, which is not a condition"),
    ],
)
def test_an_expression_that_cannot_work_is_a_problem(expr: Expr, code: str, says: str) -> None:
    problems: list[Problem] = []
    infer(expr, KNOWN, problems)
    assert [problem.code for problem in problems] == [code]
    assert says in problems[0].message
    assert problems[0].hint


def test_a_misspelt_field_is_answered_with_the_like_of_it() -> None:
    problems: list[Problem] = []
    infer(S.verdict.scoer, KNOWN, problems)
    assert problems[0].hint == "did you mean 'score'?"


@pytest.mark.parametrize(
    ("expr", "given"),
    [
        (when(S.hits > 1, "more", when(S.hits < 9, "less", "done")), {"more", "less", "done"}),
        (S.hits > 1, {"true", "false"}),
        (S.evidence[0].stance, {"supports", "refutes", "neutral"}),
        (when(lift(Choice("a", "b")) == "a", Choice("x", "y"), 3), {"x", "y", "3"}),
        (otherwise(S.evidence[0].stance, "none"), {"supports", "refutes", "neutral", "none"}),
        (S.verdict.label, None),
        (S.unknown, None),
        (when(S.hits > 1, "more", S.question), None),
    ],
)
def test_the_labels_of_a_policy_are_known_from_its_type(expr: Expr, given: set[str] | None) -> None:
    assert labels(infer(expr, KNOWN)) == given
