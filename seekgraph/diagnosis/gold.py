"""What a step should have written, from the gold of its example: by channel, so that it holds for users' nodes too.

- `plan`: the gold decomposition as goals;
- `query`, `queries`: what leads to the gold passages that have not been found: their titles, with the sub-question where known;
- `passages` with `rankings`: the gold passages;
- `context`: of what the step could choose from, the gold passages first;
- `verdict`: whether all gold passages are in what the step read;
- `evidence`: of the gold passages that it read, the sentences that hold an answer or name another gold passage;
- `answer`: the gold answer, citing the gold passages that it read.

Inside a call that works on a goal the gold is that of the hop which the goal asks for. What a person has labelled goes before all
of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from seekgraph.core.language.site import Site
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.hops import dependencies, nearest
from seekgraph.rewards.seen import ids_of
from seekgraph.text.alike import put_in
from seekgraph.text.entities import flat, folded, names
from seekgraph.text.sentences import sentences
from seekgraph.types import Answer, Digest, Evidence, Example, Goal, Passage, Plan, Query, Ranking, Verdict

_LEADING = 3.0  # the weight of a word of a gold passage's title in a query with weights; a word of the question has 1

Goals = Mapping[tuple[str, tuple[int, ...]], Any]
"""What calls work on, by the call's path and its place in the repetitions."""


@dataclass(frozen=True)
class Scope:
    """The gold that holds at a place of a run. `hop` is the place of the goal's hop in the decomposition; None is the whole."""

    ids: tuple[str, ...]
    answers: tuple[str, ...]
    question: str
    hop: int | None = None
    part: bool = False


class Place:
    """Where a flow's steps stand: what each node writes, and which calls are around it. One for a bound flow."""

    def __init__(self, bound: Bound) -> None:
        self.bound = bound
        self.fields: dict[str, dict[str, str]] = {
            path: {channel: name for name, channel, _, _ in op.writings} for path, op in bound.program.nodes.items()
        }
        self.calls: dict[str, tuple[str, ...]] = {}
        self._within(bound.flow.site, ())
        self.sites_of_calls = tuple(path for path, site in bound.flow.sites.items() if site.element.own_ledger)

    def _within(self, site: Site, calls: tuple[str, ...]) -> None:
        self.calls.setdefault(site.path, calls)
        inside = (*calls, site.path) if site.element.own_ledger else calls
        for child in site.children:
            self._within(child, inside)

    def kind(self, path: str) -> str:
        """The kind of the element at a path."""
        site = self.bound.flow.sites.get(path)
        return "" if site is None else site.element.kind

    def fitted(self, path: str, channel: str, value: Any) -> Any:
        """A value as the channel's type has it, a text where that is what it takes; None where it takes neither."""
        adapter = self.bound.program.adapters[path][channel]
        for form in (value, getattr(value, "text", None)):
            try:
                return None if form is None else adapter.validate_python(form)
            except ValidationError:
                continue
        return None

    @cached_property
    def stores(self) -> tuple[Any, ...]:
        """What gives passages by their ids."""
        found = (getattr(thing, "passages", None) for thing in self.bound.resources.values())
        return tuple({id(store): store for store in found if callable(getattr(store, "get", None))}.values())


@dataclass(frozen=True)
class Situation:
    """One visit that is to be judged: what it read, what it wrote, and the gold that holds there."""

    gold: Gold
    scope: Scope
    inputs: Mapping[str, Any]
    own: Mapping[str, Any]
    only_gold: bool
    source: str

    @cached_property
    def read(self) -> dict[str, Passage]:
        """All passages in what it read, by id."""
        return {passage.id: passage for value in self.inputs.values() for passage in passages_in(value)}

    @cached_property
    def read_ids(self) -> set[str]:
        """The ids of all passages that what it read holds, or rests on."""
        return set(self.read) | {name for value in self.inputs.values() for name in ids_of(value)}

    @property
    def query(self) -> str:
        """What it was to look for, in words."""
        for name in ("query", "goal", "question"):
            value = self.inputs.get(name)
            if value is not None:
                return str(getattr(value, "text", value))
        return self.scope.question


