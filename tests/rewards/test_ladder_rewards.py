"""Search-R1's ladder, HierSearch's reward and Harness-1's terminal formula, with numbers worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_flows import Fail, Find, Keep, Say, Tell, example, feedback, run, values

import seekgraph as sg
from seekgraph.core.record.ledger import Passages, Rankings
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import RewardError
from seekgraph.rewards.harness1 import Curated, curated_of, harness_terminal
from seekgraph.rewards.ladders import hiersearch, local_first_term, search_r1, tools_called
from seekgraph.rewards.runs import answer_documents
from seekgraph.types import Example, Passage, Ranking, SubQuestion

SEINE = Tell({"p1": "The Seine flows through Paris.", "p2": "It is long."})
TIBER = Tell({"p1": "The Tiber flows through Rome.", "p2": "It is long."})


class Ask(sg.Node):
    """Finds one passage by each of some retrievers."""

    sources: tuple[str, ...]

    async def run(self, question: str) -> Asked:
        found = Passage(id="p1", title="p1", text="text")
        rankings = tuple(Ranking(source=source, query=question, ids=("p1",), scores=(1.0,)) for source in self.sources)
        return Asked(passages=(found,), rankings=rankings)


class Asked(sg.Writes):
    passages: Passages
    rankings: Rankings


def poor(trace: Trace) -> Trace:
    """The run as if the model's last reply had not been what was asked for."""
    trace.steps[-1].usage = {"calls": 1, "fallbacks": 1}
    return trace


# --- Search-R1 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trace", "rung"),
    [
        (run(SEINE >> Say("Paris")), 1.0),
        (poor(run(SEINE >> Say("Paris"))), 0.8),  # 1 - 0.2
        (run(SEINE >> Say("Rome")), 0.3),  # 0.2 + 0.1: "Paris" stands in what was found
        (run(TIBER >> Say("Rome")), 0.2),
        (poor(run(SEINE >> Say("Rome"))), 0.1),
        (poor(run(SEINE >> Say(""))), 0.1),  # an empty answer is an answer
        (run(SEINE >> Fail()), 0.0),
    ],
)
def test_the_rungs_of_search_r1(trace: Trace, rung: float) -> None:
    assert values(search_r1(), trace, example()) == pytest.approx([rung])


def test_search_r1_looks_for_the_gold_as_a_part_of_the_text() -> None:
    north = run(Tell({"p1": "It lies in the north."}) >> Say("yes"))
    assert values(search_r1(), north, example(answers=("no",))) == pytest.approx([0.3])  # "no" is in "north"


def test_the_amounts_of_search_r1_are_params() -> None:
    made = search_r1(form=0.4, retrieved=0.3, answered=0.05)
    assert values(made, run(SEINE >> Say("Rome")), example()) == pytest.approx([0.7])
    assert feedback(made, run(SEINE >> Say("Rome")), example()) == ["said 'Rome', right is 'Paris', which it had found"]
    with pytest.raises(RewardError, match="at most 1"):
        search_r1(form=0.8, retrieved=0.3)


# --- HierSearch ----------------------------------------------------------------------------------------------------

TOOLS = ("chunks", "graph", "web", "browse")


def test_a_wrong_answer_earns_a_tenth_of_the_share_of_tools_used() -> None:
    made = hiersearch(TOOLS)
    # F1 of "Paris France" is 2/3; for a wrong answer 0.1 * 2 / 4
    assert values(made, run(Ask(("chunks", "graph")) >> Say("Paris France")), example()) == pytest.approx([2 / 3])
    assert values(made, run(Ask(("chunks", "graph", "chunks")) >> Say("Rome")), example()) == pytest.approx([0.05])
    assert feedback(made, run(Ask(TOOLS[:3]) >> Say("Rome")), example()) == ["said 'Rome', right is 'Paris'; never asked browse"]
    assert values(made, run(Ask(TOOLS) >> Fail()), example()) == [0]


@pytest.mark.parametrize(
    ("position", "term"),
    [(1, -1), (3, -1), (4, -0.2), (5, -0.15), (6, -0.1), (7, -0.045), (8, -0.03), (9, -0.01), (20, -0.01)],
)
def test_the_web_costs_the_more_the_sooner_it_is_asked(position: int, term: float) -> None:
    asked = [*["chunks"] * (position - 1), "web", "browse"]
    assert local_first_term(asked, {"web", "browse"}) == term
    trace = run(Ask(tuple(asked)) >> Say("Paris"))
    assert tools_called(trace) == asked
    # where the term leaves nothing, the share of tools counts: for the web among the first three, with a right answer
    wanted = 1 + term or 0.1 * len(set(asked)) / len(TOOLS)
    assert values(hiersearch(TOOLS, ("web", "browse"), local_first=True), trace, example()) == pytest.approx([wanted])


