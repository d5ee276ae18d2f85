"""Planning kept apart from execution, as in HiRA: a plan, an executor for each goal, an answer from what they came back with.

Each goal is searched in a call with a ledger of its own: only the goal goes in, only a digest comes out. Goals that need
another goal's result wait for it. Nothing here needs a model.

Run it with `python examples/planner.py`.
"""

import seekgraph as sg
from seekgraph import S
from seekgraph.demo import CORPUS
from seekgraph.nodes import Answer, Plan, Refine, Reflect, Rerank, Retrieve

search = sg.loop(
    Refine() >> Retrieve("corpus", k=sg.Int(8, 2, 30)) >> Rerank(keep=4) >> Reflect(),
    until=S.verdict.score >= sg.Float(0.5, 0.1, 0.9),
    max_rounds=3,
)
flow = sg.Flow(Plan() >> sg.each(S.plan.goals, sg.call(search >> Answer(), name="search")) >> Answer(), name="planner")


def main() -> None:
    flow.check()
    ask = flow.bind(sg.tools.open_corpus(CORPUS), memo=sg.Memo())
    result = ask(question="In which city was the composer of Fidelio baptised?")
    for goal in result["plan"].goals:
        print(f"goal {goal.id}: {goal.text}")
    for digest in result["digests"]:
        print(f"came back: {digest.conclusion or '-'} from {[passage.title for passage in digest.resources]}")
    print(result)
    print(f"{len(result.trace)} steps, of them {sum(step.memo == 'hit' for step in result.trace)} from the memo")


if __name__ == "__main__":
    main()
