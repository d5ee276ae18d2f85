"""A first flow: search, follow titles, rank, answer, on the corpus that ships with the package.

Run it with `python examples/first_flow.py`.
"""

import seekgraph as sg
from seekgraph.demo import CORPUS, questions
from seekgraph.nodes import Answer, Hop, Rerank, Retrieve

flow = sg.Flow(Retrieve("corpus", k=10) >> Hop() >> Rerank(keep=5) >> Answer(), name="first")


def main() -> None:
    flow.check()
    ask = flow.bind(sg.tools.open_corpus(CORPUS))
    result = ask(question="In which city was the composer of Fidelio baptised?")
    assert result.answer is not None
    print(result.answer.text, result.answer.citations)
    report = ask.evaluate(questions("test"), metrics=["support_recall@5", "answer_f1"])
    for name, interval in report.metrics.items():
        print(f"{name}: {interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]")


if __name__ == "__main__":
    main()
