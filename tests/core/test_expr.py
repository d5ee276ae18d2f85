"""Expressions over the state: what they come to, how they read, what they refuse."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import pytest

import seekgraph as sg
from seekgraph import S, count, otherwise, when
from seekgraph.core.base.errors import ChannelMissing
from seekgraph.core.language.expr import Expr, channels, evaluator, params, with_params

STATE = {"n": 3, "m": 4, "yes": True, "no": False, "items": ("a", "b"), "verdict": SimpleNamespace(score=0.5, notes=("x", "y"))}


def read(channel: str) -> Any:
    if channel not in STATE:
        raise ChannelMissing(channel, "an expression")
    return STATE[channel]


def value(expr: Expr) -> Any:
    return evaluator(expr)(read)


EXPRS: list[tuple[Expr, Any, str]] = [
    (S.n, 3, "S.n"),
    (S["n"], 3, "S.n"),
    (S.verdict.score, 0.5, "S.verdict.score"),
    (S.verdict.notes[1], "y", "S.verdict.notes[1]"),
    (S.items[-1], "b", "S.items[-1]"),
    (S.n == 3, True, "(S.n == 3)"),
    (S.n != 3, False, "(S.n != 3)"),
    (S.n < S.m, True, "(S.n < S.m)"),
    (S.n <= 2, False, "(S.n <= 2)"),
    (S.n > 2, True, "(S.n > 2)"),
    (S.n >= 4, False, "(S.n >= 4)"),
    (S.n + 1, 4, "(S.n + 1)"),
    (S.n - S.m, -1, "(S.n - S.m)"),
    (S.n * 2, 6, "(S.n * 2)"),
    (S.n / 2, 1.5, "(S.n / 2)"),
    (S.yes & S.no, False, "(S.yes & S.no)"),
    (S.no | S.yes, True, "(S.no | S.yes)"),
    (S.no | S.no, False, "(S.no | S.no)"),
    (~S.yes, False, "~(S.yes)"),
    (~(S.n > 5) & (S.m == 4), True, "(~((S.n > 5)) & (S.m == 4))"),
    (count(S.items), 2, "count(S.items)"),
    (count(S.items) >= 2, True, "(count(S.items) >= 2)"),
    (when(S.yes, "then", "else"), "then", "when(S.yes, 'then', 'else')"),
    (when(S.no, S.n, S.m), 4, "when(S.no, S.n, S.m)"),
    (otherwise(S.missing, "else"), "else", "otherwise(S.missing, 'else')"),
    (otherwise(S.n, "else"), 3, "otherwise(S.n, 'else')"),
    (otherwise(S.missing.score + 1, S.m), 4, "otherwise((S.missing.score + 1), S.m)"),
]


@pytest.mark.parametrize(("expr", "expected", "text"), EXPRS, ids=[text for _, _, text in EXPRS])
def test_an_expression_comes_to_its_value(expr: Expr, expected: Any, text: str) -> None:
    assert value(expr) == expected


@pytest.mark.parametrize(("expr", "expected", "text"), EXPRS, ids=[text for _, _, text in EXPRS])
def test_an_expression_reads_as_it_was_written(expr: Expr, expected: Any, text: str) -> None:
    assert str(expr) == repr(expr) == text


@pytest.mark.parametrize(("expr", "expected", "text"), EXPRS, ids=[text for _, _, text in EXPRS])
def test_an_expression_survives_pickling(expr: Expr, expected: Any, text: str) -> None:
    again = pickle.loads(pickle.dumps(expr))
    assert (str(again), value(again)) == (text, expected)


@pytest.mark.parametrize(
    "lazy", [S.no & S.missing, S.yes | S.missing, when(S.yes, 1, S.missing), when(S.no, S.missing, 1), otherwise(S.n, S.missing)]
)
def test_only_the_operands_that_decide_are_evaluated(lazy: Expr) -> None:
    value(lazy)


def test_a_channel_that_is_missing_is_named() -> None:
    with pytest.raises(ChannelMissing, match="'missing'"):
        value(S.missing.score > 1)


def test_otherwise_does_not_hide_other_errors() -> None:
    with pytest.raises(AttributeError):
        value(otherwise(S.n.nope, 1))


# --- what Python cannot say ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "decide",
    [
        lambda: S.n and S.m,
        lambda: S.n > 1 or S.m > 2,
        lambda: not S.n,
        lambda: 1 if S.n > 1 else 2,
        lambda: 1 < S.n < 3,
    ],
    ids=["and", "or", "not", "if", "chain"],
)
def test_deciding_when_the_flow_is_written_raises_with_the_way_out(decide: Any) -> None:
    with pytest.raises(TypeError, match=r"is decided when the flow runs: use & \| ~ in place of and, or, not"):
        decide()


@pytest.mark.parametrize(
    ("look", "way_out"),
    [
        (lambda: list(S.items), r"use each\(S.items, ...\)"),
        (lambda: len(S.items), r"use count\(S.items\)"),
        (lambda: "a" in S.items, "let a node look into it"),
    ],
    ids=["iter", "len", "in"],
)
def test_looking_into_a_collection_when_the_flow_is_written_raises_with_the_way_out(look: Any, way_out: str) -> None:
    with pytest.raises(TypeError, match=f"S.items is known only when the flow runs: {way_out}"):
        look()


# --- what is in an expression -------------------------------------------------------------------------------------


def test_the_channels_of_an_expression_are_each_named_once_in_the_order_of_writing() -> None:
    assert channels((S.b.c > S.a) & when(S.b, S.d, otherwise(S.a, S.e))) == ("b", "a", "d", "e")


def test_the_params_of_an_expression_stand_in_the_order_of_writing() -> None:
    first, second, third = sg.Float(0.1, 0, 1), sg.Int(2, 0, 9), sg.Choice("a", "b")
    assert params(when(S.n * first >= second, third, "c")) == (first, second, third)


def test_a_param_in_an_expression_has_its_own_value_or_the_one_that_is_given() -> None:
    expr = S.n >= sg.Int(3, 0, 9)
    assert (evaluator(expr)(read), evaluator(expr, [4])(read)) == (True, False)


def test_a_choice_in_an_expression_comes_to_the_chosen_option() -> None:
    assert value(S.n == sg.Choice(4, 3, default=3)) is True


def test_params_can_be_exchanged_in_their_order() -> None:
    expr = when((S.n + sg.Int(1, 0, 9)) * 2 > S.items[0], S.m, sg.Int(2, 0, 9))
    exchanged = with_params(expr, [sg.Int(7, 0, 9), sg.Int(8, 0, 9)])
    assert [param.value for param in params(exchanged)] == [7, 8]
    assert str(exchanged) == str(expr)


def test_equal_expressions_can_be_keys_and_are_told_apart() -> None:
    first, second = S.n, S.n
    assert len({first: 1, second: 2}) == 2


def test_numbers_may_stand_on_the_left() -> None:
    values = {"x": 4}
    found = [evaluator(expr)(values.__getitem__) for expr in (1 + S.x, 1 - S.x, 2 * S.x, 2 / S.x)]
    assert found == [5, -3, 8, 0.5]
