"""What an evaluation is asked to do, checked before anything runs: its examples, metrics, rewards and corpus."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Protocol, runtime_checkable

from seekgraph.core.language.flow import Flow
from seekgraph.core.language.ports import Links, Retriever
from seekgraph.core.machine.bound import Bound
from seekgraph.evaluation.examples import ExampleError, check_gold, read_examples
from seekgraph.evaluation.metrics import DEFAULT_METRICS, Function, Metric, MetricError
from seekgraph.evaluation.metrics import metric as metric_of
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.defaults import DEFAULT_REWARDS
from seekgraph.rewards.define import reward_of
from seekgraph.rewards.needs import channels_written, require_needs
from seekgraph.types import Example


@runtime_checkable
class KnowsPassages(Protocol):
    """What a retriever may offer besides: the ids of all passages that it could ever find.

    A set or a mapping is asked for each id, which costs nothing; anything else is copied at each evaluation.
    """

    @property
    def passage_ids(self) -> Collection[str]: ...


def examples_of(given: Iterable[Example] | str | Path) -> tuple[Example, ...]:
    rows = read_examples(given) if isinstance(given, str | Path) else tuple(given)
    if not rows:
        raise ExampleError("there are no examples to evaluate: give at least one")
    ids: set[str] = set()
    for row in rows:
        if not isinstance(row, Example):
            raise ExampleError(f"an evaluation takes examples, not {row!r}: read them with read_examples")
        if row.id in ids:
            raise ExampleError(f"two examples have the id {row.id!r}: give each question an id of its own")
        ids.add(row.id)
    return rows


def metrics_for(wanted: Sequence[Metric | Function | str] | None, examples: Sequence[Example]) -> tuple[Metric, ...]:
    """The metrics to use: those asked for, or the default ones that some example has the gold for."""
    if wanted is None:
        return tuple(each for each in DEFAULT_METRICS if any(map(each.applies_to, examples)))
    chosen = tuple(metric_of(each) for each in ([wanted] if isinstance(wanted, str) or callable(wanted) else wanted))
    for number, each in enumerate(chosen):
        if each.name in (before.name for before in chosen[:number]):
            raise MetricError(f"two metrics are called {each.name!r}: give each a name of its own")
        if not any(map(each.applies_to, examples)):
            lacking = {need: sum(not getattr(example, need) for example in examples) for need in sorted(each.needs)}
            missing = " and ".join(f"{need!r}, which {count} lack" for need, count in lacking.items() if count)
            raise MetricError(
                f"metric {each.name!r} needs {missing} of {len(examples)} examples: add it, or leave the metric out"
            )
    return chosen


def rewards_for(
    wanted: Sequence[Reward | Callable[..., Score]] | None, examples: Sequence[Example], flow: Flow
) -> tuple[Reward, ...]:
    """The rewards to use: those asked for, or the default ones that the examples and the flow can feed.

    Raises `RewardError` for one that the examples or the flow cannot feed, and for two of one name.
    """
    if wanted is None:
        there = channels_written(flow)
        return tuple(each for each in DEFAULT_REWARDS if each.channels <= there and any(map(each.applies_to, examples)))
    chosen = tuple(reward_of(each) for each in ([wanted] if callable(wanted) else wanted))
    names = [each.name for each in chosen]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RewardError(f"two rewards are called {twice[0]!r}: give one another name with .named(...)")
    require_needs(chosen, examples, flow)
    return chosen


def check_corpus(bound: Bound, examples: Sequence[Example]) -> None:
    """Raise `ExampleError` for gold that nothing bound could find.

    Where one of the finders cannot tell which passages it has, for instance a web search, nothing is known, and nothing raised.
    """
    ports = {name: port for name, (_, port, _) in bound.flow.resources.items() if name in bound.resources}
    finders = [bound.resources[name] for name, port in ports.items() if Retriever in port.__mro__ or Links in port.__mro__]
    known = [thing.passage_ids for thing in finders if isinstance(thing, KnowsPassages)]
    if not known or len(known) < len(finders):
        return
    corpora = [ids if isinstance(ids, AbstractSet | Mapping) else frozenset(ids) for ids in known]
    gold = {found for example in examples for found in example.supporting_ids}
    if any(not any(found in ids for ids in corpora) for found in gold):
        check_gold(examples, frozenset().union(*corpora))
