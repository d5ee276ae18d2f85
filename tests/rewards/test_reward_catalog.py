"""All rewards as a list, and rewards from text."""

from __future__ import annotations

import pytest
from holds import holds_for
from hypothesis import strategies as st
from preset_rewards import EXAMPLE, STEP, TRACE, constant

import seekgraph.rewards as rewards
from seekgraph.rewards import Reward, RewardError, novelty, parse, support_gain
from seekgraph.rewards.catalog import catalog, names


def test_every_reward_is_listed_with_what_it_gives() -> None:
    listed = {each.name: each for each in catalog()}
    assert set(listed) == set(names())
    assert set(listed) >= {name for name in rewards._HOMES if isinstance(getattr(rewards, name), Reward)}
    assert [each.name for each in listed.values() if not each.about] == []


def test_a_row_says_how_a_reward_is_called_what_it_needs_and_where_it_is_from() -> None:
    listed = {each.name: each for each in catalog()}
    inforage = listed["inforage"]
    assert inforage.call == "inforage(score='f1', extra=0.2, penalty=0.95)"
    assert inforage.needs == ("gold passages", "gold answers")
    assert inforage.about.startswith("(score + extra * best) * cost")
    assert inforage.source.startswith("InForage (generation.py")
    assert "Raises" not in inforage.source
    assert (listed["judged"].needs, listed["judged"].channels) == (("a judge",), ("answer", "verdict"))
    assert (listed["novelty"].call, listed["novelty"].needs) == ("novelty", ())
    assert listed["rank_among"].needs is None
    assert listed["cost_aware_f1"].params == {"cost_aware_f1.a": 1.0, "cost_aware_f1.b": 0.1}


def test_docstrings_name_a_source_for_every_published_formula() -> None:
    makers = [each for each in catalog() if each.params]
    assert makers
    assert [each.name for each in makers if not each.source] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("support_gain", "support_gain"),
        (" inforage ", "inforage"),
        ("ndcg_at( 5)", "ndcg_at(5)"),
        ("inforage(score='em',extra=0.3)-0.1", "inforage(score='em', extra=0.3) - 0.1"),
        ("0.8*support_gain + 1/5*novelty", "0.8 * support_gain + 1 / 5 * novelty"),
        ("-1 * redundancy + 1", "-1 * redundancy + 1"),
        ("per_visit(support_gain, 'sum')", "per_visit(support_gain, 'sum')"),
        ("gate(cites_found, answer_f1, at_least=0.9)", "gate(cites_found, answer_f1, at_least=0.9)"),
        ("rank_among([], by=[support_gain, cosearch])", "rank_among([], by=[support_gain, cosearch])"),
        ("schedule({'a': novelty, 'b': support_gain}, 'b')", "schedule({'a': novelty, 'b': support_gain}, 'b')"),
    ],
)
def test_a_text_can_name_a_reward_or_a_formula_of_rewards_which_is_called_as_it_is_written(text: str, name: str) -> None:
    assert parse(text).name == name


def test_a_formula_from_text_is_the_formula() -> None:
    text, written = parse("0.8 * support_gain + 0.2 * novelty"), 0.8 * support_gain + 0.2 * novelty
    assert text(STEP, TRACE, EXAMPLE) == written(STEP, TRACE, EXAMPLE)
    assert parse(written.name) == written
    assert parse("schedule({'a': novelty, 'b': support_gain}, 'b')")(STEP, TRACE, EXAMPLE) == support_gain(STEP, TRACE, EXAMPLE)
    assert parse("cost_aware_f1(b=0.5)").params().keys() == {"cost_aware_f1.a"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("suport_gain", "no reward is called 'suport_gain': did you mean support_gain"),
        ("scores", "no reward is called 'scores'"),
        ("__import__('os')", "no reward is called '__import__'"),
        ("novelty.named('x')", "cannot stand in a reward"),
        ("[novelty for x in '12']", "cannot stand in a reward"),
        ("(lambda: novelty)()", "cannot stand in a reward"),
        ("novelty ** 2", "cannot stand in a reward"),
        ("novelty / 2", "cannot be worked out"),
        ("1 / 0 * novelty", "cannot be worked out"),
        ("novelty + 'x'", "cannot be worked out"),
        ("novelty()", "write it without parentheses"),
        ("decay", r"decay is made as decay\(base, after=0\)"),
        ("inforage(extras=2)", r"inforage is made as inforage\(score="),
        ("inforage(extra=-1)", "extra 0 or more"),
        ("clip(5)", "clip is made as"),
        ("1 + 1", "is 2 and not a reward"),
        ("inforage(**{})", "cannot stand in a reward"),
        ("novelty +", "is no reward"),
        ("", "is no reward"),
        ("a\0", "is no reward"),
        ("(" * 900 + "novelty", "is no reward"),
        ("novelty + " * 900 + "novelty", "is no reward"),
    ],
)
def test_what_is_no_reward_is_told_why(text: str, words: str) -> None:
    with pytest.raises(RewardError, match=words):
        parse(text)


@holds_for(
    st.text(alphabet="novelty_gain()[]{}'\"*+-/.,:=0123 \n\\", max_size=40) | st.text(max_size=20),
    few=40,
    many=100,
)
def test_any_text_is_a_reward_or_told_why_it_is_none(text: str) -> None:
    try:
        found = parse(text)
    except RewardError:
        return
    assert isinstance(found, Reward)


def test_a_reward_of_ones_own_is_not_among_the_names() -> None:
    with pytest.raises(RewardError, match="no reward is called 'c'"):
        parse(constant(1.0).name)
