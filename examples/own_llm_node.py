"""A node of one's own that asks a model, with a prompt file and an output type of its own, and does without a model, too.

`own_llm_node.md`, beside this file, is the prompt: a heading for each thing that is shown, a description of each field of the
reply, the instruction, and another way to say it. Only the instruction has to be there.

Run it with `python examples/own_llm_node.py`; a script plays the model. What is sent is shown, in the folder of this file, by
`seekgraph prompt show own_llm_node:flow first`.
"""

from pathlib import Path

from pydantic import BaseModel

import seekgraph as sg
from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.demo import CORPUS, questions
from seekgraph.lms import Scripted
from seekgraph.lms.scripted import Asked
from seekgraph.nodes import Answer, LLMNode, Rerank, Retrieve
from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.optimizers.tune import Tune


class Named(BaseModel):
    """What the model replies."""

    title: str


class Ordered(sg.Writes):
    context: tuple[sg.Passage, ...]


class First(LLMNode):
    """Put one passage before the others: the one that the model names, or else the first whose title the question has in it."""

    prompt = Path(__file__).with_name("own_llm_node.md")
    output = Named

    async def run(self, question: str, context: tuple[sg.Passage, ...], lm: LM | None = None) -> Ordered:
        def place(reply: Named) -> int:
            return [passage.title for passage in context].index(reply.title)  # ValueError: the node does without the model

        found = await self.ask(lm, {"question": question, "context": context}, place)
        if found is None:
            found = next((at for at, passage in enumerate(context) if passage.title in question), 0)
        return Ordered(context=(*context[found : found + 1], *context[:found], *context[found + 1 :]))

    def ideal(self, row: FitRow) -> Named | None:
        """The reply that the gold asks for: compiling makes demonstrations of it."""
        gold = [passage for passage in row.arguments["context"] if passage.id in row.example.supporting_ids]
        return Named(title=gold[0].title) if gold else None


flow = sg.Flow(Retrieve("corpus", k=8) >> Rerank(keep=4, lm="ranking") >> First() >> Answer(lm="answering"), name="first_passage")


def played(asked: Asked) -> dict[str, str]:
    """A model that names the last passage that it is shown, until a demonstration shows it how."""
    shown = asked.messages[-1].content.split("\n[")
    titles = [passage.splitlines()[2] for passage in shown[1:]]
    return {"title": titles[0 if len(asked.messages) > 2 else -1]}


def main() -> None:
    flow.check()
    resources = sg.tools.open_corpus(CORPUS)
    question = "Who wrote the libretto of The Magic Flute?"
    print("by rule:", flow.bind(resources)(question=question)["context"][0].title)
    bound = flow.bind({**resources, "lm": Scripted(played, identity="1")})
    print("by the model:", bound(question=question)["context"][0].title)
    compiled = bound.compile(
        questions("train"),
        questions("val"),
        passes=[Demonstrate(), Tune(trials=6)],
        metric="support_recall@2",
        budget=sg.Budget(seconds=60),
    )
    print(compiled)
    print(f"demonstrations in the compiled flow: {len(compiled.flow.params()['first.demos'].value)}")


if __name__ == "__main__":
    main()
