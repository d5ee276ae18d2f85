"""Questions out of documents: what is asked, what is gold, what is dropped and why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_documents import corpus

import seekgraph as sg
from seekgraph.evaluation.examples import check_gold, check_recorded, read_examples
from seekgraph.synthesis.filters import FILTERS, failed, passed, stands_in
from seekgraph.synthesis.rules import howto, others
from seekgraph.synthesis.rules.english import asked_by_me, gerund, points_outside, sentence_case
from seekgraph.synthesis.values import Draft, DraftError
from seekgraph.synthesis.view import View
from seekgraph.types import Passage

EASY = {name: each for name, each in FILTERS.items() if name != "answerable"}


@pytest.fixture(scope="module")
def drafted() -> sg.synthesis.Drafted:
    return sg.synthesis.draft(corpus(), count=40, filters=EASY)


GOOD = Draft(question="For how long are books lent?", kind="fact", answer="four weeks", supporting_ids=("lending.md#how-long",))


def asked(drafted: sg.synthesis.Drafted) -> dict[str, Draft]:
    return {each.question: each for each in drafted.drafts}


@pytest.mark.parametrize(
    ("question", "answer", "gold"),
    [
        ("For how long are books lent?", "four weeks", "lending.md#how-long"),
        ("How much does a lost card cost?", "5 euros", "lending.md#fees"),
        ("What is the price of the room Cedar?", "30 euros", "lending.md#fees"),
        ("When is the library open from April to September?", "from 9 to 19 o'clock", "lending.md#how-long"),
        ("How many places does the room Cedar have?", "12", "lending.md#fees"),
        ("What is the default of the parameter max_age of ResponseCache?", "600", "cache.md#settings"),
        ("Which parameter of ResponseCache sets how long an entry of the cache stays valid, in seconds?", "max_age",
        "cache.md#settings"), ("Which exception is raised when an entry of the cache is missing?", "EntryMissing",
        "store.md#shelf"), ("Why is the store not encrypted?", "its files never leave the machine", "store.md#shelf"),
    ],
)  # fmt: skip
def test_what_a_sentence_says_is_asked_as_a_person_would(
    drafted: sg.synthesis.Drafted, question: str, answer: str, gold: str
) -> None:
    found = asked(drafted)[question]
    assert (found.answer, found.supporting_ids) == (answer, (gold,))


def test_goals_are_asked_for_and_their_answers_are_what_the_text_says(drafted: sg.synthesis.Drafted) -> None:
    found = asked(drafted)["How do I empty the cache by hand?"]
    assert found.kind == "howto"
    assert found.answer == "If you want to empty the cache by hand, call `cache.clear()`."
    assert found.nuggets == (("cache.clear()",),)
    assert "What happens if somebody else has reserved the book?" in asked(drafted)
    assert not [each for each in asked(drafted) if "know more" in each or "learn" in each]  # pointers are no answers


def test_every_answer_stands_verbatim_in_its_gold_and_ids_and_hashes_are_those_of_the_corpus(
    drafted: sg.synthesis.Drafted,
) -> None:
    passages = {each.id: each for each in corpus().passages}
    for each in drafted.drafts:
        assert any(stands_in(each.answer, passages[id]) for id in each.supporting_ids), each
    check_gold(drafted.examples(), list(passages))
    check_recorded(drafted.examples(), [(each.id, each.text) for each in passages.values()])
    assert all(set(each.supporting_hashes) == set(each.supporting_ids) for each in drafted.drafts)


def test_the_same_seed_gives_the_same_drafts_and_another_order_with_another(tmp_path) -> None:
    one, again, other = (sg.synthesis.draft(corpus(), count=5, filters=EASY, seed=seed) for seed in (1, 1, 2))
    assert one.drafts == again.drafts
    assert one.drafts != other.drafts
    one.write(tmp_path / "q.jsonl")
    assert [each.meta["status"] for each in read_examples(tmp_path / "q.jsonl")] == ["draft"] * 5


def test_each_dropped_draft_is_counted_by_its_filter_and_users_add_filters() -> None:
    def short(draft: Draft, view: View) -> sg.synthesis.Outcome:
        return passed() if len(draft.question) < 60 else failed("long")

    found = sg.synthesis.draft(corpus(), count=40, filters={**EASY, "short": short})
    assert found.dropped["short"] >= 1
    assert sum(found.dropped.values()) == len(found.rejected) == found.written - len(found.drafts)
    assert all(len(each.question) < 60 for each in found.drafts)
    assert {each.outcomes[-1].reason for each in found.rejected if each.dropped_by == "short"} == {"long"}


@pytest.mark.parametrize(
    ("filter", "change"),
    [
        ("grounded", {"answer": "six weeks"}),
        ("not_in_question", {"question": "Are books lent for four weeks?"}),
        ("self_contained", {"question": "For how long are these books lent?"}),
        ("self_contained", {"question": "For how long is it lent?"}),
        ("well_formed", {"question": "Books"}),
        ("findable", {"question": "Which station does the market have?"}),
    ],
)
def test_a_filter_drops_what_it_is_for(filter: str, change: dict[str, str]) -> None:
    view = View(corpus())
    assert FILTERS[filter](GOOD, view).passed
    assert FILTERS[filter](GOOD.model_copy(update=change), view).passed is False


def test_an_answer_that_another_passage_has_too_is_no_gold() -> None:
    copied = Passage(id="copy.md", title="Loans", text="Here, books are lent for four weeks.")
    assert FILTERS["only_here"](GOOD, View(corpus())).passed
    assert FILTERS["only_here"](GOOD, View([*corpus().passages, copied])).passed is False


def test_questions_that_nothing_answers_come_with_documents_without_their_passages() -> None:
    found = sg.synthesis.draft(corpus(), count=4, filters=EASY, unanswerable=1)
    gone = [each for each in found.drafts if each.kind == "unanswerable"]
    assert len(gone) == 1
    assert all(not each.answer and not each.supporting_ids for each in gone)
    left = {each.id for each in sg.synthesis.reduced(corpus(), found.drafts)}
    assert not left & {id for each in gone for id in each.removed_ids}
    assert all(set(each.supporting_ids) <= left for each in found.drafts)


def test_documents_with_nothing_to_ask_for_and_unknown_kinds_say_so() -> None:
    with pytest.raises(DraftError, match="nothing to ask for"):
        sg.synthesis.draft([Passage(id="a", text="Hello."), Passage(id="b", text="Good bye.")], count=3)
    with pytest.raises(DraftError, match="no kind is called 'riddle'"):
        sg.synthesis.draft(corpus(), kinds=["riddle"])


def test_linked_articles_give_questions_of_two_hops() -> None:
    articles = [
        Passage(id="f", title="The Long Winter", text="The Long Winter is a film that was directed by Ada Brandt."),
        Passage(id="a", title="Ada Brandt", text="Ada Brandt was born in 1931 in Lund."),
        Passage(id="l", title="Lund", text="Lund is a town in the south of Sweden."),
    ]
    found = sg.synthesis.draft(articles, kinds=["bridge"], filters={})
    assert [(each.question, each.answer, each.supporting_ids) for each in found.drafts] == [
        ("When was the director of The Long Winter born?", "1931", ("a", "f"))
    ]


SPANISH = "Para borrar una carpeta compartida, abre el menú y elige Quitar. El servidor lo guarda en la papelera de la red."
FRENCH = "Pour restaurer un fichier effacé, ouvrez la corbeille du serveur. Les fichiers sont dans la liste."
GERMAN = "Um den Ordner wieder freizugeben, öffnen Sie die Einstellungen des Servers. Die Ordner sind in der Liste."
JAPANESE = "フォルダを同期するには、設定画面で同期を有効にします。サーバーは変更を保存します。"


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        (SPANISH, ["¿Cómo puedo borrar una carpeta compartida?"]),
        (FRENCH, ["Comment restaurer un fichier effacé ?"]),
        (GERMAN, []),  # the infinitive would have to be put together again
        (JAPANESE, ["フォルダを同期するにはどうすればよいですか？"]),
    ],
)
def test_other_languages_ask_in_their_own_words(text: str, questions: list[str]) -> None:
    view = View([Passage(id="a", title="A", text=text)])
    assert [each.question for each in others.howto(view, view.passages[0])] == questions


def test_words_of_the_reader_become_those_of_the_one_who_asks() -> None:
    assert asked_by_me("give you access to your files if you ask") == "give me access to my files if I ask"
    assert (gerund("use"), gerund("set"), gerund("copy")) == ("using", "setting", "copying")
    assert sentence_case("Books are lent", "a book") == "books are lent"
    assert sentence_case("Rembrandt was born", "Rembrandt") == "Rembrandt was born"
    assert points_outside("the example above")
    assert not points_outside("a command that reads files")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_drafted_from(text: str) -> None:
    view = View([Passage(id="a.md#x", title="A > Using the x", text=text)])
    for each in (*howto.write(view, view.passages[0]), *others.asked_in_headings(view, view.passages[0])):
        assert each.question
        assert each.answer
