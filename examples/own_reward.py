"""A reward of one's own: how high a passage stands that says the answer. Scored, combined, and compiled for.

Run it with `python examples/own_reward.py`. On the command line it is
`seekgraph evaluate FLOW ... --reward own_reward:says_answer`, or `own_reward:search`, in the folder of this file.
"""

import seekgraph as sg
from seekgraph.core.record.step import Step
from seekgraph.demo import CORPUS, questions
from seekgraph.flows.single import flow
from seekgraph.optimizers.tune import Tune
from seekgraph.rewards import Score, novelty, reward, scores


@reward(on="passages", needs="answers")
def says_answer(step: Step, trace: sg.Trace, example: sg.Example) -> Score:
    """1 / rank of the first passage that says a gold answer, 0 where none does."""
    for rank, passage in enumerate(step.writes["passages"], start=1):
        if any(answer in passage.text for answer in example.answers):
            return Score(1 / rank, f"{passage.id} says it, at rank {rank}")
    return Score(0.0, "no passage says it")


search = (sg.Float(0.7, 0, 1, name="rank") * says_answer + 0.3 * novelty).named("search")


def main() -> None:
    bound = flow.bind(sg.tools.open_corpus(CORPUS))
    report = bound.evaluate(questions("val"), metrics=["support_recall@5"], rewards=[says_answer, search])
    print({name: mean.mean for name, mean in report.rewards["retrieve"].items()})

    stricter = search.with_params({"rank": 0.9}).named("stricter")
    found = bound.evaluate(questions("val"), rewards=[stricter]).rewards["retrieve"]["stricter"].mean
    print({name: param.value for name, param in stricter.params().items()}, found)

    example = sg.read_examples(questions("val"))[0]
    for step, each, score in scores(bound(question=example.question).trace, [says_answer], example):
        print(f"{example.question} {step.id}: {each.name} {score.value}, {score.feedback}")

    compiled = bound.compile(
        questions("train"), questions("val"), rewards=[search], passes=[Tune(trials=8)], budget=sg.Budget(seconds=60)
    )
    print(compiled)


if __name__ == "__main__":
    main()
