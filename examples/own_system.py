"""A published system from outside: HiRA's hierarchy (Jin and others, 2025), with a quick and a deep executor.

The planner sees conclusions and nothing else of the work, and plans on from them; each goal goes to the cheapest executor that
can do it, here by its length; an executor has a ledger and a cap of its own, and only a digest comes back. Left out: HiRA's
executors for code and pictures, and its memory between executors, which the released code computes and never hands on.

Run it with `python examples/own_system.py`, or `seekgraph run own_system:flow --docs FOLDER "..."` in the folder of this file.
"""

import seekgraph as sg
from seekgraph import S
from seekgraph.demo import CORPUS
from seekgraph.nodes import Answer, PlanNext, Read, Refine, Reflect, Rerank, Retrieve


class Chosen(sg.Writes):
    executor: str


class Choose(sg.Node):
    """The executor for a goal: "deep" for one of more words than `words`."""

    words: int = sg.Int(5, low=2, high=30)

    async def run(self, goal: sg.Goal) -> Chosen:
        return Chosen(executor="deep" if len(goal.text.split()) > self.words else "quick")


quick = Retrieve("corpus", k=5) >> Rerank(keep=3)
deep = sg.loop(
    Refine() >> Retrieve("corpus", k=sg.Int(8, 2, 30)) >> Rerank(keep=4) >> Read() >> Reflect(),
    until=S.verdict.score >= sg.Float(0.5, 0.1, 0.9),
    max_rounds=4,
)
executor = sg.call(Choose() >> sg.route(S.executor, {"quick": quick, "deep": deep}) >> Answer(), budget=sg.Budget(calls=10))
planning = sg.loop(PlanNext(most=10) >> sg.each(S.goals, executor), until=sg.count(S.goals) == 0, max_rounds=10)

flow = sg.Flow(planning >> Answer(), name="hira")


def main() -> None:
    flow.check()
    result = flow.bind(sg.tools.open_corpus(CORPUS))(question="In which city was the composer of Fidelio baptised?")
    for step in result.trace:
        if "executor" in step.writes:
            print("executor:", step.writes["executor"])
    print([(digest.goal_id, digest.conclusion) for digest in result["digests"]])
    print(result)


if __name__ == "__main__":
    main()
