"""What to try next: which candidate to go on from, which node, and by which move."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.base.identity import digest
from seekgraph.core.language.params import TextParam
from seekgraph.evaluation.row import Row
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.optimizers.allowance import BudgetSpent, within
from seekgraph.optimizers.boundary import Bounded, Case, Label, labelled
from seekgraph.optimizers.headrooms import headrooms
from seekgraph.optimizers.models import control_tokens, instructed
from seekgraph.optimizers.paraphrase import edited, keeps_signs
from seekgraph.optimizers.population import Member, Population
from seekgraph.optimizers.racing import Racing
from seekgraph.optimizers.search import Search
from seekgraph.optimizers.visits import Run, chosen, shortfall, told, visits
from seekgraph.optimizers.writer import Reflected, Rewritten, Writer
from seekgraph.prompts.fields import described
from seekgraph.prompts.written import Unusable, written
from seekgraph.rewards.algebra import Reward
from seekgraph.types import Example, Passage

SHARE = 3
"""An instruction may take one part in so many of the tokens that its node's prompt may have."""

ATTEMPTS = 2
"""How often a model is asked for one instruction: once more with what was wrong."""

VISIT_TOKENS = 500
"""Tokens of what a visit was shown that a reflection shows of it."""


@dataclass(frozen=True)
class Proposal:
    """New texts by the full names of params, the move that made them, the node that they are for, and why. `cases` are boundary
    cases that were written with them, as plain data."""

    move: str
    values: Mapping[str, str]
    path: str = ""
    cause: str = ""
    cases: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Proposer:
    """Makes one proposal after the other; each is journaled, by the pass's name and the values that it began with."""

    search: Search
    racing: Racing
    population: Population
    writer: Writer | None
    shown: int
    rewards: Sequence[Reward]
    name: str
    paraphrase: bool
    label: Label | None = None
    lost: Counter[str] = field(default_factory=Counter)
    heard: list[tuple[str, str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.number = 0
        self.paths = instructed(self.search.bound)
        self.tokens = control_tokens(self.search.bound)
        self.key = f"{self.name}:{digest(dict(self.search.values))}"

    @property
    def failed(self) -> str:
        """Why the model that writes was given up."""
        return "" if self.writer is None else self.writer.failed

    async def propose(self, number: int, chance: random.Random) -> Proposal | None:
        """The next proposal; None where nothing is lost, or nothing is left to try. Raises `BudgetSpent`."""
        if (known := self.search.recorded(f"{self.key}:{number}")) is not None:
            return Proposal(**known) if known else None
        self.number = number
        made = await self._made(number, chance)
        self.search.record(f"{self.key}:{number}", asdict(made) if made else {})
        return made

    def learn(self, proposal: Proposal, gained: bool) -> None:
        """Remember what became of a proposal."""
        if proposal.path:
            self.lost[proposal.path] = 0 if gained else self.lost[proposal.path] + 1
            self.heard.append((proposal.path, proposal.values[self.paths[proposal.path]], gained))

    async def _made(self, number: int, chance: random.Random) -> Proposal | None:
        if (merged := self.population.merged()) is not None:
            return Proposal("merge", {name: merged[name] for name in self.population.params})
        parent = self.population.parent(chance)
        runs = [
            Run.of(example, trace, self._quality(row), self.rewards) for example, trace, row in await self.racing.traces(parent)
        ]
        losses = await self._losses(runs)
        if max(losses.values()) <= 0:
            return None
        # Less for each proposal for a node that gained nothing since one gained: another node may be easier to improve.
        for path in sorted(losses, key=lambda path: -losses[path] / (1 + self.lost[path])):
            if self.writer is not None and number % 3 == 0 and (crossed := await self._crossed(parent, path)) is not None:
                return crossed
            if self.writer is not None and (reflected := await self._reflected(parent, path, runs, chance)) is not None:
                return reflected
            if (other := await self._edited(parent, path, chance)) is not None:
                return other
        return None

    async def _losses(self, runs: Sequence[Run]) -> dict[str, float]:
        """What each node loses: what its visits lack, and, where the gold says what they should have been, as much of it as the
        node would gain perfect (`headrooms.py`), looked at once for the flow as it came."""
        lacks = {path: shortfall(runs, path) for path in self.paths}
        if len(lacks) < 2:
            return lacks
        key = f"{self.key}:headroom"
        if (room := self.search.recorded(key)) is None:
            start = [
                Run.of(example, trace, self._quality(row), self.rewards)
                for example, trace, row in await self.racing.traces(self.population.first)
            ]
            bound, meter = self.search.with_values(self.search.values), within(self.search.meter, self.racing.reserved)
            found = await headrooms(bound, start, [*self.paths], self.search.objective, meter, self.search.parallel)
            room = self.search.record(key, found)
        return {path: lack * room.get(path, 1.0) for path, lack in lacks.items()}

    def _quality(self, row: Row) -> float:
        return self.search.objective.quality(row)

    def _node(self, parent: Member, path: str) -> LLMNode:
        return cast(LLMNode, self.search.with_values(parent.values).program.nodes[path].node)

    def _proposal(self, move: str, parent: Member, path: str, text: str, cause: str = "") -> Proposal:
        texts = {**parent.texts(self.population.params), self.paths[path]: text}
        return Proposal(move, texts, path, cause)

    async def _reflected(self, parent: Member, path: str, runs: Sequence[Run], chance: random.Random) -> Proposal | None:
        """A new instruction from visits of the node; None where the model writes nothing usable."""
        bound, node = self.search.with_values(parent.values), self._node(parent, path)
        beside = [Run.of(case, trace, self._quality(row), self.rewards) for case, trace, row in self.racing.on_cases(parent)]
        found = list(visits([*runs, *beside], path))
        if not found:
            return None
        if self.lost[path]:  # the very worst ones have been seen
            found = chance.sample(found, max(min(len(found), 2 * self.shown), len(found) // 2))
        picked = chosen(found, self.shown, max(1, self.shown // 2))
        inputs = {
            "task": _task(node),
            "instruction": str(parent.values[self.paths[path]]),
            "visits": "\n\n".join(told(each, node, bound, VISIT_TOKENS) for each in picked),
            "tried": self._tried(path, parent),
        }
        name, output = ("reflect", Reflected) if self.label is None else ("boundary", Bounded)
        reply = await self._written(name, inputs, output, parent, path)
        if reply is None:
            return None
        made = self._proposal("reflect", parent, path, reply[0], str(getattr(reply[1], "cause", "")))
        cases = await self._cases(getattr(reply[1], "cases", ()), [each.run for each in picked])
        return replace(made, cases=tuple(each.model_dump(mode="json") for each in cases))

    async def _cases(self, cases: Sequence[Case], runs: Sequence[Run]) -> list[Example]:
        """Cases with their labels, of those that are about what these runs have read and that nobody has asked."""
        if self.label is None or not cases:
            return []
        known = [each.question for each in (*self.search.train, *self.search.val, *self.racing.cases)]
        values = [value for run in runs for step in run.trace.steps for value in step.writes.values()]
        read = {each.id: each for value in values if isinstance(value, tuple) for each in value if isinstance(each, Passage)}
        metered = getattr(self.label, "metered", None)
        label = self.label if metered is None else metered(within(self.search.meter, self.racing.reserved))
        try:
            return await labelled(cases, tuple(read.values()), label, known, self.number)
        except BudgetExceeded:
            raise BudgetSpent from None

    async def _crossed(self, parent: Member, path: str) -> Proposal | None:
        texts = self.population.rivals(self.paths[path])
        if len(texts) < 2:
            return None
        inputs = {"task": _task(self._node(parent, path)), "first": texts[0], "second": texts[1]}
        reply = await self._written("cross", inputs, Rewritten, parent, path)
        return None if reply is None else self._proposal("cross", self.population.best, path, reply[0])

    async def _written(
        self, prompt: str, inputs: Mapping[str, Any], output: Any, parent: Member, path: str
    ) -> tuple[str, Any] | None:
        """The instruction that the model writes, and its whole reply; None where it is not usable."""
        assert self.writer is not None
        most, problem = self._most(parent, path), ""
        for _ in range(ATTEMPTS):
            meter = within(self.search.meter, self.racing.reserved)
            reply = await self.writer.ask(prompt, {**inputs, "problem": problem}, output, meter)
            if reply is None:
                return None
            try:
                text = written(reply.instruction, most, self.tokens)
            except Unusable as error:
                problem = str(error)
                continue
            if self._new(parent, path, text):
                return text, reply
            problem = "it was tried before: write another one"
        return None

    async def _edited(self, parent: Member, path: str, chance: random.Random) -> Proposal | None:
        """A written variant that was not tried, or the instruction with an edit; None where nothing is left."""
        name = self.paths[path]
        param = cast(TextParam, self.search.bound.flow.params()[name])
        most = self._most(parent, path)
        for text in param.variants:
            if self._new(parent, path, text):
                return self._proposal("variant", parent, path, text)
        now = str(parent.values[name])
        other = await self._paraphrased(now, path, most) if self.paraphrase else None
        if other is not None and self._new(parent, path, other):
            return self._proposal("paraphrase", parent, path, other)
        for _ in range(20):
            try:
                text = written(edited(now, param.variants, chance), most, self.tokens)
            except Unusable:
                continue
            if self._new(parent, path, text):
                return self._proposal("edit", parent, path, text)
        return None

    async def _paraphrased(self, instruction: str, path: str, most: int) -> str | None:
        """The instruction in other words by the node's own model, which is asked once for each; None where it was asked before,
        or does not keep to the task."""
        models, key = self.search.bound.resources, f"{self.key}:paraphrase:{digest([path, instruction])}"
        lm = models.get(f"{path}.lm") or models.get("lm")
        if lm is None or self.search.recorded(key) is not None:
            return None
        meter = within(self.search.meter, self.racing.reserved)
        reply = await Writer(lm).ask("paraphrase", {"instruction": instruction}, Rewritten, meter)
        self.search.record(key, "" if reply is None else reply.instruction)
        try:
            text = "" if reply is None else written(reply.instruction, most, self.tokens)
        except Unusable:
            return None
        return text if text and keeps_signs(instruction, text) else None

    def _most(self, parent: Member, path: str) -> int:
        return self._node(parent, path).longest_prompt // SHARE

    def _new(self, parent: Member, path: str, text: str) -> bool:
        values = {**parent.values, self.paths[path]: text}
        return digest(values) not in self.population.tried

    def _tried(self, path: str, parent: Member) -> str:
        """Other instructions of the node, with how they did."""
        now, name = parent.values[self.paths[path]], self.paths[path]
        scored = [(each.score, str(each.values[name])) for each in self.population.members if each.values[name] != now]
        lines = [f"{score:.2f}: {text}" for score, text in sorted(scored, reverse=True)[:2]]
        failed = [text for place, text, gained in self.heard if place == path and not gained and text != now]
        return "\n".join([*lines, *(f"no better: {text}" for text in failed[-2:])])


def _task(node: LLMNode) -> str:
    """What a node is shown and what it replies, in words."""
    prompt = node.active_prompt
    shown = ", ".join(prompt.reads.values()) or ", ".join(read.parameter for read in node.contract().reads)
    return f"It is shown: {shown}.\n{described(node.reply_type, prompt.writes, prompt.source)}"
