"""A node and a channel of one's own: cut the context to a number of words, tuned by the compiler.

Run it with `python examples/own_node.py`.
"""

import seekgraph as sg
from seekgraph.demo import CORPUS, questions
from seekgraph.nodes import Answer, Rerank, Retrieve
from seekgraph.optimizers.tune import Tune


class Shorter(sg.Writes):
    context: tuple[sg.Passage, ...]
    words_kept: int


class Shorten(sg.Node):
    """Hand on only the best passages that fit into `words`; `words_kept` is a channel of this node's own."""

    words: int = sg.Int(150, low=20, high=2000, log=True)

    async def run(self, context: tuple[sg.Passage, ...]) -> Shorter:
        kept: list[sg.Passage] = []
        left = self.words
        for passage in context:
            size = len(passage.text.split())
            if size > left:
                break
            left -= size
            kept.append(passage)
        return Shorter(context=tuple(kept), words_kept=self.words - left)


flow = sg.Flow(Retrieve("corpus") >> Rerank() >> Shorten() >> Answer(), name="shortened")


def main() -> None:
    flow.check()
    bound = flow.bind(sg.tools.open_corpus(CORPUS))
    print(bound(question="Who wrote the libretto of The Magic Flute?")["words_kept"], "words handed on as written")
    compiled = bound.compile(
        questions("train"), questions("val"), metric="support_recall@5", passes=[Tune(trials=10)], budget=sg.Budget(seconds=60)
    )
    print(compiled)
    print({name: param.value for name, param in compiled.flow.params().items() if name.startswith("shorten")})


if __name__ == "__main__":
    main()
