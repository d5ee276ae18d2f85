"""Rewards of plans, with numbers worked by hand."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from random import Random

import pytest
from holds import holds_for
from hypothesis import given
from hypothesis import strategies as st
from small_flows import Find, Judge, Keep, Planned, Said, Say, feedback, run, values

import seekgraph as sg
from seekgraph import S
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.trace import Trace
from seekgraph.nodes import Plan as PlanNode
from seekgraph.rewards import (
    Reward,
    RewardError,
    nearness,
    no_leap,
    plan_coverage,
    plan_coverage_by,
    plan_order,
    plan_size,
    plan_size_by,
    plan_valid,
)
from seekgraph.rewards.hops import dependencies, nearest
from seekgraph.text.alike import bare
from seekgraph.types import Answer, Digest, Example, Goal, Plan, SubQuestion

QUESTION = "When did the founder of the town on the Aare die?"
HOPS = (
    SubQuestion(question="Which town is on the river Aare?", answer="Bern", supporting_id="p1"),
    SubQuestion(question="Who founded #1?", answer="Berchtold", supporting_id="p2"),
    SubQuestion(question="When did #2 die?", answer="1218", supporting_id="p3"),
)
ROW = Example(id="e", question=QUESTION, answers=("1218",), supporting_ids=("p1", "p2", "p3"), decomposition=HOPS)
GOOD = (("1", "Which town is on the river Aare?", ()), ("2", "Who founded #1?", ("1",)), ("3", "When did #2 die?", ("2",)))


class Lay(sg.Node):
    """Writes a plan of these goals, each (id, text, needs)."""

    goals: tuple[tuple[str, str, tuple[str, ...]], ...]

    async def run(self, question: str) -> Planned:
        return Planned(plan=Plan(goals=tuple(Goal(id=id, text=text, needs=needs) for id, text, needs in self.goals)))


class LayAfter(sg.Node):
    """The same, after it has read what came back."""

    goals: tuple[tuple[str, str, tuple[str, ...]], ...]

    async def run(self, question: str, digests: tuple[Digest, ...], visit: sg.Visit) -> Planned:
        return Planned(plan=Plan(goals=tuple(Goal(id=id, text=text, needs=needs) for id, text, needs in self.goals)))


class Conclude(sg.Node):
    text: str

    async def run(self, question: str) -> Said:
        return Said(answer=Answer(text=self.text))


def laid(*goals: tuple[str, str, tuple[str, ...]]) -> Trace:
    return run(Lay(goals) >> Say("1218"))


def texts(*asks: str) -> Trace:
    """A run with a plan of goals that need nothing."""
    return laid(*((str(at), ask, ()) for at, ask in enumerate(asks, start=1)))


def row(*hops: SubQuestion | str, question: str = QUESTION, answers: tuple[str, ...] = ("1218",)) -> Example:
    made = tuple(SubQuestion(question=hop) if isinstance(hop, str) else hop for hop in hops)
    return Example(id="e", question=question, answers=answers, decomposition=made)


def one(reward: Reward, trace: Trace, example: Example = ROW) -> float:
    (value,) = values(reward, trace, example)
    assert value is not None
    return value


ALL = (plan_coverage, plan_order, plan_valid, no_leap, plan_size, plan_size_by("supporting_ids"))


def test_the_gold_decomposition_is_a_perfect_plan() -> None:
    assert [values(each, laid(*GOOD), ROW) for each in ALL] == [[1]] * 6


# --- coverage ------------------------------------------------------------------------------------------------------


def test_coverage_is_the_mean_likeness_of_the_hops_to_the_goals_that_ask_for_them() -> None:
    trace = laid(("1", "Which town is on the Aare?", ()), ("2", "Who founded #1?", ("1",)))
    # hop 1 {town, river, aare} and goal {town, aare}: F1 = 2 * 2 / (3 + 2) = 0.8; hop 2: 1; hop 3: none asks, 0
    assert one(plan_coverage, trace) == pytest.approx((0.8 + 1 + 0) / 3)
    assert feedback(plan_coverage, trace, ROW) == ["asks for 2 of 3 hops, no goal asks: When did #2 die?"]
    assert feedback(plan_coverage, laid(*GOOD), ROW) == ["asks for 3 of 3 hops"]
    assert one(plan_coverage, laid()) == 0


def test_goals_are_matched_so_that_the_sum_is_the_highest() -> None:
    # "town river lake": F1 4/5 with hop 1, 4/6 with hop 2; "town": 2/3 with hop 1, 0 with hop 2.
    # The nearest first would give (4/5 + 0) / 2; the best sum is (2/3 + 4/6) / 2.
    hops = row("town river?", "bridge river lake?")
    assert one(plan_coverage, texts("town river lake", "town"), hops) == pytest.approx(2 / 3)
    # one goal for one hop: what asks for two at once asks for one
    assert one(plan_coverage, texts("town river?"), row("town river?", "town river?")) == 1 / 2


def test_a_hop_may_be_asked_for_by_its_reference_or_by_the_answer_in_its_place() -> None:
    assert one(plan_coverage, texts("When did Berchtold die?"), row(*HOPS)) == pytest.approx(1 / 3)
    assert one(plan_coverage, laid(("a", "x?", ()), ("b", "When did #a die?", ("a",)))) == pytest.approx(1 / 3)
    # the reference is no word of its own: "#1" alone is like no hop
    assert one(plan_coverage, laid(("1", "x?", ()), ("2", "#1", ("1",)))) == 0


def test_a_relation_is_compared_by_its_words_and_words_of_any_question_do_not_count() -> None:
    # {bubye, river, country} and {bubye, river, country}
    assert one(plan_coverage, texts("What is the country of the Bubye River?"), row("Bubye River >> country")) == 1
    assert one(plan_coverage, texts("What is the capital of France?"), row("What is the population of Peru?")) == 0
    # {born, ann, when?} and {born, ann, where?}: 2 * 2 / (3 + 3)
    assert one(plan_coverage, texts("When was Ann born?"), row("Where was Ann born?")) == pytest.approx(2 / 3)


def test_coverage_takes_another_similarity() -> None:
    alike = plan_coverage_by(same_length, "by_length")
    # both texts have 3 letters, or not
    assert (alike.name, one(alike, texts("abc", "abcd"), row("xyz", "vw"))) == ("by_length", 1 / 2)
    assert pickle.loads(pickle.dumps(alike))(laid(*GOOD).steps[1], laid(*GOOD), ROW).value is not None


def same_length(one: str, other: str) -> float:
    return float(len(one) == len(other))


class Axes:
    """Embeds a text by two of its words: the cosine of equal ones is 1, of opposite ones -1, of others 0."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def queries(self, asked: Sequence[str]) -> list[list[float]]:
        self.asked += asked
        return [[float("up" in text) - float("down" in text), float("side" in text)] for text in asked]


