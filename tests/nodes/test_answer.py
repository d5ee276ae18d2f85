"""Answer: extracted, cited, or refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from visiting import BRIDGE, DIRECTOR, FILM, OTHER, SCHOOL, visit

from seekgraph.core.language.fitting import FitRow
from seekgraph.nodes import Answer
from seekgraph.nodes.plan import plan_by_patterns
from seekgraph.text.answers import exact_match
from seekgraph.types import Digest, Evidence, Example, Goal, Passage

CONTEXT = (FILM, OTHER, DIRECTOR, SCHOOL)
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.mark.parametrize(
    ("question", "text", "citations"),
    [
        (BRIDGE, "Visby", ("director", "film")),
        ("Who directed The Silver Gate?", "Marta Lindqvist", ("film",)),
        ("When did the director of The Silver Gate die?", "2 June 1999", ("director", "film")),
        ("How many fights did Dag Holm win?", "35", ("other",)),
        ("How many students does the university of Uppsala have?", "45,000", ("school",)),
        ("Who is older, Marta Lindqvist or Dag Holm?", "Marta Lindqvist", ("director", "other")),
        ("Who was born later, Marta Lindqvist or Dag Holm?", "Dag Holm", ("director", "other")),
        ("Are Marta Lindqvist and Dag Holm from the same country?", "no", ("director", "other")),
        ("Is Dag Holm a boxer?", "yes", ("other",)),
        ("Is Dag Holm a famous mathematician from Iceland?", "no", ("other",)),
    ],
)
def test_the_answer_and_the_passages_that_support_it(question: str, text: str, citations: tuple[str, ...]) -> None:
    answer = visit(Answer(), question=question, context=CONTEXT)
    assert (answer.text, answer.citations, answer.refused) == (text, citations, False)
    assert 0 < answer.confidence <= 1


def test_evidence_narrows_what_is_read() -> None:
    quote = "He was born in Oslo and won 35 fights."
    evidence = (Evidence(claim=quote, passage_id="other", quote=quote),)
    assert visit(Answer(), question="Where was he born?", context=CONTEXT, evidence=evidence).text == "Oslo"


def test_evidence_alone_can_be_answered_from() -> None:
    quote = "Dag Holm was born in Oslo."
    answer = visit(Answer(), question="Where was Dag Holm born?", evidence=(Evidence(claim=quote, passage_id="x", quote=quote),))
    assert (answer.text, answer.citations) == ("Oslo", ("x",))


@pytest.mark.parametrize("context", [(), (Passage(id="p", text=""),), (Passage(id="p", title="T", text="..."),)])
def test_nothing_to_answer_from_is_a_refusal_with_a_reason(context: tuple[Passage, ...]) -> None:
    for question in (BRIDGE, "Is it so?", "Who is older, A Foo or B Bar?", ""):
        answer = visit(Answer(), question=question, context=context)
        assert answer.refused
        assert answer.text
        assert answer.citations == ()


def test_passages_about_something_else_are_a_refusal() -> None:
    answer = visit(Answer(), question="Which enzyme digests cellulose?", context=(OTHER,))
    assert answer.refused
    assert "confidence" in answer.text


def test_the_threshold_decides_what_is_refused() -> None:
    assert visit(Answer(refuse_below=0.9), question=BRIDGE, context=CONTEXT).refused
    assert not visit(Answer(refuse_below=0.0), question=BRIDGE, context=CONTEXT).refused


def test_without_hops_the_inner_question_is_not_answered_first() -> None:
    assert "film" in visit(Answer(hops=True), question=BRIDGE, context=CONTEXT).citations
    assert visit(Answer(hops=False), question=BRIDGE, context=CONTEXT).citations


def test_a_goal_is_answered_with_its_references_resolved() -> None:
    goal, digest = Goal(id="2", text="Where was #1 born?", needs=("1",)), Digest(goal_id="1", conclusion="Dag Holm")
    assert visit(Answer(), question=BRIDGE, context=CONTEXT, goal=goal, digests=(digest,)).text == "Oslo"


def digests(*parts: tuple[str, Passage]) -> tuple[Digest, ...]:
    return tuple(
        Digest(goal_id=str(at), conclusion=text, resources=(passage,)) for at, (text, passage) in enumerate(parts, start=1)
    )


def test_the_goals_of_a_plan_are_concluded_from() -> None:
    found = digests(("Marta Lindqvist", FILM), ("Visby", DIRECTOR))
    answer = visit(Answer(), question=BRIDGE, digests=found, plan=plan_by_patterns(BRIDGE))
    assert (answer.text, answer.citations) == ("Visby", ("director", "film"))


@pytest.mark.parametrize(
    ("question", "left", "right", "text"),
    [
        ("Who is older, Marta Lindqvist or Dag Holm?", "4 May 1920", "1 March 1931", "Marta Lindqvist"),
        ("Who died later, Marta Lindqvist or Dag Holm?", "2 June 1999", "May 2005", "Dag Holm"),
        ("Are Marta Lindqvist and Dag Holm from the same country?", "Sweden", "Swedish", "yes"),
        ("Are Marta Lindqvist and Dag Holm from the same country?", "Sweden", "Norway", "no"),
    ],
)
def test_what_two_goals_came_to_is_compared(question: str, left: str, right: str, text: str) -> None:
    found = digests((left, DIRECTOR), (right, OTHER))
    answer = visit(Answer(), question=question, digests=found, plan=plan_by_patterns(question))
    assert (answer.text, answer.citations) == (text, ("director", "other"))


def test_resources_are_compared_where_conclusions_do_not_tell() -> None:
    question = "Who lived longer, Marta Lindqvist or Eva Ek?"
    other = Passage(id="eva", title="Eva Ek", text="Eva Ek (1 May 1900 – 3 May 1950) was a painter.")
    found = digests(("4 May 1920", DIRECTOR), ("1 May 1900", other))
    answer = visit(Answer(), question=question, digests=found, plan=plan_by_patterns(question))
    assert (answer.text, answer.citations) == ("Marta Lindqvist", ("director", "eva"))


def test_goals_that_came_to_nothing_leave_their_resources_to_read() -> None:
    found = digests(("", FILM), ("", DIRECTOR))
    assert visit(Answer(), question=BRIDGE, digests=found, plan=plan_by_patterns(BRIDGE)).text == "Visby"
    assert visit(Answer(), question=BRIDGE, digests=(Digest(conclusion=""),)).refused


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=60) | st.sampled_from([BRIDGE, "Is A or B older?", "Are A and B both C?", "Who is older, A or B?"]),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=150) | st.sampled_from([FILM.text, DIRECTOR.text])), max_size=4),
)
def test_whatever_the_text_citations_are_of_what_was_read(question: str, texts: list[tuple[str, str]]) -> None:
    context = tuple(Passage(id=str(at), title=title, text=text) for at, (title, text) in enumerate(texts))
    answer = visit(Answer(), question=question, context=context)
    assert set(answer.citations) <= {passage.id for passage in context}
    assert answer.refused or answer.citations
    assert answer == visit(Answer(), question=question, context=context)


def rows(count: int, seed: int) -> list[FitRow]:
    """Questions whose answers follow "codename", which the default knows nothing of."""
    rng = random.Random(seed)
    made = []
    for at in range(count):
        name, code = f"Ann{at} Ash", f"Code{rng.randint(0, 9)}{at}"
        text = f"{name} sailed with Bo Birch from Hull to Cork. Later a codename {code} was used by Cid Cedar for {name}."
        example = Example(id=str(at), question=f"What is the codename of {name}?", answers=(code,), supporting_ids=("p",))
        made.append(FitRow({"question": example.question, "context": (Passage(id="p", title=name, text=text),)}, example))
    return made


def share_right(node: Answer, held_out: list[FitRow]) -> float:
    found = [visit(node, question=row.example.question, context=row.arguments["context"]).text for row in held_out]
    return sum(exact_match(text, row.example.answers) for text, row in zip(found, held_out, strict=True)) / len(held_out)


def test_fitting_improves_on_unseen_rows() -> None:
    fitted = Answer().fit(rows(20, seed=1), seed=0)
    held_out = rows(10, seed=2)
    assert share_right(Answer(**fitted), held_out) >= max(0.9, share_right(Answer(), held_out))


def test_fitting_leaves_out_odd_rows() -> None:
    blank = Example(id="x", question="?")
    assert Answer().fit([FitRow({}, blank), FitRow({"context": CONTEXT}, blank)], seed=0) == {}


def test_real_questions_are_answered_from_their_gold_passages() -> None:
    folder = DATA / "2wiki"
    if not folder.exists():
        pytest.skip(f"{folder} is not here: the shared data is kept outside the repository")
    lines = (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    corpus = {row["id"]: Passage(**row) for row in map(json.loads, lines)}
    right = []
    for line in (folder / "dev.jsonl").read_text(encoding="utf-8").splitlines()[:100]:
        row = json.loads(line)
        answer = visit(Answer(), question=row["question"], context=tuple(corpus[name] for name in row["supporting_ids"]))
        right.append(exact_match(answer.text, row["answers"]))
    assert sum(right) / len(right) > 0.5
