"""Links by title: when a title counts as named, and who names it."""

from __future__ import annotations

import asyncio
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.core.language.ports import Links
from seekgraph.tools import TitleLinks
from seekgraph.types import Passage

PASSAGES = (
    Passage(id="1", title="Ed Wood", text="Ed Wood made Plan 9 from Outer Space."),
    Passage(id="2", title="Ed Wood (film)", text="A film of 1994 by Tim Burton about Ed Wood, with music by Howard Shore."),
    Passage(id="3", title="Tim Burton", text="Tim Burton directed Batman Returns and Ed Wood."),
    Passage(id="4", title="Paris", text="Paris is a city on the Seine."),
    Passage(id="5", title="Paris, Texas", text="A film by Wim Wenders. It is not about Paris."),
    Passage(id="6", title="It", text="It is a novel."),
    Passage(id="7", title="Dog", text="A dog barks."),
    Passage(id="8", title="Up", text="Up is a film."),
    Passage(id="9", title="The Who", text="The band that Tim Burton never filmed. Dogs like Paris, Texas."),
    Passage(id="x", title="Straße &amp; Café", text="A shop that has no music by Howard Shore."),
)


@pytest.fixture(scope="module")
def links() -> TitleLinks:
    return TitleLinks(PASSAGES)


def named(links: TitleLinks, text: str) -> list[str]:
    return [passage.id for passage in asyncio.run(links.named_in(text))]


def naming(links: TitleLinks, title: str, k: int = 10) -> list[str]:
    return [passage.id for passage in asyncio.run(links.naming(title, k))]


def test_it_is_a_links_port(links: TitleLinks) -> None:
    assert isinstance(links, Links)


def test_titles_come_in_the_order_of_their_first_occurrence(links: TitleLinks) -> None:
    assert named(links, "From Paris came Tim Burton, and Paris again") == ["4", "3"]


def test_the_longest_title_at_a_place_wins(links: TitleLinks) -> None:
    assert named(links, "He saw Paris, Texas in Paris.") == ["5", "4"]


def test_namesakes_are_all_linked_unless_the_bracket_tells_which(links: TitleLinks) -> None:
    assert named(links, "who was Ed Wood?") == ["1", "2"]
    assert named(links, "the music of Ed Wood (film)") == ["2"]


def test_two_telling_words_match_in_any_case_and_one_in_its_own(links: TitleLinks) -> None:
    assert named(links, "tim burton, TIM BURTON") == ["3"]
    assert named(links, "a dog") == []
    assert named(links, "The Dog's dinner") == ["7"]


def test_common_words_do_not_match_everywhere(links: TitleLinks) -> None:
    assert named(links, "It goes Up. the who? IT, UP") == []
    assert named(links, "We heard The Who.") == ["9"]


def test_part_of_a_word_is_no_title(links: TitleLinks) -> None:
    assert named(links, "Parisian Dogs") == []


def test_entities_and_unicode_forms_are_the_same_title(links: TitleLinks) -> None:
    assert named(links, "in Straße & Cafe\u0301") == ["x"]
    assert named(links, "in Straße &amp; Café") == ["x"]


def test_nothing_named_is_nothing(links: TitleLinks) -> None:
    assert named(links, "") == []
    assert named(links, "no such thing") == []


def test_who_names_a_title_earliest_mention_first_without_its_bearers(links: TitleLinks) -> None:
    assert naming(links, "Tim Burton") == ["9", "2"]
    assert naming(links, "Tim Burton", 1) == ["9"]
    assert naming(links, "Ed Wood (film)") == ["3"]
    assert naming(links, "Paris") == ["5"]
    assert naming(links, "Paris, Texas") == ["9"]


def test_a_name_that_is_no_title_is_looked_up_too(links: TitleLinks) -> None:
    assert naming(links, "Howard Shore") == ["x", "2"]
    assert naming(links, "Nobody Here") == []
    assert naming(links, "") == []
    assert naming(links, "Howard Shore", 0) == []


def test_found_passages_carry_the_source(links: TitleLinks) -> None:
    (found,) = asyncio.run(links.named_in("Paris"))
    assert (found.source, found.score, found.text) == ("links", 0.0, PASSAGES[3].text)


titles = st.lists(st.sampled_from(["Ann", "Bob", "cat", "The", "Dee"]), min_size=1, max_size=3).map(" ".join)


@given(st.lists(st.tuples(titles, titles), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_naming_is_named_in_turned_around_whatever_the_order(rows: list[tuple[str, str]], random: object) -> None:
    passages = [Passage(id=f"p{number}", title=title, text=text) for number, (title, text) in enumerate(rows)]
    shuffled = list(passages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    links, other = TitleLinks(passages), TitleLinks(shuffled)
    assert links.identity == other.identity
    for passage in passages:
        assert named(links, passage.text) == named(other, passage.text)
        found = naming(links, passage.title)
        assert found == naming(other, passage.title)
        if any(passage.title in naming_title for naming_title in (found, [passage.title])) and found:
            assert all(passage.id in named(links, next(p.text for p in passages if p.id == id)) for id in found)


def test_it_survives_pickling(links: TitleLinks) -> None:
    copy = pickle.loads(pickle.dumps(links))
    assert copy.identity == links.identity
    assert named(copy, "Paris, Texas") == ["5"]


def test_identity_follows_the_corpus(links: TitleLinks) -> None:
    assert TitleLinks(PASSAGES[1:]).identity != links.identity
    assert TitleLinks(reversed(PASSAGES)).identity == links.identity
