"""Splits and folds: partitions that ids and a seed decide, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.evaluation.examples import ExampleError, folds, split
from seekgraph.types import Example


def made(*names: str) -> list[Example]:
    return [Example(id=name, question=f"What is {name}?") for name in names]


def ids(rows: tuple[Example, ...]) -> list[str]:
    return [row.id for row in rows]


names = st.lists(st.text("abcdef0123", min_size=1, max_size=5), min_size=2, max_size=40, unique=True)
seeds = st.integers(0, 10**6)


@given(names=names, parts=st.integers(2, 6), seed=seeds)
def test_folds_test_every_row_once_and_train_on_the_others(names: list[str], parts: int, seed: int) -> None:
    parts = min(parts, len(names))
    made_folds = folds(made(*names), parts, seed)
    assert sorted(name for fold in made_folds for name in ids(fold.test)) == sorted(names)
    for fold in made_folds:
        assert sorted(ids(fold.test) + ids(fold.train)) == sorted(names)
    sizes = [len(fold.test) for fold in made_folds]
    assert max(sizes) - min(sizes) <= 1


@given(names=names, seed=seeds, data=st.data())
def test_the_order_of_the_file_changes_neither_folds_nor_split(names: list[str], seed: int, data: st.DataObject) -> None:
    other = data.draw(st.permutations(names))
    assert folds(made(*other), 2, seed) == folds(made(*names), 2, seed)
    assert split(made(*other), 0.5, 0.5, seed=seed) == split(made(*names), 0.5, 0.5, seed=seed)


@given(names=names, weights=st.lists(st.integers(1, 20), min_size=1, max_size=5), seed=seeds)
def test_split_parts_are_disjoint_complete_not_empty_and_of_the_sizes_asked_for(
    names: list[str], weights: list[int], seed: int
) -> None:
    weights = weights[: len(names)]
    shares = [weight / sum(weights) for weight in weights]
    parts = split(made(*names), *shares, seed=seed)
    assert sorted(name for part in parts for name in ids(part)) == sorted(names)
    assert all(parts)
    if all(len(names) * share >= 1 for share in shares):
        assert all(abs(len(part) - len(names) * share) <= 1 + 1e-9 for part, share in zip(parts, shares, strict=True))


def test_shares_that_are_whole_numbers_of_rows_are_met_exactly() -> None:
    rows = made(*(str(number) for number in range(100)))
    assert [len(part) for part in split(rows, 0.6, 0.29, 0.11, seed=3)] == [60, 29, 11]


def test_another_seed_makes_other_parts() -> None:
    rows = made(*(str(number) for number in range(50)))
    assert split(rows, 0.5, 0.5, seed=0) != split(rows, 0.5, 0.5, seed=1)
    assert folds(rows, 5, seed=0) != folds(rows, 5, seed=1)


def test_a_split_stays_the_same_from_release_to_release() -> None:
    train, test = split(made(*"abcdefgh"), 0.75, 0.25, seed=0)
    assert ("".join(ids(train)), "".join(ids(test))) == ("hfgdac", "be")


@pytest.mark.parametrize("fractions", [(), (0.8,), (0.5, 0.6), (1.2, -0.2), (1.0, 0.0), (float("nan"), 1.0)])
def test_fractions_that_do_not_add_up_are_refused(fractions: tuple[float, ...]) -> None:
    with pytest.raises(ExampleError, match="add up to 1"):
        split(made("a", "b", "c"), *fractions)


def test_fewer_rows_than_parts_are_refused() -> None:
    with pytest.raises(ExampleError, match="1 examples cannot fill 2 parts"):
        split(made("a"), 0.5, 0.5)
    with pytest.raises(ExampleError, match="2 examples cannot make 5 folds"):
        folds(made("a", "b"), 5)
    with pytest.raises(ExampleError, match="cannot make 1 folds"):
        folds(made("a", "b"), 1)


def test_two_rows_with_one_id_are_refused_since_they_could_land_on_both_sides() -> None:
    with pytest.raises(ExampleError, match="two examples have the id 'a'"):
        split(made("a", "a"), 0.5, 0.5)
    with pytest.raises(ExampleError, match="two examples have the id 'a'"):
        folds(made("a", "a"), 2)