@dataclass
class Gold:
    """The gold of one example at every place of one of its runs."""

    example: Example
    trace: Trace
    place: Place
    _hops: dict[str, int | None] = field(default_factory=dict)

    def scope(self, path: str, at: tuple[int, ...], goals: Goals | None = None) -> Scope:
        """The gold that holds for a step at a place. `goals` are those that calls were given in a replay with another plan."""
        example = self.example
        known_goals = self.goals if goals is None else {**self.goals, **goals}
        for call in reversed(self.place.calls.get(path, ())):
            goal = next((known_goals[call, at[:n]] for n in range(len(at), -1, -1) if (call, at[:n]) in known_goals), None)
            if goal is not None:
                text = str(getattr(goal, "text", goal))
                hop = self.hop_of(text)
                if hop is None:
                    return Scope(example.supporting_ids, (), text, part=True)
                known = example.decomposition[hop]
                ids = (known.supporting_id,) if known.supporting_id else ()
                return Scope(ids, (known.answer,) if known.answer else (), self.asked(hop), hop, part=True)
        return Scope(example.supporting_ids, example.answers, example.question)

    @cached_property
    def goals(self) -> Goals:
        """The goals that calls were given in the run."""
        return {
            (step.path.removesuffix(".give"), step.at): step.writes["goal"]
            for step in self.trace.steps
            if step.kind == "input" and step.writes.get("goal") is not None
        }

    def hop_of(self, text: str) -> int | None:
        """The hop of the decomposition that a goal asks for, see `rewards.hops.nearest`; None where it is like none."""
        if text not in self._hops:
            self._hops[text] = nearest(text, self.example.decomposition)
        return self._hops[text]

    def asked(self, hop: int) -> str:
        """The question of a hop with the gold answers of earlier hops in the place of "#1"."""
        answers = {str(number): each.answer for number, each in enumerate(self.example.decomposition, start=1)}
        return " ".join(put_in(self.example.decomposition[hop].question, answers).replace(">>", " ").split())

    def needs(self, hop: int) -> set[str | None]:
        """The gold passages of the hops whose answers a hop's question has references to."""
        hops = self.example.decomposition
        return {hops[first].supporting_id for first, second in dependencies(hops) if second == hop}

    def passage(self, id: str) -> Passage | None:
        """A passage by its id, from what is bound or from what the run found."""
        for store in self.place.stores:
            if isinstance(found := store.get(id), Passage):
                return found
        return self._pool.get(id)

    def passages(self, ids: Iterator[str] | tuple[str, ...] | list[str]) -> list[Passage]:
        """Those of these passages that are known."""
        return [passage for id in dict.fromkeys(ids) if (passage := self.passage(id)) is not None]

    @cached_property
    def _pool(self) -> dict[str, Passage]:
        values = (value for step in self.trace.steps for value in step.writes.values())
        return {passage.id: passage for value in values for passage in passages_in(value)}

    def label(self, step: Step) -> Mapping[str, Any] | None:
        """What a person has said that a step should write."""
        for each in self.example.step_labels:
            if each.path == step.path and (each.visit is None or self._visit(step) == each.visit):
                return each.writes
        return None

    def _visit(self, step: Step) -> int:
        return next((each.visit for each in self.trace.visits(step.path) if each.at == step.at), 0)

    def ideal(
        self,
        step: Step,
        inputs: Mapping[str, Any],
        own: Mapping[str, Any] | None = None,
        *,
        only_gold: bool = False,
        goals: Goals | None = None,
    ) -> dict[str, Any] | None:
        """What a step should write, given what it read; None where nothing says, or where it is as it should be.

        `own` is what it wrote; it is kept where it is not wrong, unless `only_gold`.
        """
        labelled = self.label(step)
        if labelled is not None:
            return dict(labelled)
        fields = self.place.fields.get(step.path, {})
        node = self.place.bound.program.nodes.get(step.path)
        source = str(getattr(getattr(node, "node", None), "retriever", "") or getattr(getattr(node, "node", None), "links", ""))
        case = Situation(self, self.scope(step.path, step.at, goals), inputs, own or {}, only_gold, source or step.path)
        writes: dict[str, Any] = {}
        for channel, name in fields.items():
            make = IDEALS.get(name)
            value = None if make is None else make(case, (own or {}).get(channel))
            if value is not None and (fit := self.place.fitted(step.path, channel, value)) is not None:
                writes[channel] = fit
        if "rankings" in fields.values() and writes:
            channel = next(channel for channel, name in fields.items() if name == "rankings")
            writes[channel] = _rankings(case, (own or {}).get(channel) or (), writes)
        return writes or None