def test_an_embedder_matches_by_meaning_and_is_asked_once_for_a_text() -> None:
    embedder = Axes()
    reward = plan_coverage_by(nearness(embedder), "plan_coverage_by_meaning")
    # hop 1: "up" and "upwards", cosine 1; hop 2: "side" has 0 with "down", which is -1 and so 0 with "up"
    assert one(reward, texts("upwards", "down"), row("up", "side")) == 1 / 2
    assert one(reward, texts("upwards", "down"), row("up", "side")) == 1 / 2
    assert sorted(embedder.asked) == ["down", "side", "up", "upwards"]
    assert pickle.loads(pickle.dumps(nearness(embedder)))("up", "down") == 0


@pytest.mark.dense
def test_a_real_embedder_finds_a_hop_that_shares_no_word() -> None:
    from seekgraph.tools.embedder import SentenceEmbedder

    meant = plan_coverage_by(nearness(SentenceEmbedder()))
    trace, hops = texts("Who wrote it?"), row("#1 >> author")
    assert one(plan_coverage, trace, hops) == 0
    assert one(meant, trace, hops) > one(meant, texts("How high is the mountain?"), hops) + 0.2


# --- order ---------------------------------------------------------------------------------------------------------


def test_order_is_the_share_of_gold_dependencies_that_the_plan_keeps() -> None:
    assert dependencies(HOPS) == [(0, 1), (1, 2)]
    # 2 builds on 1, and 3 does not build on 2: one of two
    loose = laid(GOOD[0], GOOD[1], ("3", "When did the founder die?", ()))
    assert one(plan_order, loose) == 1 / 2
    assert feedback(plan_order, loose, ROW) == ["goal '3' does not build on goal '2'"]
    # the other way round: none of two
    turned = laid(
        ("1", "Which town is on the river Aare?", ("2",)), ("2", "Who founded #3?", ("3",)), ("3", "When did he die?", ())
    )
    assert one(plan_order, turned) == 0


