"""Replies become values that fit their types: nothing that a model writes is trusted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hostile import evidence, hostile_id, hostile_text, passages
from hypothesis import given
from hypothesis import strategies as st
from llm_nodes import OUTPUTS
from pydantic import ValidationError

from seekgraph.prompts.outputs import (
    AnswerOut,
    EvidenceOut,
    GoalOut,
    GradeOut,
    PlanOut,
    QueryOut,
    QuoteOut,
    RankingOut,
    VerdictOut,
    thinking,
    to_evidence,
    to_grade,
    to_plan,
    to_query,
    to_ranking,
    to_verdict,
)
from seekgraph.prompts.quotes import Ids, locate
from seekgraph.types import Evidence, Goal, Passage, Plan, Query, Verdict

TEXT = "Jaws is a 1975 film. It was directed by\nSteven \u201cSpiel\u201d Berg \u2013 a  master <|im_end|> of \u200bfear."
JAWS = Passage(id="jaws", title="Jaws", text=TEXT)
BORN = Passage(id="born here", text="Berg was born in Cincinnati, Ohio. He lives in Los Angeles.")


def goals(*rows: tuple[str, str, tuple[str, ...]]) -> PlanOut:
    return PlanOut(goals=tuple(GoalOut(id=id, text=text, needs=needs) for id, text, needs in rows))


# --- models ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", sorted(set(OUTPUTS.values()), key=lambda output: output.__name__))
def test_the_schema_asks_for_every_field_while_reading_is_lenient(output: Any) -> None:
    schema = output.model_json_schema()
    for model in (schema, *schema.get("$defs", {}).values()):
        assert model["required"] == list(model["properties"])
    assert AnswerOut.model_validate({"text": "x", "mood": "good"}) == AnswerOut(text="x")


def test_room_to_think_comes_first_and_changes_nothing_else() -> None:
    model = thinking(AnswerOut)
    assert [*model.model_json_schema()["properties"]] == ["reasoning", "text", "citations", "refused"]
    assert model.model_json_schema()["required"] == ["reasoning", "text", "citations", "refused"]
    reply = model.model_validate({"reasoning": "since", "text": "x"})
    assert isinstance(reply, AnswerOut)
    assert reply.text == "x"


def test_a_score_outside_of_its_range_is_no_reply() -> None:
    with pytest.raises(ValidationError):
        VerdictOut.model_validate({"reason": "", "score": 11})
    with pytest.raises(ValidationError):
        GradeOut.model_validate({"grade": 4})


# --- plans ----------------------------------------------------------------------------------------------------------


def test_a_plan_is_numbered_anew_and_its_references_follow() -> None:
    plan, dropped = to_plan(goals(("b", "When was #a born?", ("a",)), ("a", "Who directed Jaws?", ())))
    assert plan.goals == (
        Goal(id="1", text="Who directed Jaws?"),
        Goal(id="2", text="When was #1 born?", needs=("1",)),
    )
    assert dropped == 0


def test_a_reference_in_the_text_is_a_need() -> None:
    assert to_plan(goals(("1", "Who?", ()), ("2", "Where was #1 born?", ()))).value.goals[1].needs == ("1",)


@pytest.mark.parametrize("id", ["Goal 1", "#1", "1.", " 1 ", "step 1", ""])
def test_ids_in_other_forms_are_understood(id: str) -> None:
    plan, dropped = to_plan(goals((id, "Who?", ()), ("2", "Where was #1 born?", ("goal 1",))))
    assert plan.goals[1].needs == ("1",)
    assert dropped == 0


def test_a_circle_is_cut_where_it_closes() -> None:
    plan, dropped = to_plan(goals(("1", "Who is #2's mother?", ("2",)), ("2", "Who is #1's child?", ("1",))))
    assert [goal.needs for goal in plan.goals] == [(), ("1",)]
    assert [goal.text for goal in plan.goals] == ["Who is it's child?", "Who is #1's mother?"]
    assert dropped == 1


def test_needs_that_nobody_meets_and_of_itself_are_dropped_and_counted() -> None:
    plan, dropped = to_plan(goals(("1", "Who?", ("7", "1"))))
    assert plan == Plan(goals=(Goal(id="1", text="Who?"),))
    assert dropped == 2


def test_the_same_goal_twice_is_one_and_empty_ones_go() -> None:
    plan, dropped = to_plan(goals(("1", "Who?", ()), ("2", "who?", ()), ("3", " ?! ", ()), ("4", "When was #2 born?", ())))
    assert [(goal.text, goal.needs) for goal in plan.goals] == [("Who?", ()), ("When was #1 born?", ("1",))]
    assert dropped == 2


def test_goals_past_the_limit_go_and_the_rest_still_holds() -> None:
    plan, dropped = to_plan(goals(*((str(at), f"Goal {at} after #{at + 1}?", ()) for at in range(9))), most=3)
    assert [goal.text for goal in plan.goals] == ["Goal 8 after it?", "Goal 7 after #1?", "Goal 6 after #2?"]
    assert dropped == 7


def test_a_plan_without_words_is_an_error() -> None:
    with pytest.raises(ValueError, match="the plan has no goals"):
        to_plan(goals(("1", "...", ())))


ids = st.one_of(hostile_id, st.sampled_from(["1", "2", "3", "#1", "goal 2"]))
texts = st.one_of(hostile_text, st.lists(st.sampled_from(["Who is #1", "#2", "born", "#3's mother"])).map(" ".join))


@given(
    st.lists(st.builds(GoalOut, id=ids, text=texts, needs=st.lists(ids, max_size=4).map(tuple)), max_size=8), st.integers(1, 6)
)
def test_any_list_of_goals_is_a_plan_or_a_value_error(rows: list[GoalOut], most: int) -> None:
    try:
        plan, dropped = to_plan(PlanOut(goals=tuple(rows)), most)
    except ValueError as error:
        assert "no goals" in str(error)  # noqa: PT017
        return
    assert 1 <= len(plan.goals) <= most
    assert dropped >= 0
    known = {goal.id for goal in plan.goals}
    for at, goal in enumerate(plan.goals):
        assert goal.id == str(at + 1)
        assert all(int(need) <= at for need in goal.needs)
        assert set(re.findall(r"#([A-Za-z0-9_]+)", goal.text)) <= set(goal.needs) <= known


# --- queries, rankings, verdicts ------------------------------------------------------------------------------------


def test_a_query_is_one_line_without_quotation_marks_around_it() -> None:
    assert to_query(QueryOut(query=' "Steven\nSpielberg  birthplace" ')) == (Query(text="Steven Spielberg birthplace"), 0)


def test_a_query_that_was_asked_before_is_marked() -> None:
    assert to_query(QueryOut(query="Where is Visby?"), ["where is visby"]).dropped == 1


def test_a_query_without_words_is_an_error() -> None:
    with pytest.raises(ValueError, match="the query has no words"):
        to_query(QueryOut(query=' "..." '))


def test_a_ranking_has_all_passages_once() -> None:
    order, dropped = to_ranking(RankingOut(ids=("[born%20here]", "zz", "born here")), (JAWS, BORN))
    assert order == (BORN, JAWS)
    assert dropped == 2


def test_a_ranking_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"the ranking names none of the 1 passages: \['x'\]"):
        to_ranking(RankingOut(ids=("x",)), (JAWS,))


def test_scores_and_grades_are_between_nothing_and_one() -> None:
    assert to_verdict(VerdictOut(reason=" the\nplace", score=4)).value == Verdict(score=0.4, label="partly", reason="the place")
    assert [to_verdict(VerdictOut(score=score)).value.label for score in (0, 7, 10)] == ["nothing", "enough", "enough"]
    assert [to_grade(GradeOut(grade=grade)) for grade in (0, 3)] == [0.0, 1.0]  # type: ignore[arg-type]


@given(passages, st.lists(hostile_id, max_size=6))
def test_any_ranking_is_an_order_or_a_value_error(context: tuple[Passage, ...], named: list[str]) -> None:
    try:
        order, dropped = to_ranking(RankingOut(ids=tuple(named)), context)
    except ValueError as error:
        assert "names none" in str(error)  # noqa: PT017
        return
    assert sorted(order, key=lambda each: each.id) == sorted(context, key=lambda each: each.id)
    assert 0 <= dropped < len(named)


@given(hostile_text)
def test_any_query_and_any_reason_fit(text: str) -> None:
    assert "\n" not in to_verdict(VerdictOut(reason=text, score=3)).value.reason
    try:
        query = to_query(QueryOut(query=text)).value
    except ValueError as error:
        assert "no words" in str(error) or "raw JSON" in str(error)  # noqa: PT017
    else:
        assert query.text.strip() == query.text


# --- ids and quotes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["jaws", "[jaws]", "Jaws", " jaws. ", "passage jaws", "Passage [jaws]"])
def test_an_id_is_found_in_the_forms_that_models_write(text: str) -> None:
    assert Ids(["jaws", "born here"]).find(text) == "jaws"


def test_an_id_that_could_be_two_is_none() -> None:
    assert Ids(["A", "a"]).find("[a]") is None
    assert Ids(["A", "a"]).find("a") == "a"
    assert Ids(["a b", "a%20b"]).find("a%20b") == "a b"


@pytest.mark.parametrize(
    "quote",
    [
        "It was directed by Steven \u201cSpiel\u201d Berg",
        'it was directed by steven "spiel" berg',
        '"It was directed by\n\nSteven "Spiel" Berg"',
    ],
)
def test_a_quote_is_found_as_the_text_has_it(quote: str) -> None:
    place = locate(quote, TEXT)
    assert place is not None
    assert TEXT[slice(*place)] == "It was directed by\nSteven \u201cSpiel\u201d Berg"


def test_a_quote_of_what_was_shown_is_found_in_what_it_was_made_from() -> None:
    place = locate("a master < |im_end| > of fear.", TEXT)
    assert place is not None
    assert TEXT[slice(*place)] == "a  master <|im_end|> of \u200bfear."


@pytest.mark.parametrize("quote", ["", "...", "It was directed by Steven Berg", "as directed by", "Jaws is a 197", "\u200b"])
def test_what_does_not_stand_there_is_not_found(quote: str) -> None:
    assert locate(quote, TEXT) is None


def test_of_a_quote_with_something_left_out_the_longest_piece_counts() -> None:
    place = locate("Jaws is a 1975 film. [...] It was made", TEXT)
    assert place is not None
    assert TEXT[slice(*place)] == "Jaws is a 1975 film."


def test_evidence_has_the_words_of_its_passage() -> None:
    out = EvidenceOut(
        evidence=(
            QuoteOut(passage_id="jaws", quote="jaws is a 1975 film.", claim="It is of 1975."),
            QuoteOut(passage_id="jaws", quote="born in Cincinnati, Ohio"),  # stands in another passage
            QuoteOut(passage_id="born here", quote="Berg was born in Ohio."),  # stands nowhere
            QuoteOut(passage_id="jaws", quote="Jaws is a  1975 film."),  # a second time
        )
    )
    found, dropped = to_evidence(out, (JAWS, BORN))
    assert found == (
        Evidence(claim="It is of 1975.", passage_id="jaws", quote="Jaws is a 1975 film."),
        Evidence(claim="born in Cincinnati, Ohio", passage_id="born here", quote="born in Cincinnati, Ohio"),
    )
    assert dropped == 2


def test_evidence_that_is_kept_already_or_too_much_is_dropped() -> None:
    out = EvidenceOut(evidence=(QuoteOut(passage_id="jaws", quote="Jaws"), QuoteOut(passage_id="jaws", quote="1975 film")))
    assert (
        to_evidence(out, (JAWS,), selected=(Evidence(claim="x", passage_id="jaws", quote="Jaws"),)).value[0].quote == "1975 film"
    )
    assert to_evidence(out, (JAWS,), most=1) == ((Evidence(claim="Jaws", passage_id="jaws", quote="Jaws"),), 1)


quotes = st.builds(QuoteOut, passage_id=hostile_id, quote=hostile_text, claim=hostile_text)


@given(passages, st.lists(quotes, max_size=5), evidence, st.data())
def test_any_quotes_are_evidence_out_of_the_passages(
    context: tuple[Passage, ...], replies: list[QuoteOut], kept: tuple[Evidence, ...], data: st.DataObject
) -> None:
    for passage in context:  # among them some that stand there
        cut = sorted(data.draw(st.tuples(st.integers(0, len(passage.text)), st.integers(0, len(passage.text)))))
        replies.append(QuoteOut(passage_id=passage.id, quote=passage.text[cut[0] : cut[1]]))
    found, dropped = to_evidence(EvidenceOut(evidence=tuple(replies)), context, kept)
    by_id = {passage.id: passage.text for passage in context}
    assert all(each.quote in by_id[each.passage_id] and each.claim for each in found)
    assert len(found) + dropped == len(replies)


# --- and back -------------------------------------------------------------------------------------------------------


def test_values_become_replies_that_give_them_back() -> None:
    plan = Plan(goals=(Goal(id="1", text="Who?"), Goal(id="2", text="Where was #1 born?", needs=("1",))))
    assert to_plan(PlanOut.of(plan)) == (plan, 0)
    assert to_query(QueryOut.of(Query(text="who"))).value == Query(text="who")
    assert to_ranking(RankingOut.of((BORN, JAWS)), (JAWS, BORN)) == ((BORN, JAWS), 0)
    facts = (Evidence(claim="In Ohio.", passage_id="born here", quote="Berg was born in Cincinnati, Ohio."),)
    assert to_evidence(EvidenceOut.of(facts), (JAWS, BORN)) == (facts, 0)
    verdict = Verdict(score=0.4, label="partly", reason="the place")
    assert to_verdict(VerdictOut.of(verdict)).value == verdict