def has_ideal(place: Place, path: str) -> bool:
    """Whether gold could say what the node at a path should write: a channel of a known name and type."""
    fields = place.fields.get(path, {}).items()
    return any(name in SAMPLES and place.fitted(path, channel, SAMPLES[name]) is not None for channel, name in fields)


def passages_in(value: Any) -> Iterator[Passage]:
    """The passages that a channel's value holds."""
    if isinstance(value, Passage):
        yield value
    elif isinstance(value, Digest):
        yield from value.resources
    elif isinstance(value, tuple | list):
        for item in value:
            yield from passages_in(item)


def supports(gold: Gold, scope: Scope, passage: Passage) -> list[str]:
    """The sentences of a gold passage that are needed: with an answer, or with the title of another gold passage.

    Where there are none it is the first sentence.
    """
    others = [each.title for each in gold.passages(gold.example.supporting_ids) if each.id != passage.id and each.title]
    hops = [hop.answer for hop in gold.example.decomposition if hop.supporting_id == passage.id and hop.answer]
    wanted = [folded(text) for text in (*scope.answers, *hops, *others) if folded(text)]
    texts = [each.text for each in sentences(passage.text)] or [passage.text]
    return [text for text in texts if any(names(flat(text), name) for name in wanted)] or texts[:1]


# --- one channel each: given the case and what the step wrote there, what it should have written; None for no change --------


def _plan(case: Situation, own: Any) -> Plan | None:
    hops = case.gold.example.decomposition
    if not hops or case.scope.part:
        return None
    known = dependencies(hops)
    goals = []
    for at, hop in enumerate(hops):
        needs = tuple(str(first + 1) for first, second in known if second == at)
        goals.append(Goal(id=str(at + 1), text=" ".join(hop.question.replace(">>", " ").split()), needs=needs))
    return Plan(goals=tuple(goals))


def _wanted(case: Situation) -> list[Passage]:
    """The gold passages that the step has not read, in the order of the hops."""
    return case.gold.passages([id for id in case.scope.ids if id not in case.read_ids])


def _query(case: Situation, own: Any) -> Query | None:
    wanted = _wanted(case)
    if not wanted:
        return None
    titles = " ".join(dict.fromkeys(passage.title or passage.text for passage in wanted))
    if isinstance(own, Query) and own.weights:  # what is asked is told by its words, what leads there by weights: so it stays
        words = dict.fromkeys(flat(titles).split(), _LEADING)
        return Query(text=case.scope.question, weights={**words} if case.only_gold else {**own.weights, **words})
    return Query(text=titles if case.scope.hop is None else f"{titles} {case.scope.question}")


def _queries(case: Situation, own: Any) -> tuple[Query, ...] | None:
    wanted = tuple(Query(text=passage.title or passage.text) for passage in _wanted(case))
    return (wanted if case.only_gold else (*wanted, *(own or ()))) if wanted else None