def test_a_goal_may_build_on_another_through_a_third_and_the_order_of_the_list_is_no_dependency() -> None:
    through = laid(GOOD[0], ("x", "How high is #1?", ("1",)), ("2", "Who founded #x?", ("x",)))
    assert one(plan_order, through) == 1
    assert one(plan_order, texts("Which town is on the river Aare?", "Who founded the town?")) == 0
    assert one(plan_order, laid(*reversed(GOOD))) == 1


def test_hops_with_the_same_words_are_told_apart_by_what_they_build_on() -> None:
    hops = row("Ann >> father", "#1 >> father", "#2 >> father")
    chain = (("1", "Who is Ann's father?", ()), ("2", "Who is #1's father?", ("1",)), ("3", "Who is #2's father?", ("2",)))
    for goals in (chain, chain[::-1], (chain[1], chain[0], chain[2])):
        assert one(plan_order, laid(*goals), hops) == 1
    twins = row("Night Train >> director", "Day Train >> director", "When was #1 born?", "When was #2 born?")
    films = (("a", "Who directed Night Train?", ()), ("b", "Who directed Day Train?", ()))
    for first, second in (("a", "b"), ("b", "a")):
        born = tuple((f"{film} born", f"When was #{film} born?", (film,)) for film in (first, second))
        assert one(plan_order, laid(*films, *born), twins) == 1


def test_where_no_hop_refers_to_another_only_a_plan_that_turns_them_round_loses_order() -> None:
    hops = row("When was Ann born?", "Where did Bob live?")
    first, second = ("1", "When was Ann born?"), ("2", "Where did Bob live?")
    assert one(plan_order, laid((*first, ()), (*second, ("1",))), hops) == 1
    assert one(plan_order, laid((*first, ()), (*second, ())), hops) == 1
    turned = laid((*first, ("2",)), (*second, ()))
    assert (one(plan_order, turned, hops), feedback(plan_order, turned, hops)) == (0, ["goal '1' waits for goal '2'"])


def test_order_does_not_apply_where_fewer_than_two_hops_that_build_on_one_another_are_asked_for() -> None:
    assert values(plan_order, laid(GOOD[0]), ROW) == values(plan_order, laid(), ROW) == []
    assert values(plan_order, laid(GOOD[0], ("3", "When did #1 die?", ("1",))), ROW) == []  # hops 1 and 3, and 2 between them


# --- validity ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "fault"),
    [
        (("2", "Who founded #1?", ()), "goal '2' names #1 and does not need it"),
        (("2", "Who founded #2?", ()), "goal '2' names #2 and does not need it"),
        (("2", "Who founded #7?", ("1",)), "goal '2' names #7, which is no goal"),
        (("2", "#1", ("1",)), "goal '2' has no words"),
        (("2", "", ()), "goal '2' has no words"),
        (("2", "which town is on the river aare", ()), "goal '2' says what an earlier goal says"),
        (("2", "Who founded [entity from step 1]?", ("1",)), "goal '2' leaves '[entity from step 1]' open, which nothing fills"),
        (("2", "Who founded {answer}?", ("1",)), "goal '2' leaves '{answer}' open, which nothing fills"),
        (("2", "Who founded ____?", ("1",)), "goal '2' leaves '____' open, which nothing fills"),
    ],
)
def test_a_goal_that_cannot_be_worked_on_is_not_valid(goal: tuple[str, str, tuple[str, ...]], fault: str) -> None:
    trace = laid(GOOD[0], goal)
    assert (one(plan_valid, trace), feedback(plan_valid, trace, ROW)) == (1 / 2, [fault])


def test_what_stands_in_the_question_is_no_reference_and_no_blank() -> None:
    question = "Who sang the #1 hit [Goal] in 1999?"
    trace = Bound(sg.Flow(Lay((("a", "Who sang the #1 hit?", ()), ("b", "Who sang [Goal]?", ())))), {}, checked=True)(
        question=question
    ).trace
    assert one(plan_valid, trace, row("x?", question=question)) == 1


