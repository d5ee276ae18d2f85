"""Budgets are hard: what a call may cost at most is reserved before it starts, so that no cap is passed, whatever runs beside."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import seekgraph as sg
from seekgraph import S
from seekgraph.core.base.budget import UNKNOWN, AtMost, Usage
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.metering import StepTally
from seekgraph.core.language.lm import LM, Message, Rejected
from seekgraph.core.language.ports import Retriever
from seekgraph.core.record.ledger import Merge
from seekgraph.lms import Price, Scripted, openai, openai_compatible
from seekgraph.lms.prices import at_most
from seekgraph.lms.structured import Counting
from seekgraph.types import Answer, Goal, Passage, Query

N = 16


class Said(sg.Writes):
    notes: Annotated[tuple[str, ...], Merge.APPEND] = ()


class Goals(sg.Writes):
    goals: tuple[Goal, ...]


class Aim(sg.Node):
    async def run(self, question: str) -> Goals:
        return Goals(goals=tuple(Goal(id=f"g{n}", text=f"goal {n}") for n in range(N)))


class Think(sg.Node):
    async def run(self, goal: Goal, lm: LM) -> Said:
        done = await lm.complete([Message(role="user", content=goal.text)], Answer)
        return Said(notes=(f"{goal.id}: {done.text}",))


class Answered(sg.Writes):
    answer: Answer


class Conclude(sg.Node):
    async def run(self, notes: tuple[str, ...] = ()) -> Answered:
        return Answered(answer=Answer(text=f"{len(notes)}"))


FLOW = sg.Flow(Aim() >> sg.each(S.goals, Think()) >> Conclude(), name="sixteen")
DOLLAR = Price(1e6 / 3, 1e6 / 3)
"""A call of two words in the prompt and one in the reply costs one dollar."""


def asked(budget: sg.Budget, price: Price = DOLLAR, concurrency: int = N) -> tuple[Any, Scripted]:
    lm = Scripted(lambda asked: '{"text":"x"}', price=price, delay=0.002)
    return FLOW.bind(lm=lm, budget=budget, concurrency=concurrency)(question="q"), lm


@pytest.mark.parametrize("usd", [0.0, 0.6, 1.0, 2.5, 15.999])
def test_sixteen_calls_of_a_dollar_at_once_never_spend_more_than_the_budget(usd: float) -> None:
    result, lm = asked(sg.Budget(usd=usd))
    assert len(lm.asked) == int(usd)
    assert result.trace.usage().usd <= usd
    assert (result.status, result.answer.text) == ("partial", str(int(usd)))


def test_sixteen_calls_of_a_thousand_tokens_at_once_do_not_start_under_a_budget_of_600() -> None:
    lm = Scripted(lambda asked: '{"text":"' + "x " * 997 + 'x"}', delay=0.002)
    result = FLOW.bind(lm=lm, budget=sg.Budget(tokens=600))(question="q")
    assert (result.status, result.trace.usage().tokens, len(lm.asked)) == ("partial", 0, 0)


def test_a_budget_that_is_just_enough_is_no_limit_at_any_concurrency() -> None:
    for concurrency in (1, 3, N):
        result, lm = asked(sg.Budget(usd=N + 0.5, tokens=3 * N + 1), concurrency=concurrency)
        assert (result.status, len(lm.asked)) == ("ok", N)


@given(
    usd=st.floats(0, 20),
    tokens=st.integers(0, 70),
    cents=st.integers(0, 300),
    concurrency=st.integers(1, N),
)
def test_no_run_spends_more_than_its_caps(usd: float, tokens: int, cents: int, concurrency: int) -> None:
    result, lm = asked(sg.Budget(usd=usd, tokens=tokens), Price(cents * 1e4 / 3, cents * 1e4 / 3), concurrency)
    spent = result.trace.usage()
    assert spent.usd <= usd * (1 + 1e-9)
    assert spent.tokens <= tokens
    assert result.status == "partial" or len(lm.asked) == N


calls = st.lists(
    st.tuples(st.integers(0, 50), st.floats(0, 1), st.floats(0, 3), st.sampled_from(["spend", "lose", "withdraw", "raise"])),
    max_size=30,
)


@given(calls=calls, caps=st.lists(st.tuples(st.integers(0, 200), st.floats(0, 8)), min_size=1, max_size=3))
def test_meters_in_a_chain_hold_all_their_caps_whatever_calls_do_at_once(calls: list[Any], caps: list[Any]) -> None:
    meter: Meter | None = None
    chain: list[Meter] = []
    for tokens, usd in caps:
        meter = Meter(sg.Budget(tokens=tokens, usd=usd), meter)
        chain.append(meter)
    refused = []

    async def one(tokens: int, share: float, usd: float, end: str) -> None:
        tally = StepTally("calls", chain[-1], Usage())
        try:
            with await tally.begin(AtMost(tokens, usd)) as attempt:
                await asyncio.sleep(0)
                if end == "spend":
                    attempt.spend(Usage(tokens_in=int(tokens * share), usd=usd * share))
                elif end == "withdraw":
                    attempt.withdraw()
                elif end == "raise":
                    raise RuntimeError
        except BudgetExceeded:
            refused.append((tokens, usd))
        except RuntimeError:
            pass

    async def all_at_once() -> None:
        await asyncio.gather(*(one(*call) for call in calls))

    asyncio.run(all_at_once())
    for each in chain:
        assert each.used.tokens <= each.budget.tokens  # type: ignore[operator]
        assert each.used.usd <= each.budget.usd * (1 + 1e-9)  # type: ignore[operator]
        assert each._flying.tokens == 0
        assert not each._waiting or all(waiter.cancelled() for waiter in each._waiting)


def test_what_a_call_used_that_ended_without_saying_so_stays_reserved() -> None:
    meter = Meter(sg.Budget(usd=1.0))
    meter.reserve("calls", AtMost(10, 0.7)).lose()
    with pytest.raises(BudgetExceeded, match=r"0\.3 US dollars of 1 US dollars are left: a call that may take 0\.5 US dollars"):
        meter.reserve("calls", AtMost(10, 0.5))
    assert (meter.used.usd, meter.used.calls) == (0.0, 1)
    meter.reserve("calls", AtMost(10, 0.3)).spend(Usage(usd=0.1))


def test_a_call_of_unknown_cost_is_made_alone_under_a_cap() -> None:
    flying, most = 0, 0

    async def one(meter: Meter) -> None:
        nonlocal flying, most
        with await StepTally("calls", meter, Usage()).begin(UNKNOWN) as attempt:
            flying += 1
            most = max(most, flying)
            await asyncio.sleep(0.001)
            flying -= 1
            attempt.spend(Usage(usd=0.1))

    async def five(budget: sg.Budget | None) -> int:
        nonlocal most
        most = 0
        meter = Meter(budget)
        await asyncio.gather(*(one(meter) for _ in range(5)))
        return most

    assert asyncio.run(five(sg.Budget(usd=1.0))) == 1
    assert asyncio.run(five(sg.Budget(calls=9))) == 5


class Paid:
    """A search engine of which each search costs half a dollar, and that says so."""

    identity = "paid"

    def __init__(self, bounded: bool) -> None:
        self.asked = 0
        if bounded:
            self.at_most = lambda method: AtMost(0, 0.5 if method == "search" else 0.0)

    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        self.asked += 1
        await asyncio.sleep(0.002)
        return Costly([Passage(id=query.text, text=query.text)])


class Costly(list[Passage]):
    usage = Usage(usd=0.5)


class Found(sg.Writes):
    notes: Annotated[tuple[str, ...], Merge.APPEND]


class Look(sg.Node):
    async def run(self, goal: Goal, corpus: Retriever) -> Found:
        return Found(notes=tuple(each.id for each in await corpus.search(Query(text=goal.text), 1)))


@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("usd", [0.5, 1.2, 3.0])
def test_searches_that_cost_money_never_go_past_the_budget_either(bounded: bool, usd: float) -> None:
    engine = Paid(bounded)
    flow = sg.Flow(Aim() >> sg.each(S.goals, Look()) >> Conclude(), name="looking")
    result = flow.bind(corpus=engine, budget=sg.Budget(usd=usd))(question="q")
    assert (result.status, engine.asked) == ("partial", int(usd / 0.5))
    assert result.trace.usage().usd <= usd


class Wayward:
    """A search engine that costs something else each time, and says so only afterwards."""

    identity = "wayward"

    def __init__(self, costs: list[float]) -> None:
        self.costs, self.asked, self.flying, self.most = costs, 0, 0, 0

    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        cost = self.costs[self.asked % len(self.costs)]
        self.asked += 1
        self.flying += 1
        self.most = max(self.most, self.flying)
        await asyncio.sleep(0)
        self.flying -= 1
        found = Costly([Passage(id=query.text, text=query.text)])
        found.usage = Usage(usd=cost)
        return found


@given(costs=st.lists(st.floats(0.01, 2), min_size=1, max_size=6), usd=st.floats(0, 6), concurrency=st.integers(1, N))
@example(costs=[1.0], usd=0.0, concurrency=2)
@settings(max_examples=40, deadline=None)
def test_of_calls_that_do_not_say_what_they_may_cost_only_the_last_can_go_past_a_cap(
    costs: list[float], usd: float, concurrency: int
) -> None:
    engine = Wayward(costs)
    flow = sg.Flow(Aim() >> sg.each(S.goals, Look()) >> Conclude(), name="looking")
    result = flow.bind(corpus=engine, budget=sg.Budget(usd=usd), concurrency=concurrency)(question="q")
    made = [costs[number % len(costs)] for number in range(engine.asked)]
    assert engine.most <= 1
    assert sum(made[:-1]) <= usd
    assert result.trace.usage().usd == pytest.approx(sum(made))


def test_a_call_that_failed_and_did_not_say_what_it_may_cost_takes_nothing_from_the_others() -> None:
    meter = Meter(sg.Budget(usd=1.0))
    meter.reserve("searches", meter.all_left(AtMost(0, 0.1))).lose()
    meter.reserve("searches", meter.all_left(AtMost(0, 0.1))).spend(Usage(usd=0.95))
    with pytest.raises(BudgetExceeded):
        meter.reserve("searches", meter.all_left(AtMost(0, 0.1)))


def test_a_prompt_has_no_more_tokens_than_bytes_and_a_price_is_for_both_directions() -> None:
    most = at_most(Price(1.0, 10.0, 0.5), 1000, 200)
    assert most.tokens == 1000 + 64 + 200
    assert most.usd == pytest.approx((1064 + 2000) / 1e6)
    assert at_most(Price(0.0, 0.0), 1000, None) == (None, 0.0)
    assert at_most(Price(1.0, 1.0), 1000, None) == UNKNOWN


@pytest.mark.parametrize(
    ("lm", "budget", "hint"),
    [
        (openai("gpt-unheard-of", key=lambda: "k"), sg.Budget(usd=1.0), r"price=Price\(input, output\)"),
        (openai_compatible("https://models.example.org/v1", "m"), sg.Budget(usd=1.0), r"price=Price\(input, output\)"),
        (openai_compatible("https://models.example.org/v1", "m"), sg.Budget(tokens=10_000), r"Settings\(max_tokens=\.\.\.\)"),
        (openai_compatible("http://127.0.0.1:9/v1", "m"), sg.Budget(tokens=10_000), r"Settings\(max_tokens=\.\.\.\)"),
    ],
)
def test_a_model_of_which_price_or_length_is_not_known_is_refused_under_such_a_cap(lm: Any, budget: sg.Budget, hint: str) -> None:
    tally = Counting(StepTally("calls", Meter(budget), Usage()))
    request = lm.source.request([Message(role="user", content="q")], Answer, lm.settings)
    with pytest.raises(Rejected, match=hint):
        asyncio.run(lm.source.attempt(request, tally, None))
    assert tally.attempts == 0
