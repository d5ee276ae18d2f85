"""PlanNext: from what the goals so far came to, to the goals to work on next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Writes
from seekgraph.core.language.params import Int, value_of
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.nodes.plan import needs_of, plan_by_patterns, resolve
from seekgraph.prompts.outputs import NextGoalsOut, to_next_goals
from seekgraph.prompts.prompt import OURS
from seekgraph.types import Digest, Goal, Turn
from seekgraph.types import Plan as Goals


class PlannedNext(Writes):
    """The goals to work on now, and the plan with all goals so far."""

    goals: tuple[Goal, ...]
    plan: Goals


class PlanNext(LLMNode):
    """Look at what the goals so far came to, and write the next ones; none where nothing is left to find out.

        sg.loop(PlanNext() >> sg.each(S.goals, executor), until=sg.count(S.goals) == 0, max_rounds=6)

    It sees the question, the plan so far, and of every digest its conclusion alone: nothing of how a goal was worked on, no
    passage and no evidence, reaches the planner (HiRA, Jin and others, 2025). Goals are numbered on from those of the plan; what
    was a goal before is none again. There are at most `most` goals in all, and `at_once` in one visit.

    Without a model the question is split as `Plan` splits it, and the next goals are those whose needs have come back.
    """

    prompt = OURS / "plan_next.md"
    output = NextGoalsOut

    most: int = Int(10, low=1, high=20)
    at_once: int = Int(3, low=1, high=6)

    @property
    def reply_tokens(self) -> int:
        return 16 + 40 * self.at_once

    async def run(
        self,
        question: str,
        plan: Goals | None = None,
        digests: tuple[Digest, ...] = (),
        history: tuple[Turn, ...] = (),
        lm: LM | None = None,
    ) -> PlannedNext:
        known = plan.goals if plan else ()
        room = min(self.at_once, self.most - len(known))
        inputs = {"question": question, "plan": plan, "digests": digests, "history": history}
        if question.strip() and room > 0:
            texts = await self.ask(lm, inputs, lambda out: to_next_goals(out, known, room).value)
            if texts is not None:
                numbers = range(len(known) + 1, len(known) + len(texts) + 1)
                goals = tuple(Goal(id=str(at), text=text) for at, text in zip(numbers, texts, strict=True))
                whole = (Goal(id=each.id, text=each.text, needs=needs_of(each.text, int(each.id))) for each in goals)
                return PlannedNext(goals=goals, plan=Goals(goals=(*known, *whole)))
        whole_plan = plan if known and plan else plan_by_patterns(question, self.most)
        return PlannedNext(goals=ready(whole_plan, digests)[: self.at_once], plan=whole_plan)

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of the digests only what they conclude."""
        digests = tuple(Digest(conclusion=each.conclusion, goal_id=each.goal_id) for each in inputs.get("digests") or ())
        plan = inputs.get("plan")
        return {
            "history": inputs.get("history"),
            "question": inputs.get("question"),
            "plan": plan if plan and plan.goals else None,
            "digests": digests,
        }

    def reply(self, writes: Mapping[str, Any]) -> NextGoalsOut | None:
        goals = writes.get("goals")
        return None if goals is None else NextGoalsOut(goals=tuple(goal.text for goal in goals))

    def ideal(self, row: FitRow) -> BaseModel | None:
        """Of the gold decomposition the next questions that can be asked; None where the plan so far is not its beginning."""
        hops, plan, digests = row.example.decomposition, row.arguments.get("plan"), row.arguments.get("digests") or ()
        done = len(plan.goals) if plan else 0
        if not hops or done > len(hops):
            return None
        found: list[str] = []
        for at, hop in enumerate(hops[done:], start=done + 1):
            if any(int(need) > done for need in needs_of(hop.question, at)) or len(found) == value_of(self.at_once):
                break
            found.append(resolve(hop.question.strip(), digests))
        return NextGoalsOut(goals=tuple(found))


def ready(plan: Goals, digests: Iterable[Digest]) -> tuple[Goal, ...]:
    """The goals of a plan that have not come back and need none that has not, in order, as goals that wait for nothing."""
    back = {digest.goal_id for digest in digests}
    waiting: Sequence[Goal] = [goal for goal in plan.goals if goal.id not in back]
    return tuple(goal.model_copy(update={"needs": ()}) for goal in waiting if back.issuperset(goal.needs))