def test_a_plan_without_goals_is_not_valid_and_validity_needs_no_example() -> None:
    assert (one(plan_valid, laid()), plan_valid.needs) == (0, frozenset())
    (score,) = [plan_valid(step, laid(*GOOD)) for step in laid(*GOOD) if "plan" in step.writes]
    assert score.value == 1


def test_validity_picks_a_plan_while_a_flow_runs() -> None:
    loose = ("2", "Who founded #1?", ())
    trace = run(sg.redo(Lay((GOOD[0], loose)), plan_valid, below=0.9, at_most=2) >> Say("1218"))
    assert [step.decision for step in trace if step.kind == "score"] == [0.5, 0.5]


# --- leaping -------------------------------------------------------------------------------------------------------


def test_a_plan_that_names_the_answer_leaps() -> None:
    trace = texts("Which town is on the river Aare?", "Did the founder die in 1218?")
    assert (one(no_leap, trace), feedback(no_leap, trace, ROW)) == (0, ["goal '2' names the answer '1218'"])
    assert one(no_leap, trace, row(*HOPS, question="Did he die in 1218 or 1219?")) == 1  # the question has it
    assert one(no_leap, texts("Is it so? Yes."), row(*HOPS, answers=("yes",))) == 1


def test_a_plan_that_names_what_it_has_not_asked_for_leaps() -> None:
    trace = texts("Who founded Bern?", "When did #1 die?")
    assert (one(no_leap, trace), feedback(no_leap, trace, ROW)) == (
        0,
        ["goal '1' leaps over 'Which town is on the river Aare?' to 'Bern'"],
    )
    asked = texts("Which town is on the river Aare?", "Who founded Bern?", "When did #2 die?")
    assert (one(no_leap, asked), feedback(no_leap, asked, ROW)) == (1, ["leaps over nothing"])


def test_a_plan_that_only_repeats_the_question_leaps_over_its_hops() -> None:
    trace = texts(QUESTION)
    assert feedback(no_leap, trace, ROW) == ["asks the question as it is, where 3 hops are left to ask"]
    assert (one(no_leap, trace), one(no_leap, texts(QUESTION.lower(), QUESTION))) == (0, 0)
    assert one(no_leap, texts("Which town is on the river Aare?", QUESTION)) == 1
    assert one(no_leap, trace, row(QUESTION)) == 1
    assert one(no_leap, trace, row()) == 1  # nothing says that there is more to ask
    assert values(no_leap, laid(), ROW) == []


# --- size ----------------------------------------------------------------------------------------------------------


def test_size_falls_with_the_goals_that_are_too_many_or_too_few() -> None:
    # need 3: |1 - 3| / 3, |6 - 3| / 6, |0 - 3| / 3
    assert one(plan_size, texts("a?")) == pytest.approx(1 - 2 / 3)
    assert one(plan_size, texts(*"abcdef")) == 1 / 2
    assert one(plan_size, laid()) == 0
    assert feedback(plan_size, texts("a?"), ROW) == ["1 goal, needed: 3"]


def test_size_may_be_off_by_a_tolerance_and_be_held_to_the_gold_passages() -> None:
    by_passages = plan_size_by("supporting_ids", tolerance=1)
    assert (by_passages.needs, plan_size.needs) == ({"supporting_ids"}, {"decomposition"})
    # need 3: max(0, |2 - 3| - 1) and max(0, |6 - 3| - 1) / 6
    assert one(by_passages, texts(*"ab")) == 1
    assert one(by_passages, texts(*"abcdef")) == pytest.approx(1 - 2 / 6)
    for bad in ({"gold": "answers"}, {"tolerance": -1}):
        with pytest.raises(RewardError, match="tolerance"):
            plan_size_by(**bad)  # type: ignore[arg-type]


# --- later plans, and plans of a part ------------------------------------------------------------------------------

BACK = sg.call(Find((("x",),)) >> Conclude("It is Bern."), name="goal")
"""A call that comes back with the answer of the first hop."""


