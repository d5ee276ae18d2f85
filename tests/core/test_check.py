"""The checker, finding by finding: what it says, where, on which path, and how to fix it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from seekgraph.core.base.errors import FlowError
from seekgraph.core.check import Finding, check, require
from seekgraph.core.language.combinators import Fan, Loop, Seq, call, each, fan, loop, route, skip
from seekgraph.core.language.expr import S, count, lift, otherwise, when
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node, OrElse, Writes
from seekgraph.core.language.params import Choice, Float, Int
from seekgraph.core.language.ports import Port, Ranker, Retriever
from seekgraph.core.record.ledger import Passages
from seekgraph.types import Answer, Evidence, Passage, Plan, Query, Turn, Verdict

# --- nodes ---------------------------------------------------------------------------------------------------------


class Found(Writes):
    passages: Passages


class Kept(Writes):
    context: tuple[Passage, ...]


class Judged(Writes):
    verdict: Verdict


class Perhaps(Writes):
    verdict: Verdict | None = None


class Planned(Writes):
    plan: Plan


class Refined(Writes):
    query: Query


class Answered(Writes):
    answer: Answer


class Nothing(Writes):
    pass


class Search(Node):
    async def run(self, question: str) -> Found: ...


class Retrieve(Node):
    retriever: str = "corpus"

    async def run(self, question: Query, retriever: Retriever) -> Found: ...


class Find(Node):
    async def run(self, query: Query) -> Found: ...


class Rerank(Node):
    async def run(self, passages: tuple[Passage, ...], ranker: Ranker | None = None) -> Kept: ...


class Reflect(Node):
    async def run(self, passages: list[Passage]) -> Judged: ...


class Maybe(Node):
    async def run(self, passages: tuple[Passage, ...]) -> Perhaps: ...


class Make(Node):
    async def run(self, question: str) -> Planned: ...


class Refine(Node):
    async def run(self, question: str, verdict: Verdict | None = None) -> Refined: ...


class Reply(Node):
    async def run(self, passages: tuple[Passage, ...]) -> Answered: ...


class Guess(Node):
    async def run(self, question: str) -> Answered: ...


class Read(Node):
    async def run(self, context: Annotated[tuple[Passage, ...], OrElse("passages")]) -> Answered: ...


class Log(Node):
    async def run(self, question: str) -> Nothing: ...


# --- help ----------------------------------------------------------------------------------------------------------


def only(body: Any, resources: Any = None, **options: Any) -> Finding:
    """The one finding of a flow."""
    found = check(Flow(body, **options), resources)
    assert len(found) == 1, "\n".join(map(str, found)) or "nothing found"
    assert all(part in str(found[0]) for part in (found[0].code, found[0].message, found[0].hint))
    assert " -> ".join(found[0].steps) in str(found[0])
    return found[0]


def codes(body: Any, resources: Any = None, **options: Any) -> list[str]:
    return [finding.code for finding in check(Flow(body, **options), resources)]


class Service:
    async def search(self, query: Query, k: int) -> list[Passage]: ...


# --- flows that are well -------------------------------------------------------------------------------------------

WELL = {
    "one node": Guess(),
    "a chain": Search() >> Rerank() >> Read(),
    "a loop whose first round reads nothing from a later one": loop(Refine() >> Find() >> Reflect(), S.verdict.score >= 0.5, 3)
    >> Reply(),
    "goals": Make() >> each(S.plan.goals, Find().using(query=S.goal.text)) >> Reply(),
    "calls": Make()
    >> each(S.plan.goals, call(Find().using(query=S.goal) >> Reply()))
    >> Guess().using(question=S.digests[0].conclusion),
    "a route whose branches all answer": Search() >> route(when(count(S.passages) > 3, "a", "b"), {"a": Reply(), "b": Guess()}),
    "two ways to what one parameter reads": route(when(S.question == "", "a", "b"), {"a": Search() >> Rerank(), "b": Search()})
    >> Read(),
    "a fan": fan(Search(), Search().using(question="question")) >> Reply(),
    "a choice": Choice(Search().named("one"), (Search() >> Log()).named("two")) >> Reply(),
}


@pytest.mark.parametrize("name", WELL)
def test_nothing_is_found_in_a_flow_that_is_well(name: str) -> None:
    flow = Flow(WELL[name])
    assert [str(finding) for finding in check(flow)] == []
    require(flow)


def test_a_flow_of_nothing_ends_without_an_answer() -> None:
    found = only(skip)
    assert (found.code, found.channel, found.steps) == ("no-answer", "answer", ())
    assert codes(Fan(())) == ["no-answer"]
    assert codes(fan(skip, skip)) == ["no-answer"]


def test_a_flow_of_nothing_may_give_back_an_input() -> None:
    assert codes(skip, output="question") == []


# --- reads ---------------------------------------------------------------------------------------------------------


def test_a_read_that_nothing_writes() -> None:
    found = only(Reply())
    assert (found.code, found.severity, found.path, found.channel) == ("unwritten-read", "error", "reply", "passages")
    assert found.steps == ("reply",)
    assert "nothing writes" in found.message
    assert "default in Reply.run" in found.hint


def test_a_read_that_only_a_later_step_writes() -> None:
    found, *_ = check(Flow(Reply() >> Search()))
    assert (found.code, found.path, found.steps) == ("unwritten-read", "reply", ("reply",))
    assert "put search before it" in found.hint


def test_a_misspelt_channel() -> None:
    found = next(each for each in check(Flow(Search() >> Reply().using(passages=S.pasages))) if each.code == "unwritten-read")
    assert (found.channel, found.steps) == ("pasages", ("search", "reply"))
    assert "did you mean 'passages'?" in found.hint


def test_a_read_that_one_branch_leaves_unwritten() -> None:
    found = only(route(when(S.question == "", "yes", "no"), {"yes": Search(), "no": skip}) >> Reply())
    assert (found.code, found.path, found.channel) == ("unwritten-read", "reply", "passages")
    assert found.steps == ("route[no]", "reply")
    assert "route[no] does not write" in found.message
    assert "put search before it on every path" in found.hint


def test_a_read_that_one_option_of_a_choice_leaves_unwritten() -> None:
    found = only(Choice(Search().named("look"), Log().named("trust")) >> Reply())
    assert found.steps == ("choice[trust]", "trust", "reply")
    assert "choice[trust] does not write" in found.message


def test_a_read_of_a_write_that_may_be_left_out() -> None:
    found = only(Search() >> Maybe() >> Guess().using(question=S.verdict.reason))
    assert (found.code, found.channel, found.steps) == ("unwritten-read", "verdict", ("search", "maybe", "guess"))
    assert "maybe may leave unwritten" in found.message
    assert "otherwise(S.verdict, ...)" in found.hint


def test_a_read_in_the_first_round_of_what_a_loop_writes_later() -> None:
    class Sharpen(Node):
        async def run(self, verdict: Verdict) -> Refined: ...

    found = only(loop(Sharpen() >> Find() >> Reflect(), S.verdict.score > 0.5, 3) >> Reply())
    assert (found.code, found.path, found.channel) == ("unwritten-read", "sharpen", "verdict")
    assert found.steps == ("loop[round 1]", "sharpen")
    assert "reflect writes only later in the round" in found.message


def test_a_read_after_an_each_that_may_go_through_no_items() -> None:
    found = only(Make() >> each(S.plan.goals, Search() >> Rerank()) >> Reply().using(passages=S.context))
    assert (found.channel, found.steps) == ("context", ("make", "each[no items]", "reply"))
    assert "each does not write over no items" in found.message


def test_a_collection_is_there_after_an_each_over_no_items() -> None:
    assert codes(Make() >> each(S.plan.goals, Search()) >> Reply()) == []


def test_an_item_and_a_round_are_not_seen_outside() -> None:
    goals = each(S.plan.goals, Find().using(query=S.goal.text))
    assert [
        each.channel for each in check(Flow(Make() >> goals >> Guess().using(question=S.goal.text))) if each.path == "guess"
    ] == ["goal"]
    rounds = loop(Search(), S.round >= 2, 3)
    assert [
        each.channel
        for each in check(Flow(rounds >> Guess().using(question=when(S.round > 1, "a", "b"))))
        if each.path == "guess"
    ] == ["round"]


def test_parts_of_a_fan_do_not_see_one_another() -> None:
    found = only(fan(Rerank(), Search()) >> Read())
    assert (found.code, found.path, found.steps) == ("unwritten-read", "rerank", ("fan[part 1]", "rerank"))
    assert "only search writes" in found.message
    assert "put search before it" in found.hint


def test_an_optional_input_may_be_missing() -> None:
    class Recall(Node):
        async def run(self, history: tuple[Turn, ...]) -> Answered: ...

    found = only(Recall())
    assert (found.code, found.channel) == ("unwritten-read", "history")
    assert "an optional input" in found.message
    assert "require the input" in found.hint


def test_a_read_with_a_default_and_a_read_with_a_substitute_may_be_unwritten() -> None:
    assert codes(Search() >> Refine() >> Find() >> Read()) == []
    assert codes(Guess().using(question=otherwise(S.query.text, S.question))) == []


def test_what_a_call_is_not_given_is_unwritten_inside_it() -> None:
    inner = call(Rerank() >> Guess(), give={"question": S.question})
    found = only(Search() >> inner >> Guess().using(question=when(count(S.passages) > 3, S.digests[0].conclusion, S.question)))
    assert (found.code, found.path, found.channel) == ("unwritten-read", "rerank", "passages")
    assert found.steps == ("search", "call", "rerank")
    assert "call is not given" in found.message
    assert "let the call give it: give={'passages': ...}" in found.hint


def test_a_round_is_given_to_a_call_only_by_name() -> None:
    class Count(Node):
        async def run(self, round: int) -> Answered: ...

    rest = Guess().using(question=S.digests[0].conclusion)
    found = only(loop(call(Count()), S.round > 1, 3) >> rest)
    assert (found.code, found.path, found.steps) == ("unwritten-read", "count", ("loop[round 1]", "call", "count"))
    assert "let the call give it: give={'round': ...}" in found.hint
    assert codes(loop(call(Count(), give={"round": S.round}), S.round > 1, 3) >> rest) == []


def test_what_a_call_reads_by_itself_has_to_be_written_outside() -> None:
    found = only(call(Reply()) >> Guess().using(question=S.digests[0].conclusion))
    assert (found.code, found.path, found.steps) == ("unwritten-read", "reply", ("call", "reply"))


def test_only_a_digest_comes_out_of_a_call() -> None:
    body = call(Search() >> Reply()) >> Reply() >> Log().using(question=S.digests[0].conclusion)
    found = only(body)
    assert (found.code, found.path, found.steps) == ("unwritten-read", "reply_2", ("call", "reply_2"))


def test_a_condition_over_a_channel_that_may_be_absent() -> None:
    found = only(loop(Search() >> Maybe(), S.verdict.score > 0.5, 3) >> Reply())
    assert (found.code, found.path, found.channel) == ("unwritten-read", "loop", "verdict")
    assert found.steps == ("loop[round 1]", "search", "maybe", "loop[until]")
    assert "otherwise(S.verdict, ...)" in found.hint
    found = only(route(S.verdict.score > 0.5, {True: Guess(), False: Guess()}))
    assert (found.code, found.path, found.steps) == ("unwritten-read", "route", ("route",))


# --- answers -------------------------------------------------------------------------------------------------------


def test_a_branch_that_never_answers() -> None:
    found = only(route(when(S.question == "", "no", "yes"), {"yes": Guess(), "no": Log()}))
    assert (found.code, found.path, found.channel) == ("no-answer", "route", "answer")
    assert found.steps == ("route[no]", "log")
    assert "route[no] does not write" in found.message
    assert "such as guess" in found.hint


def test_the_branch_that_does_not_answer_is_named_though_others_follow() -> None:
    test = S.question == ""
    found = only(
        route(test, {True: Guess(), False: skip}, name="first") >> route(test, {True: Log(), False: Log()}, name="second")
    )
    assert (found.path, found.steps) == ("first", ("first[false]", "second[true]", "second/log"))


def test_an_output_that_is_misspelt() -> None:
    found = [each for each in check(Flow(Guess(), output="anwser")) if each.code == "no-answer"]
    assert "did you mean 'answer'?" in found[0].hint


# --- types ---------------------------------------------------------------------------------------------------------


def test_a_read_of_another_type_than_what_was_written() -> None:
    found = only(Make() >> Find().using(query="plan") >> Reply())
    assert (found.code, found.path, found.channel, found.steps) == ("wrong-type", "find", "plan", ("make", "find"))
    assert "'query' wants Query, and make writes 'plan' as Plan" in found.message
    assert found.hint == "read what fits: .using(query=S.question)"


def test_the_field_that_fits_is_named() -> None:
    found = only(Search() >> Reflect() >> Guess().using(question=S.verdict))
    assert found.hint == "read what fits: .using(question=S.verdict.label)"


def test_an_expression_of_another_type_than_what_is_wanted() -> None:
    found = only(Search() >> Reflect() >> Guess().using(question=S.verdict.score))
    assert (found.code, found.channel, found.steps) == ("wrong-type", "verdict", ("search", "reflect", "guess"))
    assert "S.verdict.score is float" in found.message


def test_a_plain_value_of_another_type_than_what_is_wanted() -> None:
    found = only(Guess().using(question=lift(3)))
    assert (found.code, found.path, found.channel, found.steps) == ("wrong-type", "guess", "", ("guess",))


def test_an_input_of_another_type_than_what_is_read() -> None:
    found = only(Guess(), inputs={"question": int})
    assert (found.code, found.steps) == ("wrong-type", ("guess",))
    assert "the flow's input is 'question' as int" in found.message


def test_a_type_that_only_a_later_round_brings() -> None:
    class Sharpen(Node):
        async def run(self, question: str, verdict: str = "") -> Refined: ...

    found = only(loop(Sharpen() >> Find() >> Reflect(), S.verdict.score > 0.5, 3) >> Reply())
    assert (found.code, found.path, found.channel) == ("wrong-type", "sharpen", "verdict")
    assert found.steps == ("loop[round 1]", "sharpen", "find", "reflect", "sharpen")


def test_a_field_that_a_value_does_not_have() -> None:
    found = only(loop(Search() >> Reflect(), S.verdict.scoer > 0.5, 3) >> Reply())
    assert (found.code, found.path, found.channel) == ("unknown-attribute", "loop", "verdict")
    assert found.steps == ("loop[round 1]", "search", "reflect", "loop[until]")
    assert found.hint == "did you mean 'score'?"


def test_a_condition_that_is_none() -> None:
    found = only(loop(Search() >> Reflect(), S.verdict.score, 3) >> Reply())
    assert (found.code, found.path) == ("not-boolean", "loop")
    assert "until=S.verdict.score is float" in found.message
    found = only(Search() >> route(when(S.passages, "a", "b"), {"a": Reply(), "b": Guess()}))
    assert (found.code, found.path, found.steps) == ("not-boolean", "route", ("search", "route"))


def test_a_comparison_of_what_cannot_be_compared() -> None:
    found = only(loop(Search() >> Reflect(), S.verdict.reason > Float(0.5, 0, 1), 3) >> Reply())
    assert (found.code, found.channel) == ("incomparable", "verdict")


def test_an_attribute_of_what_may_be_none() -> None:
    class Linked(Writes):
        link: Passage | None

    class Deep(Writes):
        chain: tuple[Evidence | None, ...]

    class Chain(Node):
        async def run(self, question: str) -> Deep: ...

    found = only(Chain() >> Guess().using(question=S.chain[0].quote))
    assert (found.code, found.path, found.channel, found.steps) == ("maybe-none", "guess", "chain", ("chain", "guess"))


def test_an_each_over_what_is_no_collection() -> None:
    found = only(Make() >> each(S.plan, Search()) >> Reply())
    assert (found.code, found.path, found.channel, found.steps) == ("not-a-collection", "each", "plan", ("make", "each"))
    assert found.hint == "go through S.plan.goals"


def test_a_channel_declared_with_two_types() -> None:
    class Short(Writes):
        verdict: str

    class Say(Node):
        async def run(self, passages: tuple[Passage, ...]) -> Short: ...

    body = Search() >> route(S.question == "", {True: Say(), False: Reflect()}) >> Reply() >> Log().using(question=S.verdict)
    found = next(each for each in check(Flow(body)) if each.code == "two-declarations")
    assert (found.path, found.channel, found.steps) == ("reflect", "verdict", ("say", "reflect"))
    assert "say writes 'verdict' as str (replace), reflect as Verdict (replace)" in found.message
    assert ".into(verdict='verdict_2')" in found.hint


def test_a_channel_declared_with_two_merge_rules() -> None:
    class Only(Writes):
        passages: tuple[Passage, ...]

    class First(Node):
        async def run(self, passages: tuple[Passage, ...]) -> Only: ...

    found = only(Search() >> First() >> Reply())
    assert (found.code, found.path, found.channel) == ("two-declarations", "first", "passages")
    assert "(union)" in found.message
    assert "(replace)" in found.message


# --- routes --------------------------------------------------------------------------------------------------------


def test_a_label_without_a_branch() -> None:
    found = only(route(when(S.question == "", "stop", "go on"), {"stop": Guess()}))
    assert (found.code, found.path, found.channel, found.steps) == ("missing-branch", "route", "question", ("route",))
    assert "can give 'go on'" in found.message
    assert "default='stop'" in found.hint
    assert codes(route(when(S.question == "", "stop", "go on"), {"stop": Guess()}, default="stop")) == []


def test_a_truth_value_without_a_branch() -> None:
    assert "can give 'false'" in only(route(S.question == "", {True: Guess()})).message


def test_a_declared_label_without_a_branch() -> None:
    class Routed(Writes):
        route: Literal["easy", "hard"]

    class Sort(Node):
        async def run(self, question: str) -> Routed: ...

    found = only(route(Sort(), {"easy": Guess()}))
    assert (found.code, found.channel, found.steps) == ("missing-branch", "route", ("sort", "route"))
    assert "can give 'hard'" in found.message


def test_a_branch_that_no_label_leads_to() -> None:
    body = route(when(S.question == "", "stop", "go"), {"stop": Guess(), "go": Guess(), "sotp": Guess()})
    found = only(body)
    assert (found.code, found.path, found.steps) == ("unreachable-branch", "route", ("route[sotp]",))
    assert found.hint == "did you mean 'stop'?"


def test_a_policy_that_may_give_anything_and_no_default() -> None:
    found = only(route(S.question, {"a": Guess(), "b": Guess()}))
    assert (found.code, found.severity, found.path) == ("open-route", "warning", "route")
    assert "default='b'" in found.hint
    assert codes(route(S.question, {"a": Guess(), "b": Guess()}, default="a")) == []


# --- what is written for nothing -----------------------------------------------------------------------------------


def test_a_step_whose_writes_nothing_reads() -> None:
    found = only(Search() >> Rerank() >> Reply())
    assert (found.code, found.path, found.channel, found.steps) == ("unread-write", "rerank", "context", ("search", "rerank"))
    assert "remove this one" in found.hint


def test_a_write_that_is_replaced_before_it_is_read() -> None:
    found = only(Refine() >> Refine() >> Find() >> Reply())
    assert (found.code, found.path, found.steps) == ("unread-write", "refine", ("refine",))


def test_a_call_whose_digest_nothing_reads() -> None:
    found = only(Search() >> call(Reply()) >> Guess())
    assert (found.code, found.path, found.channel) == ("unread-write", "call", "digests")


@pytest.mark.parametrize(
    "body",
    [
        loop(Refine() >> Find() >> Reflect(), S.round > 2, 3) >> Reply(),  # the next round reads the verdict
        Search() >> Rerank() >> route(count(S.context) > 3, {True: Reply(), False: Guess()}),
        call(Search() >> Rerank() >> Guess()) >> Guess().using(question=S.digests[0].conclusion),
        Search() >> Rerank() >> call(Read(), give={"context": S.context}) >> Guess().using(question=S.digests[0].conclusion),
        Search() >> Log() >> Read(),
    ],
    ids=[
        "an earlier step of a loop",
        "an expression",
        "the digest of a call",
        "what a call is given",
        "a read in place of another",
    ],
)
def test_a_write_is_read_by(body: Any) -> None:
    assert codes(body) == []


def test_a_write_that_a_later_part_of_a_fan_replaces() -> None:
    found = only(fan(Refine(), Refine()) >> Find() >> Reply())
    assert (found.code, found.severity, found.path, found.channel) == ("lost-write", "warning", "fan", "query")
    assert found.steps[-1] == "find"
    assert "refine and refine_2 replace 'query' side by side: what refine wrote is lost" in found.message
    assert ".into(query=...)" in found.hint
    require(Flow(fan(Refine(), Refine()) >> Find() >> Reply()))  # a warning stops nothing


def test_a_write_that_is_read_before_the_end_of_a_fan_is_not_lost() -> None:
    assert codes(fan(Refine() >> Find(), Refine() >> Find()) >> Reply()) == []


# --- names, bounds, contracts --------------------------------------------------------------------------------------


def test_a_name_given_twice() -> None:
    found = only(Search().named("look") >> Search().named("look") >> Reply())
    assert (found.code, found.path, found.steps) == ("name-twice", "look_2", ("look_2",))
    assert "here and at look" in found.message
    assert ".named(" in found.hint
    inside = loop(Search().named("look"), S.round > 1, 2, name="one") >> loop(Search().named("look"), S.round > 1, 2, name="two")
    assert codes(inside >> Reply()) == []


def test_a_loop_without_a_bound() -> None:
    for rounds in (0, True, Float(2.0, 1, 5), S.round):
        found = only(Loop(Search(), lift(S.round > 1), rounds) >> Reply())
        assert (found.code, found.path) == ("unbounded-loop", "loop")
        assert "Int(3, low=1, high=8)" in found.hint
    assert codes(loop(Search(), S.round > 1, Int(2, 1, 5)) >> Reply()) == []


def test_a_node_whose_contract_cannot_be_read_is_a_finding() -> None:
    class Broken(Node):
        async def run(self, passages) -> Found: ...  # type: ignore[no-untyped-def]

    class Idle(Node):
        pass

    found = check(Flow(Broken() >> Idle() >> loop(Guess(), S.round > 1, 2) >> Loop(Guess(), S.round > 1, 0)))
    assert [(each.code, each.path) for each in found] == [
        ("contract", "broken"),
        ("contract", "idle"),
        ("unbounded-loop", "loop_2"),
    ]
    assert "annotate it" in found[0].message
    assert "async def run" in found[1].message


# --- resources -----------------------------------------------------------------------------------------------------


def test_a_resource_that_is_missing() -> None:
    found = only(Retrieve() >> Reply(), {"copus": Service()})
    assert (found.code, found.path, found.steps) == ("missing-resource", "retrieve", ("retrieve",))
    assert "wants a Retriever under the name 'corpus', and bound are copus" in found.message
    assert found.hint == "bind(corpus=...) did you mean 'copus'?"
    assert codes(Retrieve() >> Reply()) == []
    assert codes(Retrieve() >> Reply(), {"corpus": Service()}) == []


def test_a_resource_that_lacks_the_methods_of_its_port() -> None:
    found = only(Retrieve() >> Reply(), {"corpus": "corpus.jsonl"})
    assert (found.code, found.path) == ("wrong-port", "retrieve")
    assert "bound to a str, which has no search" in found.message
    assert "search(...)" in found.hint


def test_a_class_in_the_place_of_an_object() -> None:
    assert "which is a class" in only(Retrieve() >> Reply(), {"corpus": Service}).message


def test_every_option_of_a_choice_of_resources_is_needed() -> None:
    found = only(Retrieve(Choice("corpus", "web")) >> Reply(), {"corpus": Service()})
    assert (found.code, found.path) == ("missing-resource", "retrieve")
    assert "'web'" in found.message


def test_an_optional_resource_may_be_missing_but_not_be_another_thing() -> None:
    body = Search() >> Rerank() >> Read()
    assert codes(body, {}) == []
    assert codes(body, {"ranker": Service()}) == ["wrong-port"]


def test_a_port_of_ones_own_needs_no_decorator() -> None:
    from typing import Protocol

    class Clock(Port, Protocol):
        def now(self) -> float: ...

        def zone(self) -> str: ...

    class Time:
        def now(self) -> float: ...

    class Dated(Node):
        async def run(self, clock: Clock) -> Answered: ...

    found = only(Dated(), {"clock": Time()})
    assert (found.code, found.message.endswith("which has no zone")) == ("wrong-port", True)


# --- all at once ---------------------------------------------------------------------------------------------------


def test_require_raises_all_errors_at_once_and_no_warnings() -> None:
    body = Retrieve() >> Rerank() >> fan(Refine(), Refine()) >> loop(Find(), S.verdict.score > 0.5, 2) >> Log()
    with pytest.raises(FlowError) as raised:
        require(Flow(body, name="hira"), {})
    text = str(raised.value)
    assert "flow 'hira' has 5 errors" in text
    places = [
        text.index(what)
        for what in ("missing-resource at retrieve", "unread-write at rerank", "unwritten-read at loop", "no-answer")
    ]
    assert places == sorted(places)
    assert "lost-write" not in text


def test_a_finding_shows_everything_in_three_lines() -> None:
    lines = str(only(route(when(S.question == "", "yes", "no"), {"yes": Search(), "no": skip}) >> Reply())).splitlines()
    assert lines[0].startswith("error unwritten-read at reply: ")
    assert lines[1] == "  path: route[no] -> reply"
    assert lines[2].startswith("  hint: ")


# --- what LangGraph lets through -----------------------------------------------------------------------------------


class TestWhatLangGraphLetsThrough:
    """Each case of PEERS.md, in the form that it takes here. Edges are not written by name, so some cannot be written at all."""

    def test_an_unreachable_node_is_a_branch_without_a_label(self) -> None:
        assert "unreachable-branch" in codes(route(when(S.question == "", "a", "b"), {"a": Guess(), "b": Guess(), "c": Guess()}))

    def test_a_dead_end_is_a_branch_that_never_answers(self) -> None:
        assert codes(route(S.question == "", {True: Guess(), False: Log()})) == ["no-answer"]

    def test_a_cycle_without_exit_cannot_be_written(self) -> None:
        with pytest.raises(TypeError):
            loop(Search(), until=S.round > 1)  # type: ignore[call-arg]
        for rounds in (None, 0, float("inf"), S.round):
            with pytest.raises(ValueError, match="1 or more"):
                loop(Search(), S.round > 1, rounds)

    def test_a_route_to_an_unknown_target(self) -> None:
        assert codes(route(when(S.question == "", "a", "z"), {"a": Guess()})) == ["missing-branch"]
        assert codes(route(S.question, {"a": Guess()})) == ["open-route"]
        with pytest.raises(ValueError, match="default 'z' is not among"):
            route(S.question, {"a": Guess()}, default="z")

    def test_an_unknown_key(self) -> None:
        assert codes(Search() >> Reply().using(passages=S.pages)) == ["unread-write", "unwritten-read"]
        with pytest.raises(TypeError, match="does not know"):
            Reply().using(pages=S.passages)
        with pytest.raises(TypeError, match="does not know"):
            Reply().into(reply="answer")

    def test_a_wrong_type(self) -> None:
        assert codes(Make() >> Guess().using(question=S.plan)) == ["wrong-type"]

    def test_an_output_that_is_not_written_or_not_declared(self) -> None:
        assert codes(Log()) == ["no-answer"]

        class Loose(Node):
            async def run(self, question: str) -> dict: ...  # type: ignore[type-arg]

        assert codes(Loose()) == ["contract"]

    def test_no_recursion_limit_but_a_bound_on_every_loop(self) -> None:
        assert codes(Loop(Guess(), S.round > 1, 10**9 * 0)) == ["unbounded-loop"]
        with pytest.raises(TypeError, match="made of nodes"):
            Seq() >> "search"  # a step cannot be named, so no edge leads back
