"""A large model plans, a small one searches and answers: most calls go to the small one, so most of the money is saved.

    python examples/large_planner.py
    OPENAI_API_KEY=... python examples/large_planner.py --small openai/gpt-4.1-nano --large openai/gpt-4.1

Both are `local/smollm2-135m` unless told otherwise: a tiny model, which shows that everything works and not how well a good one
does. Where it is not installed, a script plays them; `--small script --large script` does so anyway.
"""

import argparse
import sys

import seekgraph as sg
from seekgraph import S
from seekgraph.core.base.budget import Usage
from seekgraph.core.language.lm import LM
from seekgraph.demo import CORPUS
from seekgraph.lms import MissingExtra, ModelMissing, Scripted, resolve
from seekgraph.lms.scripted import Asked, Line
from seekgraph.nodes import Answer, Plan, Read, Refine, Rerank, Retrieve

QUESTION = "In which city was the composer of Fidelio baptised?"

# The small model writes queries and answers, briefly; ranking and reading do without a model (`lm` names one that is not bound).
search = Refine(max_tokens=48, brief=True) >> Retrieve("corpus", k=sg.Int(5, 2, 20)) >> Rerank(keep=3, lm="ranking")
answer = Answer(span=True, brief=True, evidence_only=True, max_tokens=64)
executor = sg.call(search >> Read(keep=4, lm="reading") >> answer, name="search")
flow = sg.Flow(Plan(most=3, max_tokens=200) >> sg.each(S.plan.goals, executor) >> answer, name="large_planner")


def played(asked: Asked) -> Line:
    """What a good model would say about `QUESTION`, by the type of reply that is wanted."""
    wanted = asked.output.model_fields if asked.output else {}
    found = "Beethoven" in asked.prompt
    if "goals" in wanted:
        first = {"id": "1", "text": "Who composed Fidelio?"}
        return {"goals": [first, {"id": "2", "text": "In which city was #1 baptised?", "needs": ["1"]}]}
    if "query" in wanted:
        return {"query": "Ludwig van Beethoven baptised" if found else "Fidelio opera composer"}
    return {"text": "Ludwig van Beethoven" if "Who composed" in asked.prompt.rpartition("Question:")[2] else "Bonn"}


def model(name: str) -> LM:
    """The model of a name, or a script in its place where this machine has not what it needs."""
    if name == "script":
        return Scripted(played, name=name)
    try:
        return resolve(name)
    except (MissingExtra, ModelMissing) as error:
        print(f"a script plays {name}: {error}", file=sys.stderr)
        return Scripted(played, name=name)


def main() -> None:
    parser = argparse.ArgumentParser(description="A large model plans, a small one searches and answers.")
    parser.add_argument("--small", default="local/smollm2-135m", help="the model that searches and answers")
    parser.add_argument("--large", default="local/smollm2-135m", help="the model that plans")
    parser.add_argument("--question", default=QUESTION)
    given = parser.parse_args()

    flow.check()
    resources = sg.tools.open_corpus(CORPUS)
    ask = flow.bind({**resources, "plan.lm": model(given.large)}, lm=model(given.small), budget=sg.Budget(calls=60, usd=0.10))
    result = ask(question=given.question)
    for step in result.errors:
        print(f"{step.id}: {step.error and step.error.message}")
    for goal in result["plan"].goals if "plan" in result.values else ():
        print(f"goal {goal.id}: {goal.text}")
    if result.answer is None or result.answer.refused:
        print("no answer" if result.answer is None else f"refused: {result.answer.text}")
    else:
        print(f"answer: {result.answer.text}")
        titles = {passage.id: passage.title for passage in result.passages}
        print("cites: " + (", ".join(f"[{each}] {titles.get(each, '')}" for each in result.answer.citations) or "nothing"))
    for role, name, planning in (("large", given.large, True), ("small", given.small, False)):
        cost = Usage()
        for step in result.trace:
            if (step.path == "plan") is planning:
                cost.add(Usage.of(step.usage))
        print(f"{role}, {name}: {cost.calls} calls, {cost.tokens_in} tokens in, {cost.tokens_out} out, {cost.usd:.6f} US dollars")


if __name__ == "__main__":
    main()