def test_a_plan_is_measured_against_what_its_step_has_read_no_answer_to() -> None:
    rest = (("2", "Who founded Bern?", ()), ("3", "When did #2 die?", ("2",)))
    trace = run(Lay(GOOD) >> BACK >> LayAfter(rest) >> Say("1218"))
    assert values(plan_coverage, trace, ROW) == [1, 1]
    assert values(plan_order, trace, ROW) == [1, 1]
    assert values(plan_size, trace, ROW) == [1, 1]
    assert values(no_leap, trace, ROW) == [1, 1]  # Bern is known by then
    assert feedback(plan_coverage, trace, ROW) == ["asks for 3 of 3 hops", "asks for 2 of 2 hops"]


def test_a_gold_passage_that_was_read_settles_its_hop() -> None:
    back = sg.call(Find((("p1", "p2"),)) >> Keep(("p1", "p2")) >> Judge(1.0) >> Say("unsure", ("p1", "p2")), name="goal")
    trace = run(back >> LayAfter((("3", "When did Berchtold die?", ()),)) >> Say("1218"))
    assert [values(each, trace, ROW) for each in (plan_coverage, plan_size, no_leap)] == [[1], [1], [1]]
    assert values(plan_size_by("supporting_ids"), trace, ROW) == [1]


def test_a_yes_in_a_conclusion_settles_no_hop() -> None:
    hops = row(SubQuestion(question="Is Bern on the Aare?", answer="yes"), answers=("yes",))
    agreed = sg.call(Find((("x",),)) >> Conclude("Yes, it is."), name="goal")
    assert values(plan_coverage, run(agreed >> LayAfter((("1", "Is Bern on the Aare?", ()),)) >> Say("yes")), hops) == [1]


def test_a_planner_that_reads_the_question_alone_has_all_before_it_in_every_round() -> None:
    trace = run(Lay(GOOD) >> BACK >> Lay(GOOD[:2]) >> Say("1218"))
    assert values(plan_coverage, trace, ROW) == pytest.approx([1, 2 / 3])


def test_a_later_plan_may_refer_to_goals_that_came_back_and_be_empty_where_nothing_is_left() -> None:
    class Search(sg.Node):
        async def run(self, goal: Goal) -> Said:
            return Said(answer=Answer(text="Bern"))

    first = Lay((GOOD[0],)) >> sg.each(S.plan.goals, sg.call(Search(), name="goal"), item="goal")
    assert values(plan_valid, run(first >> LayAfter((("5", "Who founded #1?", ()),)) >> Say("1218")), ROW) == [1, 1]
    single = row(HOPS[0], answers=("Bern",))
    trace = run(first >> LayAfter(()) >> Say("1218"))
    assert [values(each, trace, single) for each in (plan_coverage, plan_size, plan_order)] == [[1], [1, 1], []]
    assert values(plan_size, run(first >> LayAfter(GOOD) >> Say("1218")), single) == [1, 0]  # three goals, none needed


def test_inside_a_call_on_a_part_gold_is_of_another_question() -> None:
    body = Lay(GOOD) >> sg.each(S.plan.goals, sg.call(Lay(GOOD[:1]) >> Say("x"), give={"question": S.goal.text}), item="goal")
    trace = run(body >> Say("1218"))
    assert [values(each, trace, ROW) for each in (plan_coverage, plan_order, no_leap, plan_size)] == [[1]] * 4
    assert values(plan_valid, trace, ROW) == [1] * 4  # its form is its own


# --- properties ----------------------------------------------------------------------------------------------------

Goals = tuple[tuple[str, str, tuple[str, ...]], ...]
words = st.sampled_from(["town", "river", "founder", "Bern", "father", "#1", "#2", "when", "who", "born"])
asks = st.lists(words, min_size=1, max_size=4).map(" ".join)


@st.composite
def plans(draw: st.DrawFn) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    drawn = draw(st.lists(asks, max_size=5))
    return tuple(
        (
            str(at),
            text,
            tuple(draw(st.lists(st.sampled_from([str(n) for n in range(at)]), max_size=2, unique=True))) if at else (),
        )
        for at, text in enumerate(drawn)
    )


rows = st.lists(
    st.builds(SubQuestion, question=asks, answer=st.sampled_from(["", "Bern", "the river", "founder"])),
    min_size=1,
    max_size=4,
    unique_by=lambda hop: tuple(sorted(bare(hop.question).split())),
).map(lambda hops: row(*hops, answers=("Bern",)))


