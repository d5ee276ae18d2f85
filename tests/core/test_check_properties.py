"""The checker refuses a flow exactly when there is a way through it that reads an unwritten channel or ends without its output.

The oracle knows nothing of the checker: it follows every path of a flow, with every branch, every option of a choice, one to
three rounds, none to two items, and every write that a node may leave out both made and left out.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from itertools import combinations, product
from typing import Annotated, Any, NamedTuple

import hypothesis.strategies as st
from amounts import examples
from hypothesis import HealthCheck, given, settings
from pydantic import create_model

from seekgraph.core.check import check
from seekgraph.core.language.combinators import (
    Call,
    Each,
    Fan,
    Loop,
    Pick,
    Redo,
    Route,
    Seq,
    best_of,
    call,
    each,
    fan,
    loop,
    redo,
    route,
)
from seekgraph.core.language.element import Element
from seekgraph.core.language.expr import Apply, Channel, Expr, S, count, otherwise, when
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node, OrElse, Writes
from seekgraph.core.language.params import Choice
from seekgraph.core.record.ledger import Merge

TYPES: dict[str, Any] = {
    "a": int,
    "b": int,
    "c": Annotated[tuple[int, ...], Merge.APPEND],
    "d": Annotated[tuple[int, ...], Merge.UNION],
    "e": int,
}
CHANNELS = tuple(TYPES)
COLLECTIONS = ("c", "d")

Written = frozenset[str]

# --- nodes ---------------------------------------------------------------------------------------------------------


@cache
def scripted(reads: tuple[tuple[str, bool, str | None], ...], writes: tuple[tuple[str, bool], ...]) -> type[Node]:
    """A kind of node that reads (channel, required, or else) and writes (channel, always)."""

    async def run(self: Any, **values: Any) -> Any:
        raise NotImplementedError

    fields: dict[str, Any] = {name: (TYPES[name], ...) if always else (TYPES[name] | None, None) for name, always in writes}
    annotations = {name: Any if other is None else Annotated[Any, OrElse(other)] for name, _, other in reads}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=inspect.Parameter.empty if required else None)
        for name, required, _ in reads
    ]
    self_parameter = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = inspect.Signature([self_parameter, *parameters])  # type: ignore[attr-defined]
    run.__annotations__ = {**annotations, "return": create_model("Wrote", __base__=Writes, **fields)}
    return type("Scripted", (Node,), {"run": run})


# --- the oracle ----------------------------------------------------------------------------------------------------


class UnwrittenRead(Exception):
    """A way reads what nothing has written."""


def has_value(expr: Expr, written: Written) -> bool:
    if isinstance(expr, Channel):
        return expr._name in written
    parts = [has_value(part, written) for part in expr._parts()]
    return any(parts) if isinstance(expr, Apply) and expr._operation == "otherwise" else all(parts)


def demand(expr: Expr, written: Written) -> None:
    if not has_value(expr, written):
        raise UnwrittenRead(str(expr))


def subsets(names: Iterable[str]) -> list[frozenset[str]]:
    several = sorted(names)
    return [frozenset(some) for size in range(len(several) + 1) for some in combinations(several, size)]


def appended(element: Element) -> set[str]:
    """The collections that an element's nodes append to, a call seen from outside."""
    if isinstance(element, Node):
        names = {element.writing.get(spec.channel.name, spec.channel.name) for spec in element.contract().writes}
        return names & set(COLLECTIONS)
    if isinstance(element, Call):
        return {"digests"}
    return set().union(*map(appended, inside(element)))


def inside(element: Any) -> list[Element]:
    if isinstance(element, Seq | Fan):
        return list(element.parts)
    if isinstance(element, Route):
        return [branch for _, branch in element.branches]
    if isinstance(element, Pick):
        return [option for _, option in element.options]
    return [element.body]


def visit(node: Node, written: Written) -> set[Written]:
    contract = node.contract()
    for spec in contract.reads:
        expr = node.reading.get(spec.parameter)
        if spec.required and expr is not None:
            demand(expr, written)
        if spec.required and expr is None and not {spec.parameter, spec.or_else} & written:
            raise UnwrittenRead(spec.parameter)
    target = {spec.channel.name: node.writing.get(spec.channel.name, spec.channel.name) for spec in contract.writes}
    always = {target[spec.channel.name] for spec in contract.writes if spec.always}
    maybe = {target[spec.channel.name] for spec in contract.writes if not spec.always}
    return {written | always | some for some in subsets(maybe)}


