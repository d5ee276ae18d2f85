"""Random flows that run: every combinator, nodes that fail, and a log of what each node was really given.

What a node writes depends on what it read and on nothing else, so a wrong read anywhere shows in all that follows.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from functools import cache
from hashlib import blake2b
from typing import Annotated, Any, NamedTuple

import hypothesis.strategies as st
from pydantic import create_model

import seekgraph as sg
from seekgraph import S, count, otherwise, when
from seekgraph.core.language.combinators import Pick, Seq, best_of, call, each, fan, loop, redo, route
from seekgraph.core.language.element import Element
from seekgraph.core.language.expr import Expr
from seekgraph.core.language.node import Node, Visit, Writes
from seekgraph.core.record.step import Step
from seekgraph.flow import Bound
from seekgraph.types import Answer, Goal, Value

SCORE = 100


class Item(Value):
    id: str
    size: float


TYPES: dict[str, Any] = {
    "a": int,
    "b": int,
    "c": Annotated[tuple[int, ...], sg.Merge.APPEND],
    "d": Annotated[tuple[Item, ...], sg.Merge.UNION],
}
READS: dict[str, Any] = {**TYPES, "goal": Any, "round": int, "question": str, "digests": tuple[Any, ...], "critique": str}

# --- nodes ----------------------------------------------------------------------------------------------------------


class Log:
    """What the nodes of a run were given, and how fast they are: up to `pace` seconds, as chance has it."""

    pace = 0.0
    given: list[tuple[str, dict[str, Any]]] = []

    @classmethod
    def begin(cls, pace: float) -> None:
        cls.pace, cls.given = pace, []


async def work(number: int, visit: Visit | None, values: dict[str, Any]) -> int:
    """Log the visit, take some time, and come to a score that depends on what was read."""
    Log.given.append((visit.id if visit else "", values))
    for _ in range(random.choice((0, 1, 2)) if Log.pace else 0):
        await asyncio.sleep(random.random() * Log.pace)
    said = repr((number, visit and visit.seed, sorted(values.items())))
    score = int.from_bytes(blake2b(said.encode(), digest_size=4).digest()) % SCORE
    return score


@cache
def worker(reads: tuple[tuple[str, bool], ...], writes: tuple[tuple[str, bool], ...], seeded: bool) -> type[Node]:
    """A kind of node that reads (channel, required), writes (channel, always), and may ask for its visit."""
    fields: dict[str, Any] = {name: (TYPES[name], ...) if always else (TYPES[name] | None, None) for name, always in writes}
    wrote = create_model("Wrote", __base__=Writes, **fields)

    async def run(self: Any, visit: Visit | None = None, **values: Any) -> Any:
        score = await work(self.number, visit, values)
        if self.fails:
            raise RuntimeError(f"worker {self.number} fails with {score}")
        item = Item(id=f"i{score % 3}", size=score / 7)
        made = {"a": score, "b": self.number, "c": (score, self.number), "d": (item, Item(id="i9", size=float("inf")))}
        return wrote(**{name: made[name] for name, always in writes if always or score % 2})

    self_, *rest = inspect.signature(run).parameters.values()
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=inspect.Parameter.empty if required else None)
        for name, required in reads
    ]
    run.__signature__ = inspect.Signature([self_, *(rest[:1] if seeded else ()), *parameters])  # type: ignore[attr-defined]
    run.__annotations__ = {**{name: READS[name] for name, _ in reads}, "visit": Visit, "number": int, "return": wrote}
    body = {"run": run, "__annotations__": {"number": int, "fails": bool}, "fails": False, "__module__": __name__}
    return type(f"Worker{abs(hash((reads, writes, seeded)))}", (Node,), {**body, "kind": "worker"})


class Ended(Writes):
    answer: Answer


class End(Node):
    """Answers with a number that everything before has a part in."""

    async def run(
        self,
        visit: Visit,
        a: int | None = None,
        b: int | None = None,
        c: tuple[int, ...] = (),
        d: tuple[Item, ...] = (),
        digests: tuple[Any, ...] = (),
    ) -> Ended:
        values = {"a": a, "b": b, "c": c, "d": d, "digests": digests}
        score = await work(0, visit, {name: value for name, value in values.items() if value not in (None, ())})
        return Ended(answer=Answer(text=str(score), confidence=score / SCORE))


class Mark(NamedTuple):
    value: float | None
    feedback: str


def mark(step: Step, trace: sg.Trace, example: Any = None) -> Mark:
    """Marks what writes `a`, by what it read as the trace has it; some of it not at all."""
    if step.error is not None or step.kind != "node" or "a" not in step.writes:
        return Mark(None, "")
    said = repr((step.writes["a"], sorted(trace.inputs(step).items()), len(trace)))
    share = int.from_bytes(blake2b(said.encode(), digest_size=4).digest()) % 12 / 10
    if share > 1:
        raise ValueError(f"no mark for {step.writes['a']}")
    return Mark(None if share == 1 else share, f"it is {share:.1f}" if share > 0.3 else "")


# --- strategies -----------------------------------------------------------------------------------------------------

rarely = st.sampled_from([False] * 15 + [True])
channels = st.sampled_from(sorted(TYPES))
numbers = st.integers(1, 3)


def known(name: str) -> Expr:
    """A number for a channel, whatever there is."""
    return otherwise(S[name], 0) if name in ("a", "b") else count(otherwise(S[name], ()))


@st.composite
def conditions(draw: st.DrawFn) -> Expr:
    first = known(draw(channels)) >= draw(st.integers(0, SCORE) | st.just(sg.Int(3, 0, SCORE)))
    kind = draw(st.sampled_from(("plain", "plain", "and", "or", "not", "careless")))
    if kind == "plain":
        return first
    if kind == "not":
        return ~first
    if kind == "careless" and draw(rarely):  # fails where nothing has written the channel
        return S[draw(channels)] != 0
    second = known(draw(channels)) != known(draw(channels))
    return first & second if kind == "and" else first | second


@st.composite
def workers(draw: st.DrawFn) -> Element:
    reads = {name: draw(rarely) for name in draw(st.lists(st.sampled_from(sorted(READS)), max_size=4, unique=True))}
    writes = {name: draw(st.integers(0, 3)) > 0 for name in draw(st.lists(channels, max_size=2, unique=True))}
    kind = worker(tuple(reads.items()), tuple(writes.items()), draw(st.integers(0, 3)) > 0)
    number = draw(numbers | st.just(sg.Int(2, 1, 3)))
    node = kind(number=number, fails=draw(rarely))  # type: ignore[call-arg]
    if "a" in reads and draw(st.booleans()):
        node = node.using(a=known(draw(channels)) + draw(numbers))
    return node


@st.composite
def elements(draw: st.DrawFn, depth: int) -> Element:
    kinds = (
        "worker",
        "worker",
        "seq",
        "seq",
        "fan",
        "fan",
        "each",
        "each",
        "loop",
        "route",
        "call",
        "pick",
        "skip",
        "redo",
        "best",
    )
    kind = draw(st.sampled_from(kinds)) if depth else "worker"
    part = lambda: draw(elements(draw(st.integers(0, depth - 1)) if depth > 1 else 0))  # noqa: E731
    several = lambda least, most: [part() for _ in range(draw(st.integers(least, most)))]  # noqa: E731
    if kind == "worker":
        return draw(workers())
    if kind == "skip":
        return Seq()
    if kind == "seq":
        return Seq(tuple(several(2, 4)))
    if kind == "fan":
        return fan(*several(2, 3))
    if kind == "each":
        items = draw(st.sampled_from((S.goals, otherwise(S.goals, ()), otherwise(S.goals, ()), otherwise(S.c, ()))))
        return each(items, part(), item=draw(st.sampled_from(("goal", "a"))) if str(items) == "otherwise(S.c, ())" else "goal")
    if kind == "loop":
        until = draw(conditions() | st.builds(lambda n: S.round >= n, numbers))
        return loop(part(), until=until, max_rounds=draw(st.sampled_from((1, 2, 2, sg.Int(2, 1, 3)))))
    if kind == "route":
        policy = draw(st.sampled_from((when(draw(conditions()), "0", "1"), S.question)))
        branches = {str(number): branch for number, branch in enumerate(several(1, 2))}
        return route(policy, branches, default=None if draw(rarely) else "0")
    if kind == "redo":
        below = draw(st.sampled_from((0.3, 0.6, 1.0, sg.Float(0.6, 0, 1))))
        return redo(part(), mark, below, draw(st.sampled_from((1, 2, 3, sg.Int(2, 1, 3)))))
    if kind == "best":
        return best_of(draw(st.sampled_from((1, 2, 3, sg.Int(2, 1, 3)))), part(), mark)
    if kind == "pick":
        return Pick(sg.Choice(*[option.named(f"option{number}") for number, option in enumerate(several(2, 2))]))
    body = part() >> End() if draw(st.booleans()) else part()
    gifts = {"a": known(draw(channels)), "b": known(draw(channels)), "c": otherwise(S.c, ()), "d": otherwise(S.d, ())}
    give = {name: gifts[name] for name in draw(st.lists(channels, max_size=2, unique=True))} if draw(st.booleans()) else None
    return call(body, give=give)


@st.composite
def goals(draw: st.DrawFn) -> tuple[Goal, ...]:
    """Up to three goals in any order, some of which need others."""
    size = draw(st.sampled_from((0, 1, 2, 3, 3)))
    needs = [draw(st.sets(st.integers(0, number - 1))) if number else set() for number in range(size)]
    made = [Goal(id=f"g{n}", text=f"text {n}", needs=tuple(f"g{m}" for m in sorted(needs[n]))) for n in range(size)]
    return tuple(draw(st.permutations(made)))


INPUTS = {"question": str, "goals": tuple[Goal, ...] | None}


@st.composite
def flows(draw: st.DrawFn) -> sg.Flow:
    parts = [draw(elements(draw(st.integers(1, 4)))) for _ in range(draw(st.integers(2, 4)))]
    return sg.Flow(Seq((*parts, End().named("end"))), name="random", inputs=INPUTS)


questions = {"question": st.sampled_from(["0", "1", "q\u2028\x85"])}
inputs = st.fixed_dictionaries({**questions, "goals": goals()}) | st.fixed_dictionaries(questions)


def bound(flow: sg.Flow, **options: Any) -> Bound:
    """A random flow, whether the checker would let it pass or not."""
    return Bound(flow, {}, checked=True, **options)
