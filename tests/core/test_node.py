"""The contract of a node: what its `run` says, and what `using`, `into` and `limits` change."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from kit import Jot, Metered, Notes, Said, Service, Tell, bound, errors, ran

import seekgraph as sg
from seekgraph import S
from seekgraph.core.language.node import Limits, Node, PortSpec, ReadSpec
from seekgraph.core.record.ledger import Merge, Passages
from seekgraph.types import Passage, Query


class Full(sg.Writes):
    passages: Passages
    verdict: str | None = None
    seen: Annotated[tuple[int, ...], Merge.APPEND] | None = None


class Everything(sg.Node):
    service: str = "main"
    k: int = sg.Int(3, 1, 9)

    async def run(
        self,
        query: Query,
        context: Annotated[tuple[Passage, ...], sg.OrElse("passages")],
        service: Service,
        other: Service | None,
        visit: sg.Visit,
        hint: str | None = None,
    ) -> Full: ...


# --- what is read off ---------------------------------------------------------------------------------------------


def test_parameters_are_reads_and_a_default_makes_one_optional() -> None:
    assert Everything.contract().reads == (
        ReadSpec("query", Query, True),
        ReadSpec("context", tuple[Passage, ...], True, "passages"),
        ReadSpec("hint", str, False),
    )


def test_parameters_with_the_type_of_a_port_are_resources_named_by_the_field_of_their_name() -> None:
    assert Everything.contract().ports == (PortSpec("service", Service, True, "service"), PortSpec("other", Service, False, None))


def test_a_parameter_of_type_visit_is_neither_read_nor_resource() -> None:
    assert Everything.contract().visit == "visit"


def test_fields_of_the_returned_model_are_writes_with_their_merge_rule() -> None:
    writes = [(spec.channel.name, spec.channel.type, spec.channel.merge, spec.always) for spec in Everything.contract().writes]
    assert writes == [
        ("passages", tuple[Passage, ...], Merge.UNION, True),
        ("verdict", str, Merge.REPLACE, False),
        ("seen", tuple[int, ...], Merge.APPEND, False),
    ]


def test_a_node_that_is_declared_in_a_function_may_name_what_is_declared_there() -> None:
    class Local(sg.Writes):
        local: int

    class Here(sg.Node):
        async def run(self) -> Local: ...

    assert [spec.channel.name for spec in Here.contract().writes] == ["local"]


def test_a_node_that_inherits_its_run_from_another_function_keeps_its_contract() -> None:
    def declared() -> type[Node]:
        class Local(sg.Writes):
            local: int

        class Base(sg.Node):
            async def run(self) -> Local: ...

        return Base

    class Derived(declared()):  # type: ignore[misc]
        k: int = 3

    assert [spec.channel.name for spec in Derived.contract().writes] == ["local"]


def test_settings_of_a_base_come_first() -> None:
    class Louder(Jot):
        times: int = 2

    assert list(Louder().settings) == ["text", "delay", "error", "times"]


def test_the_kind_of_a_node_is_its_name_unless_it_says_otherwise() -> None:
    class Quiet(Jot):
        kind = "hush"

    assert (Jot.kind, Quiet.kind) == ("jot", "hush")


def test_a_node_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Jot().text = "y"  # type: ignore[misc]


# --- what is refused ----------------------------------------------------------------------------------------------


async def no_model(self: Any, question: str) -> str: ...


async def untyped(self: Any, question) -> Notes: ...  # type: ignore[no-untyped-def]


async def starred(self: Any, *question: str) -> Notes: ...


async def keywords(self: Any, **channels: str) -> Notes: ...


async def silent(self: Any, question: str): ...  # type: ignore[no-untyped-def]


async def unknown_type(self: Any, question: Missing) -> Notes: ...  # type: ignore[name-defined]  # noqa: F821


def not_async(self: Any, question: str) -> Notes: ...


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (None, r"Wrong needs 'async def run\(self, ...\) -> Writes'"),
        (not_async, "Wrong needs 'async def run"),
        (no_model, "Wrong.run returns a model that derives from Writes, not <class 'str'>: its fields are what it writes"),
        (silent, "Wrong.run returns a model that derives from Writes, not None"),
        (untyped, "Wrong.run reads 'question' without a type: annotate it"),
        (starred, r"Wrong.run names each channel that it reads: '\*question: .*str.*' does not"),
        (keywords, r"Wrong.run names each channel that it reads: '\*\*channels: .*str.*' does not"),
        (unknown_type, "Wrong.run names a type that is not there .*'Missing'.*: import it outside of TYPE_CHECKING"),
    ],
)
def test_a_run_that_says_too_little_is_refused_with_what_is_missing(run: Any, message: str) -> None:
    wrong = types.new_class("Wrong", (Node,), {}, lambda body: body.update({"run": run} if run else {}))
    with pytest.raises(TypeError, match=message):
        wrong.contract()


def test_the_checker_says_so_too_instead_of_failing() -> None:
    wrong = types.new_class("Wrong", (Node,), {}, lambda body: body.update(run=unknown_type))
    with pytest.raises(sg.FlowError, match=r"contract at wrong: Wrong.run names a type"):
        sg.Flow(wrong() >> Tell()).check()


def test_pointing_a_parameter_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(TypeError, match=r"tell.using does not know \['note'\]: the node reads \['notes'\]"):
        Tell().using(note=S.notes)


def test_sending_a_write_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(TypeError, match=r"jot.into does not know \['note'\]: the node writes \['notes'\]"):
        Jot().into(note="lines")


# --- using, into, limits ------------------------------------------------------------------------------------------


def test_using_points_a_parameter_at_an_expression_or_a_channel_by_name() -> None:
    class Repeat(sg.Node):
        async def run(self, text: str) -> Notes:
            return Notes(notes=(text,))

    result = ran(Repeat().using(text="question") >> Repeat().using(text=S.notes[0] + "!") >> Tell())
    assert result.answer.text == "why? why?!"


def test_using_leaves_the_node_itself_as_it_was() -> None:
    node = Tell()
    node.using(notes=S.lines)
    assert node.reading == {}


def test_into_sends_a_write_to_another_channel_under_the_same_merge_rule() -> None:
    result = ran(Jot("a").into(notes="lines") >> Jot("b").into(notes="lines") >> Tell().using(notes=S.lines))
    assert (result["lines"], "notes" in result.values) == (("a", "b"), False)


def test_or_else_reads_the_other_channel_only_where_its_own_is_unwritten() -> None:
    class Either(sg.Node):
        async def run(self, first: Annotated[tuple[str, ...], sg.OrElse("notes")]) -> Said:
            return Said(answer=sg.Answer(text=",".join(first)))

    jots = Jot("other") >> Either()
    assert ran(jots).answer.text == "other"
    assert ran(Jot("own").into(notes="first") >> jots.named("rest")).answer.text == "own"


def test_a_list_parameter_gets_a_list_of_its_own_so_that_what_it_read_stays_as_it_was() -> None:
    class Careless(sg.Node):
        async def run(self, notes: list[str]) -> Notes:
            notes.append("mine")
            return Notes(notes=(str(len(notes)),))

    assert ran(Jot("a") >> Careless() >> Careless() >> Tell())["notes"] == ("a", "2", "3")


def test_a_text_is_made_a_query_where_a_node_asks_for_one() -> None:
    class AsQuery(sg.Node):
        async def run(self, question: Query, several: tuple[Query, ...]) -> Notes:
            return Notes(notes=(question.text, *(each.text for each in several)))

    result = bound(AsQuery() >> Tell(), inputs={"question": str, "several": tuple[str, ...]})(question="q", several=("a", "b"))
    assert result["notes"] == ("q", "a", "b")


def test_only_the_items_of_a_tuple_of_one_kind_are_made() -> None:
    class Pair(sg.Node):
        async def run(self, pair: tuple[Query, int]) -> Notes:
            return Notes(notes=(repr(pair),))

    result = bound(Pair() >> Tell(), inputs={"pair": tuple[Query, int]})(pair=("q", 1))
    assert errors(result) == {}


def test_a_mandatory_write_may_be_none_and_an_optional_one_then_stays_unwritten() -> None:
    class Maybe(sg.Writes):
        always: str | None
        sometimes: str | None = None

    class Nothing(sg.Node):
        async def run(self) -> Maybe:
            return Maybe(always=None)

    class Look(sg.Node):
        async def run(self, always: str | None, sometimes: str = "unwritten") -> Notes:
            return Notes(notes=(f"{always} {sometimes}",))

    assert ran(Nothing() >> Look() >> Tell()).answer.text == "None unwritten"


def test_limits_are_kept_and_default_to_none() -> None:
    assert (Jot().limit, Jot().limits(timeout=2, retries=1).limit) == (Limits(), Limits(2, 1, 0.1))


# --- resources ----------------------------------------------------------------------------------------------------


class AskOne(sg.Node):
    service: str = "first"

    async def run(self, service: Service) -> Notes:
        return Notes(notes=((await service.ask("x")).text,))


def test_the_field_of_a_resource_names_it_in_bind() -> None:
    first, second = Metered(), Metered()
    ran(AskOne(service="second") >> Tell(), second=second)
    assert (first.asked, second.asked) == ([], ["x"])


def test_a_choice_of_resources_uses_the_chosen_one() -> None:
    first, second = Metered(), Metered()
    flow = bound(AskOne(service=sg.Choice("first", "second")) >> Tell(), first=first, second=second)
    flow.with_params({"askone.service": "second"})(question="q")
    assert (first.asked, second.asked) == ([], ["x"])


def test_an_optional_resource_that_is_not_bound_is_none() -> None:
    class AskMaybe(sg.Node):
        async def run(self, service: Service | None) -> Notes:
            return Notes(notes=(repr(service),))

    assert ran(AskMaybe() >> Tell()).answer.text == "None"


def test_an_abstract_collection_type_is_read_as_it_is_kept() -> None:
    class Looks(sg.Node):
        async def run(self, notes: Sequence[str]) -> Said:
            return Said(answer=sg.Answer(text=type(notes).__name__))

    assert ran(Jot() >> Looks()).answer.text == "tuple"


# --- visits -------------------------------------------------------------------------------------------------------


class Roll(sg.Node):
    async def run(self, visit: sg.Visit) -> Notes:
        return Notes(notes=(f"{visit.id} {visit.round} {visit.rng.random()}",))


def rolled(seed: int) -> tuple[str, ...]:
    body = sg.loop(Roll(), until=S.round >= 2, max_rounds=2) >> Roll().named("last") >> Tell()
    return bound(body)(question="q", seed=seed)["notes"]


def test_a_visit_knows_its_step_and_round() -> None:
    assert [note.split()[:2] for note in rolled(0)] == [["roll@1", "1"], ["roll@2", "2"], ["last", "0"]]


def test_each_visit_has_a_seed_of_its_own_that_the_seed_of_the_run_decides() -> None:
    assert rolled(0) == rolled(0) != rolled(1)
    assert len({note.split()[2] for note in rolled(0)}) == 3


def test_a_node_that_writes_one_channel_twice_is_refused() -> None:
    class Both(sg.Writes):
        first: str
        second: str

    class Two(sg.Node):
        async def run(self) -> Both: ...

    assert Two().into(first="second", second="first").writing == {"first": "second", "second": "first"}
    with pytest.raises(TypeError, match=r"two.into sends two writes to \['second'\]"):
        Two().into(first="second")


def test_the_repr_of_a_node_reads_as_it_was_written() -> None:
    assert repr(Jot("a", error="b").named("n")) == "Jot(text='a', delay=0.0, error='b').named('n')"