def all_ways(element: Any, written: Written) -> set[Written]:
    """What may be written after an element that starts from `written`, over all ways; raises `UnwrittenRead`."""
    if isinstance(element, Node):
        return visit(element, written)
    if isinstance(element, Seq):
        states = {written}
        for part in element.parts:
            states = {after for state in states for after in all_ways(part, state)}
        return states
    if isinstance(element, Fan):
        return {frozenset().union(*ends) for ends in product(*(all_ways(part, written) for part in element.parts))}
    if isinstance(element, Each):
        return ways_of_each(element, written)
    if isinstance(element, Loop):
        ends: set[Written] = set()
        states = {written}
        for _ in range(3):
            states = {after for state in states for after in all_ways(element.body, state | {"round"})}
            for state in states:
                demand(element.until, state)
            ends |= states
        return {end if "round" in written else end - {"round"} for end in ends}
    if isinstance(element, Redo):
        all_ways(element.body, written | {element.channel})  # a further attempt, which writes no less
        return all_ways(element.body, written)
    if isinstance(element, Call):
        given = written - {"round"}  # a loop's own: a call is given it only by name
        for _, expr in element.give or ():
            demand(expr, written)
        if element.give is not None:
            given = frozenset(name for name, _ in element.give)
        all_ways(element.body, given)
        return {written | {"digests"}}
    if isinstance(element, Route):
        demand(element.policy, written)
    return {after for branch in inside(element) for after in all_ways(branch, written)}


def ways_of_each(element: Each, written: Written) -> set[Written]:
    demand(element.items, written)
    none = written | appended(element.body)
    one = all_ways(element.body, written | {element.item})
    waited = {after for before in one for after in all_ways(element.body, before | {element.item})}  # it needed the first
    hidden = frozenset() if element.item in written else frozenset({element.item})
    return {
        none,
        *((none | end) - hidden for end in one),
        *((none | end | other) - hidden for end in one for other in one | waited),
    }


def refuses(flow: Flow) -> bool:
    required = frozenset(name for name, kind in flow.inputs.items() if kind is int)
    try:
        starts = [required | some for some in subsets(set(flow.inputs) - required)]
        return any(flow.output not in end for start in starts for end in all_ways(flow.body, start))
    except UnwrittenRead:
        return True


def unmarked(*_: object) -> Any:
    """A reward for flows that are never run."""
    raise NotImplementedError


# --- strategies ----------------------------------------------------------------------------------------------------
# Reads are mostly drawn from what is written before them on every path, sometimes from what is written on some way, and seldom
# from all channels: so about a third of the flows are well, and most others are nearly so.


class Have(NamedTuple):
    """What is written before a place: on every path, and on some way (by the oracle)."""

    sure: Written
    maybe: Written

    def plus(self, *names: str) -> Have:
        return Have(self.sure.union(names), self.maybe.union(names))

    def after(self, element: Element) -> Have:
        try:
            ends = all_ways(element, self.sure)
        except UnwrittenRead:
            return self
        return Have(frozenset.intersection(*ends), self.maybe.union(*ends))


def name_among(draw: st.DrawFn, have: Have) -> str:
    luck = draw(st.integers(0, 39))
    pool = (*CHANNELS, "round", "goal") if luck == 0 else sorted(have.maybe if luck <= 3 else have.sure)
    return draw(st.sampled_from(pool or CHANNELS))


@st.composite
def exprs(draw: st.DrawFn, have: Have, depth: int = 2) -> Expr:
    kinds = ("compare", "count", "and", "or", "not", "when", "otherwise", "sum", "channel", "channel")
    kind = draw(st.sampled_from(kinds)) if depth else "channel"
    part = lambda names=have: draw(exprs(names, depth - 1))  # noqa: E731
    if kind == "channel":
        return S[name_among(draw, have)]
    if kind == "compare":
        return part() >= 1
    if kind == "count":
        return count(part())
    if kind == "not":
        return ~part()
    if kind == "when":
        return when(part(), part(), part())
    if kind == "otherwise":
        first = part(have.plus(*CHANNELS))
        return otherwise(first, draw(st.just(0) | exprs(have, depth - 1)))
    return {"and": part() & part(), "or": part() | part(), "sum": part() + part()}[kind]


