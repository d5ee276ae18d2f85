"""What the machine costs: a step, concurrency, a trace, an import; beside LangGraph, DSPy and pydantic_graph in the same run.

    python benchmarks/overhead.py [--rounds 5] [--out benchmarks/overhead.md]

Nodes do nothing, or sleep for 50 ms as a model call would, so that all that is measured is the framework. Each figure is the
median of several rounds, in which the frameworks take turns; compare figures of one table only. A peer that is not installed is
left out, with a word (`pip install -e ".[benchmarks]"`).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import pickle
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Annotated, Any, TypedDict

import seekgraph as sg
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.types import Answer, Example

STEPS = 100
CALL = 0.05
PAYLOAD = "x" * 1024
Case = Callable[[], Awaitable[float] | float]


class Counted(sg.Writes):
    number: int


class Increment(sg.Node):
    memo = False

    async def run(self, number: int) -> Counted:
        return Counted(number=number + 1)


class Said(sg.Writes):
    answer: Answer


class Sleep(sg.Node):
    memo = False

    async def run(self, question: str) -> Said:
        await asyncio.sleep(CALL)
        return Said(answer=Answer(text=question))


class Noted(sg.Writes):
    notes: Annotated[tuple[str, ...], sg.Merge.APPEND]


class Note(sg.Node):
    memo = False

    async def run(self, number: int) -> Noted:
        return Noted(notes=(PAYLOAD,))


def chain(node: sg.Node, length: int, **options: Any) -> sg.Flow:
    body: Any = node
    for _ in range(length - 1):
        body = body >> node
    return sg.Flow(body, inputs={"number": int}, **options)


# --- a step -----------------------------------------------------------------------------------------------------------


def seekgraph_step() -> Case:
    bound = chain(Increment(), STEPS, output="number").bind()

    async def run() -> float:
        began = time.perf_counter()
        result = await bound.arun(number=0)
        spent = time.perf_counter() - began
        assert (result["number"], len(result.trace)) == (STEPS, STEPS + 1)
        return spent / STEPS * 1e6

    return run


def langgraph_step() -> Case:
    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        number: int

    async def increment(state: State) -> State:
        return {"number": state["number"] + 1}

    graph: Any = StateGraph(State)
    for index in range(STEPS):
        graph.add_node(f"n{index}", increment)
        graph.add_edge(f"n{index - 1}" if index else START, f"n{index}")
    graph.add_edge(f"n{STEPS - 1}", END)
    compiled = graph.compile()

    async def run() -> float:
        began = time.perf_counter()
        state = await compiled.ainvoke({"number": 0}, {"recursion_limit": STEPS + 5})
        spent = time.perf_counter() - began
        assert state["number"] == STEPS
        return spent / STEPS * 1e6

    return run


def pydantic_graph_step() -> Case:
    from pydantic_graph import GraphBuilder, StepContext

    builder: Any = GraphBuilder(input_type=int, output_type=int)

    async def increment(context: StepContext[None, None, int]) -> int:
        return context.inputs + 1

    steps = [builder.step(increment, node_id=f"n{index}") for index in range(STEPS)]
    edges = [builder.edge_from(builder.start_node).to(steps[0])]
    edges += [builder.edge_from(first).to(second) for first, second in pairwise(steps)]
    builder.add(*edges, builder.edge_from(steps[-1]).to(builder.end_node))
    graph = builder.build()

    async def run() -> float:
        began = time.perf_counter()
        assert await graph.run(inputs=0) == STEPS
        return (time.perf_counter() - began) / STEPS * 1e6

    return run


def dspy_step() -> Case:
    import dspy

    class Add(dspy.Module):
        def forward(self, number: int) -> int:
            return number + 1

    class Chain(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = [Add() for _ in range(STEPS)]

        def forward(self, number: int) -> int:
            for part in self.parts:
                number = part(number=number)
            return number

    program = Chain()

    def run() -> float:
        began = time.perf_counter()
        program(number=0)
        return (time.perf_counter() - began) / STEPS * 1e6

    return run


# --- concurrency ------------------------------------------------------------------------------------------------------


def seekgraph_calls(parallel: int) -> Case:
    bound = sg.Flow(Sleep()).bind(concurrency=parallel)
    examples = [Example(id=str(index), question="q", answers=("q",)) for index in range(parallel * 8)]

    async def run() -> float:
        began = time.perf_counter()
        report = await evaluate(bound, examples, metrics=["answer_em"], rewards=[], parallel=parallel)
        spent = time.perf_counter() - began
        assert (report.n, report.errors) == (len(examples), 0)
        return 8 * CALL / spent

    return run


def langgraph_calls(parallel: int) -> Case:
    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        question: str

    async def sleep(state: State) -> State:
        await asyncio.sleep(CALL)
        return state

    graph: Any = StateGraph(State)
    graph.add_node("sleep", sleep)
    graph.add_edge(START, "sleep")
    graph.add_edge("sleep", END)
    compiled = graph.compile()

    async def run() -> float:
        began = time.perf_counter()
        await compiled.abatch([{"question": "q"}] * (parallel * 8), {"max_concurrency": parallel})
        return 8 * CALL / (time.perf_counter() - began)

    return run


def dspy_calls(parallel: int) -> Case:
    import dspy

    class Sleeper(dspy.Module):
        def forward(self, question: str) -> Any:
            time.sleep(CALL)
            return dspy.Prediction(answer=question)

    rows = [dspy.Example(question="q", answer="q").with_inputs("question") for _ in range(parallel * 8)]
    evaluator = dspy.Evaluate(
        devset=rows,
        metric=lambda row, found, trace=None: row.answer == found.answer,
        num_threads=parallel,
        display_progress=False,
    )
    program = Sleeper()

    def run() -> float:
        began = time.perf_counter()
        evaluator(program)
        return 8 * CALL / (time.perf_counter() - began)

    return run


# --- a trace ----------------------------------------------------------------------------------------------------------


def trace_sizes() -> dict[str, float]:
    """Bytes kept of a run of 50 steps of 1 KB each, over the bytes that the steps wrote."""
    sizes = {}
    result = chain(Note(), 50, output="notes").bind()(number=0)
    with tempfile.TemporaryDirectory() as folder:
        saved = result.trace.save(Path(folder) / "trace.jsonl")
        sizes["Seekgraph, trace file"] = saved.stat().st_size / (50 * len(json.dumps({"notes": [PAYLOAD]})))
    if importlib.util.find_spec("langgraph"):
        sizes["LangGraph, checkpoints in memory"] = _langgraph_checkpoints() / (50 * len(json.dumps({"notes": [PAYLOAD]})))
    return sizes


def _langgraph_checkpoints() -> int:
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        notes: Annotated[list[str], add]

    graph: Any = StateGraph(State)
    for index in range(50):
        graph.add_node(f"n{index}", lambda state: {"notes": [PAYLOAD]})
        graph.add_edge(f"n{index - 1}" if index else START, f"n{index}")
    graph.add_edge("n49", END)
    saver = InMemorySaver()
    graph.compile(checkpointer=saver).invoke({"notes": []}, {"configurable": {"thread_id": "1"}, "recursion_limit": 60})
    kept: Any = (dict(saver.blobs), {thread: dict(spaces) for thread, spaces in saver.storage.items()})
    return len(pickle.dumps(json.loads(json.dumps(repr(kept)))))


# --- an import --------------------------------------------------------------------------------------------------------


def import_seconds(module: str) -> float:
    code = f"import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def deployed_seconds() -> dict[str, float]:
    """From the first import to the first answer of a saved flow over a saved index of the demo corpus, in a fresh process."""
    from seekgraph.core.artifact import save
    from seekgraph.demo import CORPUS
    from seekgraph.flows.bridge import flow

    code = (
        "import sys, time; began = time.perf_counter(); import seekgraph as sg\n"
        "corpus = sg.tools.BM25.open(sys.argv[2])\n"
        "ask = sg.load(sys.argv[1]).bind(corpus=corpus, links=sg.tools.TitleLinks(corpus.passages))\n"
        "ask(question='In which city was the composer of Fidelio baptised?')\n"
        "print(time.perf_counter() - began, time.process_time())"
    )
    with tempfile.TemporaryDirectory() as folder:
        save(flow, Path(folder) / "flow.json", location="seekgraph.flows.bridge:flow")
        sg.tools.BM25.from_jsonl(CORPUS).save(Path(folder) / "index")
        command = [sys.executable, "-c", code, f"{folder}/flow.json", f"{folder}/index"]
        clock, processor = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return {"on the clock": float(clock), "of the processor": float(processor)}


# --- an evaluation ----------------------------------------------------------------------------------------------------


def row_microseconds() -> float:
    """What `evaluate` adds for each of 1,000 rows whose run does nothing, the run included."""

    class Instant(sg.Node):
        memo = False

        async def run(self, question: str) -> Said:
            return Said(answer=Answer(text=question))

    rows = [Example(id=str(number), question="?", answers=("a",), supporting_ids=("p",)) for number in range(1000)]
    bound = sg.Flow(Instant()).bind()
    began = time.perf_counter()
    asyncio.run(evaluate(bound, rows))
    return (time.perf_counter() - began) / len(rows) * 1e6


# --- running ----------------------------------------------------------------------------------------------------------


async def once(case: Case) -> float:
    value = case()
    return value if isinstance(value, float) else await value


def measured(makers: dict[str, Callable[[], Case]], rounds: int) -> dict[str, list[float]]:
    """Each case once to warm up, then `rounds` times, the cases taking turns."""
    cases = {}
    for name, make in makers.items():
        try:
            cases[name] = make()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    found: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, case in cases.items():
            value = asyncio.run(once(case))
            if number:
                found[name].append(value)
    return found


def table(title: str, unit: str, found: dict[str, list[float]], digits: int) -> list[str]:
    first = statistics.median(next(iter(found.values())))
    lines = [f"## {title}", "", f"| | median | lowest to highest | {unit}, relative to Seekgraph |", "|---|---|---|---|"]
    for name, values in found.items():
        middle = statistics.median(values)
        lines.append(
            f"| {name} | {middle:.{digits}f} | {min(values):.{digits}f} to {max(values):.{digits}f} | {middle / first:.2f} |"
        )
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    lines = ["# What the machine costs", ""]
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    lines += [f"Made by `python benchmarks/overhead.py --rounds {options.rounds}` on {ran_on}. Compare within a table.", ""]
    steps = {
        "Seekgraph, with its trace": seekgraph_step,
        "LangGraph, no checkpointer": langgraph_step,
        "pydantic_graph": pydantic_graph_step,
        "DSPy, a module that calls modules": dspy_step,
    }
    lines += table(f"A step of a chain of {STEPS}, in microseconds", "microseconds", measured(steps, options.rounds * 4), 1)
    for parallel in (32, 128):
        calls = {
            "Seekgraph `evaluate`": lambda parallel=parallel: seekgraph_calls(parallel),
            "LangGraph `abatch`": lambda parallel=parallel: langgraph_calls(parallel),
            "DSPy `Evaluate`": lambda parallel=parallel: dspy_calls(parallel),
        }
        title = f"{parallel} calls of 50 ms at the same time, share of ideal throughput"
        lines += table(title, "share", measured(calls, options.rounds), 3)
    lines += ["## What is kept of 50 steps of 1 KB, over what they wrote", "", "| | ratio |", "|---|---|"]
    lines += [f"| {name} | {ratio:.2f} |" for name, ratio in trace_sizes().items()] + [""]
    modules = [name for name in ("seekgraph", "pydantic", "pydantic_graph", "langgraph.graph", "dspy") if _installed(name)]
    imports: dict[str, list[float]] = {f"import {name}": [] for name in modules}
    for _ in range(max(5, options.rounds)):
        for name in modules:
            imports[f"import {name}"].append(import_seconds(name) * 1000)
    lines += table("An import in a fresh process, in milliseconds", "milliseconds", imports, 1)
    ready = [deployed_seconds() for _ in range(options.rounds)]
    starts = {f"first import to first answer, {name}": [each[name] * 1000 for each in ready] for name in ready[0]}
    lines += table("A saved flow over a saved index in a fresh process, in milliseconds", "milliseconds", starts, 0)
    costs = {"Seekgraph `evaluate`": [row_microseconds() for _ in range(options.rounds)]}
    lines += table("A row of an evaluation whose run does nothing, in microseconds", "microseconds", costs, 0)
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module.partition(".")[0]) is not None


if __name__ == "__main__":
    main()
