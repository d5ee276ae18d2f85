"""The numbers of a formula as params: listed by name, set by name, and kept in whatever is made of the reward."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from preset_rewards import EXAMPLE, STEP, TRACE, close, constant, raw, value, values

import seekgraph as sg
import seekgraph.rewards as rewards
from seekgraph.core.base.errors import ParamError
from seekgraph.core.language.params import value_of
from seekgraph.rewards import Reward, RewardError, clip, decay, gate, inforage, novelty, per_visit, reward, support_gain, tunable
from seekgraph.rewards.catalog import catalog

shares = st.floats(0, 1)


def weight(name: str, default: float = 0.5) -> Any:
    return sg.Float(default, -3, 3, name=name)


def plain(made: Reward) -> dict[str, Any]:
    return {name: param.value for name, param in made.params().items()}


def test_a_number_of_a_formula_can_be_a_param() -> None:
    made = weight("gain", 0.8) * support_gain + 0.2 * novelty
    assert (made.name, plain(made)) == ("0.8 * support_gain + 0.2 * novelty", {"gain": 0.8})
    other = made.with_params({"gain": 0.5})
    assert (other.name, plain(other)) == ("0.5 * support_gain + 0.2 * novelty", {"gain": 0.5})
    assert plain(made) == {"gain": 0.8}
    assert (other.needs, other.channels) == (made.needs, made.channels)


@given(values, values, shares, shares)
def test_setting_a_param_is_writing_its_value(x: float | None, y: float | None, v: float, w: float) -> None:
    a, b = constant(x, "a"), constant(y, "b")
    made = weight("v") * a + b * weight("v") - weight("w") - (weight("w") - gate(a, b, weight("least")))
    made = per_visit(clip(made, -5, weight("high", 3)) * decay(sg.Float(1.0, 0, 1)))
    written = v * a + b * v - w - (w - gate(a, b, 0.25))
    written = per_visit(clip(written, -5, 2) * decay(w))
    chosen = made.with_params({"v": v, "w": w, "least": 0.25, "high": 2, "decay.base": w})
    assert close(raw(chosen), raw(written))
    assert chosen.name == written.name


@given(values, values, shares)
def test_setting_params_to_their_own_values_changes_nothing(x: float | None, y: float | None, v: float) -> None:
    made = (weight("v", v) * constant(x) + inforage(extra=sg.Float(v, 0, 1))).named("mine")
    again = made.with_params(plain(made))
    assert (again.name, plain(again), raw(again)) == ("mine", plain(made), raw(made))
    assert made.with_params({}) is made


def test_later_values_win_and_others_stay() -> None:
    made = weight("a") * novelty + weight("b") * support_gain
    assert plain(made.with_params({"a": 0.1, "b": 0.2}).with_params({"a": 0.3})) == {"a": 0.3, "b": 0.2}


def test_a_makers_argument_can_be_a_param_and_is_called_after_it() -> None:
    made = inforage(extra=sg.Float(0.2, 0, 1), penalty=sg.Float(0.9, 0, 1, name="worth"))
    assert plain(made) == {"inforage.extra": 0.2, "worth": 0.9}
    assert made.name == "inforage(penalty=0.9)"  # 0.2 is the default
    assert made.with_params({"inforage.extra": 0.3}).name == "inforage(extra=0.3, penalty=0.9)"


def test_a_default_can_be_a_param_so_that_an_unknown_constant_can_be_varied() -> None:
    made = rewards.cost_aware_f1()
    assert (made.name, plain(made)) == ("cost_aware_f1", {"cost_aware_f1.a": 1.0, "cost_aware_f1.b": 0.1})
    assert made.with_params({"cost_aware_f1.b": 0.5}).name == "cost_aware_f1(b=0.5)"
    assert plain(rewards.cost_aware_f1(b=0.3)) == {"cost_aware_f1.a": 1.0}  # a plain value fixes it


def test_params_are_found_in_rewards_that_a_maker_takes() -> None:
    inner = weight("w") * novelty
    mixed = rewards.cosearch(outcome=clip(rewards.run_f1, high=weight("h")))
    lines = rewards.bottom_lines(rewards.cites_found, inner, behaviour=mixed)
    assert plain(lines) == {"w": 0.5, "cosearch.mix": 0.5, "h": 0.5}
    assert "0.25 * novelty" in lines.with_params({"w": 0.25}).name
    ranked = rewards.rank_among([TRACE], [inner, support_gain]).with_params({"w": 0.75})
    assert ranked.name == "rank_among(0.75 * novelty, support_gain)"
    phased = rewards.from_visit({1: inner, 2: support_gain}).with_params({"w": 0.75})
    assert phased.name == "from_visit(1: 0.75 * novelty, 2: support_gain)"


def test_one_name_is_one_param() -> None:
    made = weight("w") * novelty + weight("w") * support_gain
    assert made.with_params({"w": 0.25}).name == "0.25 * novelty + 0.25 * support_gain"
    with pytest.raises(ParamError, match="two params of a reward are called 'w' and differ"):
        weight("w") * novelty + weight("w", 0.25) * support_gain


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: sg.Float(0.5, 0, 1) * novelty, ParamError, "needs a name to be found by"),
        (lambda: (weight("w") * novelty).with_params({"v": 1}), ParamError, r"no params \['v'\]; it has \['w'\]"),
        (lambda: novelty.with_params({"v": 1}), ParamError, "it has none"),
        (lambda: (weight("w") * novelty).with_params({"w": 4}), ParamError, "a number from -3 to 3, not 4"),
        (lambda: inforage(penalty=sg.Float(0.5, 0, 2)).with_params({"inforage.penalty": 1.5}), RewardError, "penalty in"),
    ],
    ids=["without a name", "unknown", "without params", "outside of the domain", "refused by its maker"],
)
def test_what_cannot_be_a_param_is_told(wrong: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        wrong()


def test_a_reward_with_params_reaches_another_process_with_them() -> None:
    made = (weight("w") * support_gain + inforage(extra=sg.Float(0.4, 0, 1))).named("both")
    again = pickle.loads(pickle.dumps(made))
    assert (again, again.params()) == (made, made.params())
    assert again(STEP, TRACE, EXAMPLE) == made(STEP, TRACE, EXAMPLE)
    assert value(again.with_params({"w": 0.25})) == value(made.with_params({"w": 0.25}))


@tunable
def scarce(most: int = 3) -> Reward:
    return reward(name="scarce")(lambda step, trace, example: rewards.Score(float(len(trace) <= most)))


def test_a_maker_of_ones_own_takes_params_too() -> None:
    made = scarce(most=sg.Int(3, 0, 9))
    assert (made.name, plain(made), value(made)) == ("scarce", {"scarce.most": 3}, 1)
    assert value(made.with_params({"scarce.most": 0})) == 0


def numbers_of(maker: Any) -> dict[str, float]:
    """The arguments of a maker with a number as default."""
    given = {name: value_of(each.default) for name, each in inspect.signature(maker).parameters.items()}
    return {name: each for name, each in given.items() if isinstance(each, int | float) and not isinstance(each, bool)}


MAKERS = [each.name for each in catalog() if each.call != each.name and each.needs is not None]


@pytest.mark.parametrize("name", MAKERS)
def test_every_number_of_a_published_formula_can_be_a_param(name: str) -> None:
    maker = getattr(rewards, name)
    for argument, default in numbers_of(maker).items():
        kind = sg.Int if isinstance(default, int) else sg.Float
        try:
            made = maker(**{argument: kind(default, min(default, 0), max(default, 1), name="it")})
        except (TypeError, RewardError) as error:
            pytest.fail(f"decorate {name} with @tunable of seekgraph.rewards.weights: it does not take a param ({error})")
        assert plain(made)["it"] == default
