"""The machine's overhead beside that of an earlier commit, in one run.

    python benchmarks/earlier.py [COMMIT] [--rounds 5] [--out benchmarks/earlier.md]     # else the one before

Both take turns in fresh processes, the earlier one from a work tree of its own, so that a busy machine is busy for both. All
figures but the shares are seconds of the processor. Byte code is written, as it is by default.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CASES = {
    "a step of a chain of 100, in microseconds": "step",
    "32 calls of 50 ms at once, share of ideal": "calls 32",
    "128 calls of 50 ms at once, share of ideal": "calls 128",
    "a row of an evaluation whose run does nothing, in microseconds": "row",
    "a saved flow, from the first import to the first answer, in milliseconds": "answer",
    "the second question, in milliseconds": "second",
}
CHILD = """
import asyncio, importlib, sys, time
from pathlib import Path
name, case, folder = sys.argv[1:4]
sg = importlib.import_module(name)
took = time.process_time


def part(module):
    return importlib.import_module(f"{name}.{module}")


def rows(count):
    Example = part("types").Example
    return [Example(id=str(index), question="q", answers=("q",), supporting_ids=("p",)) for index in range(count)]


async def step():
    class Counted(sg.Writes):
        number: int

    class Increment(sg.Node):
        memo = False

        async def run(self, number: int) -> Counted:
            return Counted(number=number + 1)

    body = Increment()
    for _ in range(99):
        body = body >> Increment()
    bound = sg.Flow(body, inputs={"number": int}, output="number").bind()
    await bound.arun(number=0)
    spent = []
    for _ in range(60):
        began = took()
        await bound.arun(number=0)
        spent.append((took() - began) * 1e4)
    return min(spent)


def answering(seconds):
    Answer = part("types").Answer

    class Said(sg.Writes):
        answer: Answer

    class Sleep(sg.Node):
        memo = False

        async def run(self, question: str) -> Said:
            if seconds:
                await asyncio.sleep(seconds)
            return Said(answer=Answer(text=question))

    return sg.Flow(Sleep())


async def calls(parallel):
    evaluate = part("evaluation.evaluate").evaluate
    bound, shares = answering(0.05).bind(concurrency=parallel), []
    for _ in range(4):
        began = time.perf_counter()
        await evaluate(bound, rows(parallel * 8), metrics=["answer_em"], rewards=[], parallel=parallel)
        shares.append(8 * 0.05 / (time.perf_counter() - began))
    return max(shares)


async def row():
    evaluate = part("evaluation.evaluate").evaluate
    bound, spent = answering(0).bind(), []
    for _ in range(4):
        began = took()
        await evaluate(bound, rows(500))
        spent.append((took() - began) / 500 * 1e6)
    return min(spent)


def answer():
    corpus = sg.tools.BM25.open(f"{folder}/index")
    ask = sg.load(f"{folder}/flow.json").bind(corpus=corpus, links=sg.tools.TitleLinks(corpus.passages))
    ask(question="In which city was the composer of Fidelio baptised?")
    return took() * 1000, ask


def second():
    ask = answer()[1]
    began = took()
    ask(question="In which city was the composer of Aida born?")
    return (took() - began) * 1000


def prepare():
    saving = part("core.artifact").save
    saving(part("flows.bridge").flow, Path(folder, "flow.json"), location=f"{name}.flows.bridge:flow")
    sg.tools.BM25.from_jsonl(part("demo").CORPUS).save(f"{folder}/index")
    return 0.0


kind, *numbers = case.split()
value = globals()[kind](*map(int, numbers))
value = asyncio.run(value) if asyncio.iscoroutine(value) else value
print(value[0] if isinstance(value, tuple) else value)
"""


def figure(root: Path, case: str, folder: str) -> float:
    name = next(each.name for each in root.iterdir() if (each / "__init__.py").is_file() and (each / "core").is_dir())
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", CHILD, name, case, folder]
    ran = subprocess.run(command, cwd=root, env=environment | {"PYTHONPATH": str(root)}, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{name}, {case}:\n{ran.stderr}")
    return float(ran.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", nargs="?", default="HEAD~1")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        earlier = Path(folder) / "tree"
        worktree = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*worktree, "add", "--quiet", "--detach", str(earlier), options.commit], check=True)
        try:
            found = compared({"earlier": earlier, "now": ROOT}, Path(folder), options.rounds)
        finally:
            subprocess.run([*worktree, "remove", "--force", str(earlier)], check=True)
    text = report(found, options.commit, options.rounds)
    options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def compared(trees: dict[str, Path], folder: Path, rounds: int) -> dict[str, dict[str, list[float]]]:
    """The figures of each case, by tree, in order of the rounds."""
    for name, root in trees.items():
        (folder / name).mkdir()
        figure(root, "prepare", str(folder / name))
    found: dict[str, dict[str, list[float]]] = {case: {name: [] for name in trees} for case in CASES}
    for title, case in CASES.items():
        for _ in range(rounds):
            for name, root in trees.items():
                found[title][name].append(figure(root, case, str(folder / name)))
    return found


def report(found: dict[str, dict[str, list[float]]], commit: str, rounds: int) -> str:
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    lines = ["# The machine's overhead beside an earlier commit's", ""]
    lines += [f"Made by `python benchmarks/earlier.py {commit} --rounds {rounds}` on {ran_on}.", ""]
    lines += ["| | earlier: median, lowest to highest | now: median, lowest to highest | now / earlier, of the medians |"]
    lines += ["|---|---|---|---|"]
    for title, by_tree in found.items():
        cells = [f"{statistics.median(each):.3g}, {min(each):.3g} to {max(each):.3g}" for each in by_tree.values()]
        before, now = (statistics.median(each) for each in by_tree.values())
        lines.append(f"| {title} | {cells[0]} | {cells[1]} | {now / before:.2f} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
