"""Read: the sentences that bear on the question, verbatim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from visiting import BRIDGE, DIRECTOR, FILM, OTHER, SCHOOL, visit

from seekgraph.core.language.fitting import FitRow
from seekgraph.nodes import Read
from seekgraph.nodes.fitting import LinearModel
from seekgraph.nodes.read import FEATURES, read
from seekgraph.types import Digest, Evidence, Example, Goal, Passage

CONTEXT = (FILM, DIRECTOR, OTHER, SCHOOL)


def test_the_sentences_that_link_and_answer_come_first() -> None:
    evidence = visit(Read(keep=2, least=0.0), question=BRIDGE, context=CONTEXT)
    assert evidence[0].quote == "The Silver Gate is a 1961 drama film directed by Marta Lindqvist."
    assert all(DIRECTOR.id == each.passage_id for each in evidence[1:])


def test_a_goal_is_read_for_with_its_references_resolved() -> None:
    goal = Goal(id="2", text="Where was #1 born?", needs=("1",))
    digest = Digest(goal_id="1", conclusion="Dag Holm")
    evidence = visit(Read(keep=1, least=0.0), question=BRIDGE, context=CONTEXT, goal=goal, digests=(digest,))
    assert evidence[0].passage_id == OTHER.id


def test_passages_stand_in_for_an_unwritten_context() -> None:
    assert visit(Read(least=0.0), question=BRIDGE, passages=CONTEXT)


def test_what_is_kept_is_limited_in_number_and_score() -> None:
    assert len(visit(Read(keep=3, least=0.0), question=BRIDGE, context=CONTEXT)) == 3
    assert visit(Read(least=0.95), question="Quite another matter?", context=CONTEXT) == ()
    assert visit(Read(), question=BRIDGE, context=()) == ()


def test_a_sentence_that_adds_nothing_to_the_evidence_scores_less() -> None:
    before = read(BRIDGE, CONTEXT)
    again = read(BRIDGE, CONTEXT, selected=before)
    scores = {each.id: each.score for each in again}
    assert all(scores[each.id] < each.score for each in before if each.id in scores)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=20), st.text(max_size=150)), max_size=4))
def test_quotes_are_verbatim_whatever_the_text(question: str, texts: list[tuple[str, str]]) -> None:
    context = [Passage(id=str(at), title=title, text=text) for at, (title, text) in enumerate(texts)]
    found = read(question, context)
    for each in found:
        assert each.quote in context[int(each.passage_id)].text
        assert 0 <= each.score <= 1
    assert found == read(question, context)


def rows(names: list[str]) -> list[FitRow]:
    made = []
    for at, name in enumerate(names):
        gold = Passage(id=f"g{at}", title=name, text=f"Notes on weather. {name} was born in Town{at} near the sea. Bees hum.")
        other = Passage(id=f"o{at}", title="Bees", text=f"Bees were born to hum where {name[0]} was. Sea and weather change.")
        example = Example(id=str(at), question=f"Where was {name} born?", answers=(f"Town{at}",), supporting_ids=(gold.id,))
        made.append(FitRow({"question": example.question, "context": (other, gold)}, example))
    return made


NAMES = ["Ann Ash", "Bob Birch", "Cid Cedar", "Dot Dale", "Eve Elm", "Fay Fir", "Gus Gorse", "Hal Hazel", "Ida Ivy", "Jon Jade"]


def test_fitting_puts_the_gold_sentence_of_unseen_rows_first() -> None:
    fitted = Read().fit(rows(NAMES[:6]), seed=0)["scorer"]
    for row in rows(NAMES[6:]):
        best = read(row.example.question, row.arguments["context"], scorer=fitted)[0]  # type: ignore[arg-type]
        assert row.example.answers[0] in best.quote


def test_fitting_leaves_out_odd_rows_and_gives_nothing_for_too_few() -> None:
    nothing = Example(id="x", question="?", answers=("a",), supporting_ids=("nowhere",))
    assert Read().fit([FitRow({}, nothing), FitRow({"context": CONTEXT}, nothing)], seed=0) == {}


def test_fitting_improves_on_real_questions_that_it_has_not_seen() -> None:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hotpotqa"
    if not folder.exists():
        pytest.skip(f"{folder} is not here: the shared data is kept outside the repository")
    corpus = {row["id"]: Passage(**row) for row in map(json.loads, (folder / "corpus.jsonl").read_text("utf-8").splitlines())}
    filler = list(corpus.values())[::997]
    visits = []
    for row in map(json.loads, (folder / "train.jsonl").read_text("utf-8").splitlines()):
        example = Example(**{name: row[name] for name in ("id", "question", "answers", "supporting_ids")})
        context = (*filler[:3], *(corpus[name] for name in example.supporting_ids), *filler[3:])
        visits.append(FitRow({"question": example.question, "context": context}, example))
    fitted = Read().fit(visits[:70], seed=0)["scorer"]
    blunt = LinearModel.of(dict.fromkeys(FEATURES, 1.0))

    def found(scorer: object) -> float:
        """The share of answers that are in the best three sentences."""
        hits = []
        for row in visits[70:]:
            best = read(row.example.question, row.arguments["context"], scorer=scorer, keep=3)  # type: ignore[arg-type]
            hits.append(any(row.example.answers[0].lower() in each.quote.lower() for each in best))
        return sum(hits) / len(hits)

    assert found(fitted) >= found(blunt)


def test_a_scorer_of_other_features_is_refused() -> None:
    with pytest.raises(ValueError, match="Fit it again"):
        read(BRIDGE, CONTEXT, scorer=LinearModel.of({"one": 1.0}))


def test_evidence_is_merged_by_passage_and_quote() -> None:
    first, second = Evidence(claim="a", passage_id="p", quote="q"), Evidence(claim="b", passage_id="p", quote="q")
    assert first.id == second.id