@holds_for(plans(), rows, few=40, many=100)
def test_every_reward_of_a_plan_is_in_range_or_none(
    goals: tuple[tuple[str, str, tuple[str, ...]], ...], example: Example
) -> None:
    trace = laid(*goals)
    for reward in ALL:
        assert all(0 <= value <= 1 for value in values(reward, trace, example) if value is not None)


@holds_for(plans(), rows, st.randoms(use_true_random=False), few=30, many=100)
def test_the_order_of_the_list_changes_no_coverage_and_a_further_goal_never_lowers_it(
    goals: Goals, example: Example, chance: Random
) -> None:
    shuffled = list(goals)
    chance.shuffle(shuffled)
    covered = one(plan_coverage, laid(*goals), example)
    assert one(plan_coverage, laid(*shuffled), example) == pytest.approx(covered, abs=1e-6)
    hop = example.decomposition[0].question
    assert one(plan_coverage, laid(*goals, ("more", hop, ())), example) >= covered - 1e-6
    assert one(plan_coverage, laid(*goals, ("more", "father", ())), example) >= covered - 1e-6


@holds_for(rows, few=40, many=100)
def test_any_gold_decomposition_is_a_perfect_plan_for_itself(example: Example) -> None:
    hops = example.decomposition
    needs = {at: tuple(str(i + 1) for i, j in dependencies(hops) if j == at) for at in range(len(hops))}
    trace = laid(*((str(at + 1), hop.question, needs[at]) for at, hop in enumerate(hops)))
    for reward in (plan_coverage, no_leap, plan_size):
        assert one(reward, trace, example) == pytest.approx(1)
    assert values(plan_order, trace, example) in ([], [1])


@given(asks, st.lists(asks, max_size=4))
def test_the_nearest_hop_is_as_near_as_any(text: str, hops: list[str]) -> None:
    gold = tuple(SubQuestion(question=hop) for hop in hops)
    found = nearest(text, gold)
    assert found is None or 0 <= found < len(hops)
    assert nearest(text, (*gold, SubQuestion(question=text))) is not None


# --- a real planner ------------------------------------------------------------------------------------------------

REAL = (
    row(
        SubQuestion(question="Where is the Museum of Clocks?", answer="Grauburg"),
        SubQuestion(question="who is the founder of #1", answer="Ada Holm"),
        question="Who is the founder of the town where the Museum of Clocks is located?",
        answers=("Ada Holm",),
    ),
    row(
        SubQuestion(question="Silver Rain >> performer", answer="Otto Lind"),
        SubQuestion(question="#1 >> place of birth", answer="Velden"),
        question="What is the birthplace of the performer of Silver Rain?",
        answers=("Velden",),
    ),
    row(
        SubQuestion(question="Silver Rain >> performer", answer="The Lamps"),
        SubQuestion(question="#1 >> location of formation", answer="Velden"),
        question="Where did the band form that made the album Silver Rain?",
        answers=("Velden",),
    ),
)


def test_a_real_planner_is_told_what_it_left_out() -> None:
    flow = Bound(sg.Flow(PlanNode()), {}, checked=True)
    runs = [(flow(question=each.question).trace, each) for each in REAL]
    assert [one(plan_coverage, *each) for each in runs] == pytest.approx(
        [
            # "What is the town where the Museum of Clocks is located?": 2 * 3 / (5 + 3); "Who is the founder of #1?": 1
            (3 / 4 + 1) / 2,
            # "Who is the performer of Silver Rain?": 2 * 3 / (4 + 3); "birthplace" is no word of "place of birth": 0
            (6 / 7 + 0) / 2,
            # the question itself, 7 words, against {silver, rain, performer}: 2 * 2 / (7 + 3)
            (2 / 5 + 0) / 2,
        ]
    )
    assert [values(plan_order, *each) for each in runs] == [[1], [], []]
    assert [one(no_leap, *each) for each in runs] == [1, 1, 0]
    assert [one(plan_size, *each) for each in runs] == [1, 1, 1 / 2]
    assert [one(plan_valid, *each) for each in runs] == [1, 1, 1]
    assert feedback(plan_coverage, *runs[2]) == ["asks for 1 of 2 hops, no goal asks: #1 >> location of formation"]