@st.composite
def nodes(draw: st.DrawFn, have: Have) -> Element:
    names = list(dict.fromkeys(name_among(draw, have) for _ in range(draw(st.integers(0, 2)))))
    reads = []
    for name in names:
        kind = draw(st.sampled_from(("required", "required", "optional", "own or else", "or else")))
        if kind == "optional":
            reads.append((draw(st.sampled_from(CHANNELS)), False, None))
        elif kind == "or else":
            reads.append((draw(st.sampled_from(CHANNELS)), True, name))
        else:
            reads.append((name, True, draw(st.sampled_from(CHANNELS)) if kind == "own or else" else None))
    reads = list({name: (name, *rest) for name, *rest in reads}.values())
    written = draw(st.lists(st.sampled_from(CHANNELS), unique=True, max_size=3))
    node = scripted(tuple(reads), tuple((name, draw(st.integers(0, 2)) > 0) for name in written))()
    if reads and draw(st.integers(0, 3)) == 0:
        node = node.using(**{reads[0][0]: draw(exprs(have))})
    if written and draw(st.integers(0, 4)) == 0:
        into = draw(st.sampled_from(COLLECTIONS if written[0] in COLLECTIONS else ("a", "b", "e")))
        if into not in written:
            node = node.into(**{written[0]: into})
    return node


@st.composite
def elements(draw: st.DrawFn, depth: int, have: Have) -> Element:
    kinds = ("node", "node", "seq", "seq", "fan", "each", "loop", "route", "route", "call", "pick", "skip", "redo", "best")
    kind = draw(st.sampled_from(kinds)) if depth else "node"
    part = lambda names=have: draw(elements(depth - 1, names))  # noqa: E731
    several = lambda least, most: [part() for _ in range(draw(st.integers(least, most)))]  # noqa: E731
    if kind == "node":
        return draw(nodes(have))
    if kind == "skip":
        return Seq()
    if kind == "seq":
        return draw(sequences(depth - 1, have, 4))
    if kind == "redo":
        channel = draw(st.sampled_from(("critique", "e")))
        return redo(part(have._replace(maybe=have.maybe | {channel})), unmarked, 0.5, channel=channel)
    if kind == "best":
        return best_of(2, part(), unmarked)
    if kind == "fan":
        return fan(*several(1, 3))
    if kind == "each":
        item = draw(st.sampled_from(("goal", "e")))
        return each(draw(exprs(have, 1)), part(have.plus(item)), item=item)
    if kind == "loop":
        body = part(have.plus("round"))
        return loop(body, until=draw(exprs(have.plus("round").after(body), 1)), max_rounds=3)
    if kind == "route":
        default = draw(st.sampled_from((None, "0")))
        return route(draw(exprs(have, 1)), {str(number): branch for number, branch in enumerate(several(1, 3))}, default=default)
    if kind == "pick":
        return Pick(Choice(*[option.named(f"option{number}") for number, option in enumerate(several(2, 3))]))
    if draw(st.booleans()):
        return call(part(Have(have.sure - {"round"}, have.maybe - {"round"})))
    give = draw(st.dictionaries(st.sampled_from(CHANNELS), exprs(have, 1), max_size=3))
    return call(part(Have(frozenset(give), frozenset(give))), give=give)


@st.composite
def sequences(draw: st.DrawFn, depth: int, have: Have, most: int) -> Seq:
    parts: list[Element] = []
    for _ in range(draw(st.integers(1, most))):
        parts.append(draw(elements(depth, have)))
        have = have.after(parts[-1])
    return Seq(tuple(parts))


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    names = draw(st.lists(st.sampled_from(CHANNELS), unique=True, max_size=3))
    inputs = {name: int | None if draw(st.integers(0, 2)) == 0 else int for name in names}
    have = Have(frozenset(name for name, kind in inputs.items() if kind is int), frozenset(inputs))
    body = draw(sequences(3, have, 4))
    return Flow(body, inputs=inputs, output=name_among(draw, have.after(body)))


# --- properties ----------------------------------------------------------------------------------------------------

many = settings(max_examples=examples(150, 50), deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(flows())
def test_a_flow_is_refused_exactly_when_a_way_reads_the_unwritten_or_ends_without_output(flow: Flow) -> None:
    found = [finding for finding in check(flow) if finding.code in ("unwritten-read", "no-answer")]
    assert bool(found) == refuses(flow), "\n".join(map(str, found)) or "nothing found"


@many
@given(flows())
def test_findings_are_the_same_each_time_and_stand_in_the_order_of_the_flow(flow: Flow) -> None:
    found = check(flow)
    assert found == check(flow)
    order = list(flow.sites)
    places = [order.index(finding.path) for finding in found if finding.code != "no-answer"]
    assert places == sorted(places)


@many
@given(flows())
def test_every_finding_names_a_place_a_way_and_a_mend(flow: Flow) -> None:
    for finding in check(flow):
        assert finding.path in flow.sites
        assert finding.message
        assert finding.hint
        assert all(step.partition("[")[0] in flow.sites for step in finding.steps)
        assert finding.hint in str(finding)
