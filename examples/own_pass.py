"""A pass of one's own for `compile`: tries every number of passages to keep, and takes the best if other rows agree.

    seekgraph compile own_pass:flow --docs CORPUS --train TRAIN --val VAL --metric support_recall@5 --pass own_pass:Sweep

in the folder of this file. Budget, journal, resuming and the test of what it proposes come with the search that it is given.
"""

from dataclasses import dataclass

import seekgraph as sg
from seekgraph.core.machine.bound import Bound
from seekgraph.demo import CORPUS, questions
from seekgraph.nodes import Answer, Rerank, Retrieve
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.search import Search


@dataclass(frozen=True)
class Sweep:
    """Each of `values` for the param `param` in turn; the best on the training rows is judged on the held-back ones."""

    param: str = "retrieve.k"
    values: tuple[int, ...] = (2, 5, 10, 20)
    name: str = "sweep"

    def work(self, bound: Bound, train: int, val: int) -> Work:
        """What it would do, before anything runs."""
        if self.param not in bound.flow.params():
            return Work(self.name, 0, 0, 0, f"the flow has no param {self.param}")
        runs = train * len(self.values) + val
        return Work(self.name, train, runs, 1, f"{self.param} in {self.values}")

    async def run(self, search: Search) -> None:
        """Try all, hand the best to `accept`: only that changes the flow, and only if the test on other rows says so."""
        tried = [{**search.values, self.param: value} for value in self.values]
        signals = [search.signal(await search.rows(each, search.train)) for each in tried]
        best = max(range(len(tried)), key=lambda at: (signals[at], -at))
        await search.accept(self.name, tried[best], note=f"{self.param} = {self.values[best]}, of {self.values}")


flow = sg.Flow(Retrieve("corpus", k=sg.Int(2, 1, 50)) >> Rerank(keep=10) >> Answer(), name="swept")


def main() -> None:
    bound = flow.bind(sg.tools.open_corpus(CORPUS))
    train, val = questions("train"), questions("val")
    compiled = bound.compile(train, val, metric="support_recall@5", passes=[Sweep()], budget=sg.Budget(seconds=60))
    print(compiled)
    print("retrieve.k:", compiled.flow.params()["retrieve.k"].value)


if __name__ == "__main__":
    main()
