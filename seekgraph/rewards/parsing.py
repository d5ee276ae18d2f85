"""Rewards from text: a name of `seekgraph.rewards`, a call of a maker, or a formula of both.

    support_gain        inforage(extra=0.3)        0.8 * support_gain + 0.2 * novelty        per_visit(support_gain, 'sum')

The text is taken apart and never run: it can name rewards, and give their makers numbers, texts, lists and other rewards.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import seekgraph.rewards as rewards
from seekgraph.core.base.errors import SeekgraphError
from seekgraph.rewards.algebra import Reward, RewardError
from seekgraph.rewards.catalog import call_of, names

OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
LONGEST = 2000
"""Characters of a formula; what is longer is not one."""


def parse(text: str) -> Reward:
    """The reward that a text names, called as it is written. A maker without parentheses stands for what it makes by itself.

    Raises `RewardError` for names that there are not, with those that are like them; for arguments that a maker does not take;
    and for anything but names, calls, `+ - * /`, numbers, texts and lists of them.
    """
    try:
        if len(text) > LONGEST:
            raise ValueError(f"longer than {LONGEST} characters")
        tree = ast.parse(text.strip(), mode="eval")
        return _reward(_value(tree.body), text).named(ast.unparse(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SeekgraphError):
            raise
        raise RewardError(f"{text[:80]!r} is no reward: a name such as support_gain, or a formula of names ({error})") from None


def _reward(value: Any, text: str) -> Reward:
    if callable(value) and not isinstance(value, Reward):
        value = _made(value, (), {})
    if not isinstance(value, Reward):
        raise RewardError(f"{text!r} is {value!r} and not a reward: see `seekgraph rewards list`")
    return value


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Name(id=name):
            return _named(name)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [_argument(part) for part in parts]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_argument(key): _argument(value) for key, value in zip(keys, values, strict=True) if key is not None}
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if all(each.arg for each in keywords):
            given = {str(each.arg): _argument(each.value) for each in keywords}
            return _made(_named(name), tuple(_argument(each) for each in args), given)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            return _worked_out(type(sign), _argument(left), _argument(right), ast.unparse(node))
    raise RewardError(f"{ast.unparse(node)!r} cannot stand in a reward: write names, calls, numbers and + - *")


def _argument(node: ast.expr) -> Any:
    value = _value(node)
    return _reward(value, ast.unparse(node)) if callable(value) else value


def _named(name: str) -> Any:
    known = names()
    if name not in known:
        like = get_close_matches(name, known, 3)
        hint = f"did you mean {' or '.join(like)}?" if like else "see `seekgraph rewards list`"
        raise RewardError(f"no reward is called {name!r}: {hint}")
    return getattr(rewards, name)


def _made(maker: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if isinstance(maker, Reward):
        raise RewardError(f"{maker.name} is a reward as it stands: write it without parentheses")
    try:
        return maker(*args, **kwargs)
    except (TypeError, AttributeError) as error:
        raise RewardError(f"{maker.__name__} is made as {call_of(maker)}: {error}") from None


def _worked_out(sign: type[ast.operator], left: Any, right: Any, text: str) -> Any:
    try:
        return OPERATORS[sign](left, right)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise RewardError(f"{text!r} cannot be worked out: {error}") from None
