"""Channels: what a second write does, and what parallel branches see of one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.core.base.errors import ChannelMissing
from seekgraph.core.record.ledger import Ledger, Merge, merged
from seekgraph.types import Passage

collections = st.lists(st.builds(Passage, id=st.sampled_from("abcd"), text=st.sampled_from("xyz")), max_size=5).map(tuple)
merges = st.sampled_from(Merge)


def fold(writes: list[tuple[Passage, ...]], merge: Merge) -> tuple[Passage, ...]:
    value: tuple[Passage, ...] = ()
    for write in writes:
        value = merged(value, write, merge)
    return value


def test_replace_keeps_the_last_write() -> None:
    assert merged("old", "new", Merge.REPLACE) == "new"


def test_append_keeps_all_items_in_the_order_of_writing() -> None:
    assert merged((1, 2), (2, 3), Merge.APPEND) == (1, 2, 2, 3)


def test_union_puts_a_new_item_in_the_place_of_the_one_with_its_id() -> None:
    old = (Passage(id="a", text="1"), Passage(id="b", text="1"))
    new = (Passage(id="c", text="2"), Passage(id="a", text="2"))
    assert [(each.id, each.text) for each in merged(old, new, Merge.UNION)] == [("a", "2"), ("b", "1"), ("c", "2")]


@given(collections, collections, collections, merges)
def test_merging_is_associative(a: tuple[Passage, ...], b: tuple[Passage, ...], c: tuple[Passage, ...], merge: Merge) -> None:
    assert merged(merged(a, b, merge), c, merge) == merged(a, merged(b, c, merge), merge)


@given(collections)
def test_a_union_has_each_id_once_and_adding_it_again_changes_nothing(items: tuple[Passage, ...]) -> None:
    once = merged((), items, Merge.UNION)
    assert len({each.id for each in once}) == len(once)
    assert merged(once, once, Merge.UNION) == once


@given(st.lists(collections, min_size=1, max_size=5), merges)
def test_a_ledger_holds_what_folding_the_writes_of_its_sources_gives(writes: list[tuple[Passage, ...]], merge: Merge) -> None:
    ledger = Ledger()
    for number, write in enumerate(writes):
        ledger.write("passages", merge, write, str(number))
    entry = ledger.entries["passages"]
    assert entry.value == fold([writes[int(source)] for source in entry.sources], merge)


def test_a_fork_does_not_see_later_writes_of_the_other_side() -> None:
    ledger = Ledger()
    ledger.write("notes", Merge.APPEND, ("before",), "1")
    fork = ledger.fork()
    ledger.write("notes", Merge.APPEND, ("here",), "2")
    fork.write("notes", Merge.APPEND, ("there",), "3")
    assert (ledger.read("notes"), fork.read("notes")) == (("before", "here"), ("before", "there"))


def test_reading_an_unwritten_channel_names_it_and_the_way_out() -> None:
    with pytest.raises(ChannelMissing, match=r"reads 'notes', which nothing has written yet: check the flow with flow.check\(\)"):
        Ledger().read("notes")


def test_a_collection_can_be_made_to_exist_without_losing_what_it_holds() -> None:
    ledger = Ledger()
    ledger.write("notes", Merge.APPEND, ("n",), "1")
    for channel in ("notes", "passages"):
        ledger.ensure(channel)
    assert ledger.snapshot() == {"notes": ("n",), "passages": ()}