def _passages(case: Situation, own: Any) -> tuple[Passage, ...] | None:
    found = list(passages_in(own or ()))
    have = {passage.id for passage in found}
    missing = [id for id in case.scope.ids if id not in have]
    if not missing and not case.only_gold:
        return None
    best = max((passage.score for passage in found), default=1.0)
    gold = [passage.model_copy(update={"score": best}) for passage in case.gold.passages(case.scope.ids)]
    if not gold:
        return None
    ids = {passage.id for passage in gold}
    return (*gold, *(() if case.only_gold else (passage for passage in found if passage.id not in ids)))


def _rankings(case: Situation, own: tuple[Ranking, ...], writes: Mapping[str, Any]) -> tuple[Ranking, ...]:
    """The ranked lists of a step that finds passages: the gold before what it found."""
    gold = [passage.id for value in writes.values() for passage in passages_in(value) if passage.id in case.scope.ids]
    first = own[0] if own else Ranking(source=case.source, query=case.query, ids=(), scores=())
    best = max(first.scores, default=1.0)
    rest = [] if case.only_gold else [pair for pair in zip(first.ids, first.scores, strict=True) if pair[0] not in gold]
    ids = (*gold, *(id for id, _ in rest))
    scores = (*([best] * len(gold)), *(score for _, score in rest))
    query = case.query if case.only_gold else first.query
    return (Ranking(source=first.source, query=query, ids=ids, scores=scores), *(() if case.only_gold else own[1:]))


def _context(case: Situation, own: Any) -> tuple[Passage, ...] | None:
    kept = list(passages_in(own or ()))
    gold = [case.read[id] for id in case.scope.ids if id in case.read]
    if not gold or (not case.only_gold and {passage.id for passage in gold} <= {passage.id for passage in kept}):
        return None
    ids = {passage.id for passage in gold}
    rest = [] if case.only_gold else [passage for passage in kept if passage.id not in ids]
    return (*gold, *rest[: max(0, len(kept) - len(gold))])


def _verdict(case: Situation, own: Any) -> Verdict | None:
    if not case.scope.ids or (case.scope.part and case.scope.hop is None):
        return None
    enough = set(case.scope.ids) <= case.read_ids
    if isinstance(own, Verdict) and (own.score >= 0.5) == enough:
        return None
    missing = [id for id in case.scope.ids if id not in case.read_ids]
    return Verdict(
        score=float(enough), label="enough" if enough else "more", reason=f"missing: {', '.join(missing)}" if missing else ""
    )


def _evidence(case: Situation, own: Any) -> tuple[Evidence, ...] | None:
    gold = [case.read[id] for id in case.scope.ids if id in case.read]
    found = [
        Evidence(claim=text, passage_id=passage.id, quote=text)
        for passage in gold
        for text in supports(case.gold, case.scope, passage)
    ]
    quoted = {(each.passage_id, each.quote or each.claim) for each in own or () if isinstance(each, Evidence)}
    missing = [each for each in found if (each.passage_id, each.quote) not in quoted]
    if not found or (not missing and not case.only_gold):
        return None
    return tuple(found) if case.only_gold else (*missing, *(own or ()))


def _answer(case: Situation, own: Any) -> Answer | None:
    if not case.scope.answers:
        return None
    cited = tuple(id for id in case.scope.ids if id in case.read_ids)
    return Answer(text=case.scope.answers[0], citations=cited)


IDEALS: dict[str, Callable[[Situation, Any], Any]] = {
    "plan": _plan,
    "query": _query,
    "queries": _queries,
    "passages": _passages,
    "context": _context,
    "verdict": _verdict,
    "evidence": _evidence,
    "answer": _answer,
}
"""By the field that a node writes: what it should write. None is no change."""

SAMPLES: dict[str, Any] = {
    "plan": Plan(goals=()),
    "query": Query(text="x"),
    "queries": (Query(text="x"),),
    "passages": (Passage(id="x", text="x"),),
    "context": (Passage(id="x", text="x"),),
    "verdict": Verdict(score=1.0),
    "evidence": (Evidence(claim="x", passage_id="x"),),
    "answer": Answer(text="x"),
}
"""A value of each, to see whether a node's own type of that name takes it."""