def test_the_web_first_with_a_right_answer_earns_the_share_of_tools() -> None:
    trace = run(Ask(("web", "chunks")) >> Say("Paris"))
    assert values(hiersearch(TOOLS, ("web", "browse"), local_first=True), trace, example()) == pytest.approx([0.05])


def test_local_tools_alone_cost_nothing_and_tools_are_declared() -> None:
    assert local_first_term(["chunks", "graph"], {"web"}) == 0
    with pytest.raises(RewardError, match="offered"):
        hiersearch(())
    with pytest.raises(RewardError, match="'browse'"):
        hiersearch(("web",), ("browse",))


def test_a_search_without_a_ranking_is_named_by_its_node() -> None:
    assert tools_called(run(Find((("p1",),)).named("web") >> Say("Paris"))) == ["web"]


# --- Harness-1 -----------------------------------------------------------------------------------------------------


def test_the_terminal_formula_v3() -> None:
    # P = 1/2, R = 1/3: F2 = 5 PR / (4P + R) = (5/6) / (2 + 1/3) = 5/14
    # 0.7 * 5/14 + 0.3 * 2/3 + 1 + 0.8 * 1/2 + 0.4 * 1 - 0.35 * (1 - 1/2) - 0.01 * 4
    parts = Curated(recall=1 / 3, precision=1 / 2, found=2 / 3, answer_recall=1 / 2, answer_found=1.0, turns=4)
    assert parts.v3(0.01) == pytest.approx(0.25 + 0.2 + 1 + 0.4 + 0.4 - 0.175 - 0.04)
    assert parts.v4() == pytest.approx(0.5 * (2 / 3 + 1 / 3 + 1 + 1 / 2))


def test_the_terminal_formula_v3_at_its_ends() -> None:
    assert Curated(1, 1, 1, 1, 1).v3() == pytest.approx(3.2)
    assert Curated(0, 0, 0, 0, 0).v3() == 0.001
    assert Curated(1, 1, 1, 1, 1, chose=False).v3() == -0.2  # flat, in place of the formula
    assert Curated(1, 1, 1, 1, 1, chose=False, formed=False).v3() == -0.5
    assert Curated(1, 1, 1, 1, 1, formed=False).v4() == -0.5
    assert Curated(0, 0, 1.0, 0, 1.0).v3() == pytest.approx(0.3 + 0.4 - 0.35)  # found the answer, and let it go


shares = st.floats(0, 1)


@given(st.builds(Curated, *[shares] * 5, st.booleans(), st.booleans(), st.integers(0, 99)), shares)
def test_the_terminal_formulas_stay_in_their_ranges(parts: Curated, turn_penalty: float) -> None:
    least = 0.001 if parts.chose else -0.2
    assert (least if parts.formed else -0.5) <= parts.v3(turn_penalty) <= 3.2 + 1e-9
    assert (0 if parts.formed else -0.5) <= parts.v4() <= 2


def test_the_parts_are_read_from_a_run() -> None:
    trace = run(Tell({"p1": "Paris", "p2": "Seine", "x": "y"}) >> Keep(("p1", "x")) >> Say("Paris"))
    parts = curated_of(trace, example("p1", "p2", "p3"))
    assert parts == Curated(recall=1 / 3, precision=1 / 2, found=2 / 3, answer_recall=1, answer_found=1, turns=1)
    assert values(harness_terminal(), trace, example("p1", "p2", "p3")) == pytest.approx([(parts.v3() + 0.5) / 3.7])
    assert values(harness_terminal("v4"), trace, example("p1", "p2", "p3")) == pytest.approx([(parts.v4() + 0.5) / 2.5])
    assert not curated_of(run(SEINE >> Say("Paris")), example("p1")).chose
    with pytest.raises(RewardError, match="version"):
        harness_terminal("v5")  # type: ignore[arg-type]


def test_the_answer_is_held_by_its_hop_or_by_the_gold_that_says_it() -> None:
    trace = run(SEINE >> Say("Paris"))
    assert answer_documents(trace, example("p1", "p2")) == {"p1"}
    assert answer_documents(trace, example("p1", "p2", answers=("yes",))) == {"p1", "p2"}
    assert answer_documents(trace, example("p2")) == set()
    hops = (
        SubQuestion(question="a", answer="Ann", supporting_id="p1"),
        SubQuestion(question="b", answer="Paris", supporting_id="p2"),
    )
    row = Example(id="e", question="?", answers=("Paris",), supporting_ids=("p1", "p2"), decomposition=hops)
    assert answer_documents(trace, row) == {"p2"}
