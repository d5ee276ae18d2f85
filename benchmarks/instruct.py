"""Instructions written on a landscape whose optimum is known: regret over budget, against random search, TPE and gepa.

    python benchmarks/instruct.py [--seeds 10] [--sizes 3 6 12] [--processes 2] [--out benchmarks/instruct.md]

A flow of 3, 6 or 12 steps, each with an instruction of its own, and a scripted model. A question says for each step what it has
to mind, one of four words. A step does well where its instruction says so ("Mind amber."), and else in a quarter of the cases;
each of two other sentences ("Hurry.") makes it do worse. An instruction begins with one right and one harmful sentence. The
quality of a run is the share of its steps that do well, seen through a judge with an error of .1; a step's reward is wrong in a
tenth of the cases, and says in words what was not minded. What an instruction is worth is known without running it; 1 is best.

The model that writes is scripted, too: it sees what it is shown, adds the sentence for the word that was not minded most often,
takes out a harmful one now and then, and makes a mistake in a quarter of its proposals. It serves our pass and gepa alike.

Every method has 40 questions and the same number of model calls, those of the model that writes among them. Regret is 1 less the
true worth of what looks best by then; ours search on 24 questions, hold 16 back and return a change only if these agree: the last
column has the regret of what they return.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import json
import math
import os
import platform
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel

import seekgraph as sg
from seekgraph.core.language.lm import LM
from seekgraph.evaluation.metrics import metric
from seekgraph.lms import Scripted
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.instruct import Instruct
from seekgraph.optimizers.tune import Tune
from seekgraph.rewards import Score
from seekgraph.types import Answer, Example

WORDS = ("amber", "cobalt", "ivory", "jade")
HARM = ("Hurry.", "Be witty.")
SENTENCES = (*(f"Mind {word}." for word in WORDS), *HARM)
BASE = "Do the step."
GUESS, HARMED, JUDGE, WRONG = 0.25, 0.7, 0.1, 0.1
SIZES, BUDGETS = (3, 6, 12), (40, 80, 160)
TRAIN, VAL = 24, 16


# --- the landscape --------------------------------------------------------------------------------------------------


def lot(*of: object) -> float:
    """A number in [0, 1) that depends on these things alone."""
    return int.from_bytes(hashlib.blake2b(repr(of).encode(), digest_size=7).digest(), "big") / 2**56


def has(instruction: str) -> tuple[bool, ...]:
    """Which sentences an instruction has: all that its worth depends on."""
    return tuple(sentence in instruction for sentence in SENTENCES)


def chance(held: Sequence[bool], word: str) -> float:
    """The chance that a step does well with these sentences, where it has to mind a word."""
    return (1.0 if held[WORDS.index(word)] else GUESS) * HARMED ** sum(held[len(WORDS) :])


def worth(instructions: Sequence[str]) -> float:
    """The true quality over all questions."""
    each = (sum(chance(has(text), word) for word in WORDS) / len(WORDS) for text in instructions)
    return sum(each) / len(instructions)


def needed(question: str, place: int) -> str:
    """What a step has to mind."""
    return WORDS[int(lot("needs", question, place) * len(WORDS))]


def done(question: str, place: int, instruction: str) -> bool:
    """Whether a step does well."""
    held = has(instruction)
    return lot("done", question, place, held) < chance(held, needed(question, place))


def judged(question: str, marks: Sequence[str]) -> float:
    """The quality of a run as a judge sees it, in [0, 1]."""
    share = sum(mark.endswith("+") for mark in marks) / len(marks)
    error = random.Random(repr((question, sorted(marks)))).gauss(0, JUDGE)
    return min(1.0, max(0.0, share + error))


def rewarded(question: str, place: int, well: bool) -> tuple[float, str]:
    """The reward of a step, wrong in a tenth of the cases, with what it says."""
    seen = well ^ (lot("seen", question, place, well) < WRONG)
    return (1.0, "") if seen else (0.0, f"it did not mind {needed(question, place)}")


def improved(instruction: str, feedback: Sequence[str], salt: object) -> str:
    """What the model that writes makes of an instruction, from what was said of its visits."""
    sentences = [each for each in SENTENCES if each in instruction]
    missed = Counter(word for said in feedback for word in re.findall(r"did not mind (\w+)", said))
    new = next((f"Mind {word}." for word, _ in missed.most_common() if f"Mind {word}." not in sentences), "")
    if lot("slip", instruction, salt) < 0.25:
        new = HARM[int(lot("which", instruction, salt) * len(HARM))]
    if lot("clears", instruction, salt) < 0.4:
        sentences = [each for each in sentences if each not in HARM]
    return " ".join(dict.fromkeys([BASE, *sentences, *([new] if new else [])]))


def beginning(place: int, seed: int) -> str:
    """The instruction that a step begins with."""
    chosen = random.Random(f"{place}:{seed}")
    return f"{BASE} Mind {chosen.choice(WORDS)}. {chosen.choice(HARM)}"


def questions(seed: int) -> list[str]:
    return [f"question {seed}-{number}" for number in range(TRAIN + VAL)]


# --- ours -----------------------------------------------------------------------------------------------------------


class Mark(BaseModel):
    mark: str


class Marks(sg.Writes):
    marks: Annotated[tuple[str, ...], sg.Merge.APPEND]


class Said(sg.Writes):
    answer: Answer


class Step(LLMNode):
    prompt = BASE
    output = Mark
    place: int = 0

    async def run(self, question: str, lm: LM | None = None) -> Marks:
        mark = await self.ask(lm, {"question": f"{question} step {self.place}"}, lambda reply: reply.mark)
        return Marks(marks=(mark or f"{self.place}-",))


class Sum(sg.Node):
    async def run(self, question: str, marks: tuple[str, ...]) -> Said:
        return Said(answer=Answer(text=repr(judged(question, marks))))


def quality(example: Example, outcome: Any) -> float:
    """What the judge says of a run."""
    return float(outcome.answer.text)


@sg.rewards.reward(on="marks")
def did_step(step: Any, trace: Any, example: Example) -> Score:
    (mark,) = step.writes["marks"]
    return Score(*rewarded(example.question, int(mark[:-1]), mark.endswith("+")))


def does(asked: Any) -> dict[str, Any]:
    question, place = re.findall(r"(question \S+) step (\d+)", asked.messages[-1].content)[-1]
    well = done(question, int(place), asked.messages[0].content)
    return {"mark": f"{place}{'+' if well else '-'}"}


def writes(asked: Any) -> dict[str, Any]:
    text = asked.messages[-1].content
    found = re.search(r'The instruction that it works by now:\n("{3,})\n(.*?)\n\1', text, re.DOTALL)
    if found is None:  # two instructions are to be one
        return {"instruction": " ".join([BASE, *(each for each in SENTENCES if each in text and each not in HARM)])}
    return {"cause": "", "instruction": improved(found[2], re.findall(r"did not mind \w+", text), text)}


Curve = list[tuple[int, float]]
"""Calls made, and the regret of what looks best by then."""


@dataclass
class Ours:
    """A pass of ours. `writes`: with the model that writes, and without written variants."""

    make: Callable[[], Any]
    writes: bool = False

    def __call__(self, size: int, calls: int, seed: int) -> tuple[Curve, float]:
        drawn, steps, curve = random.Random(f"variants:{seed}"), [], list[tuple[int, float]]()
        for place in range(size):
            variants = [] if self.writes else [subset(drawn) for _ in range(7)]
            steps.append(Step(instruction=sg.Text(beginning(place, seed), variants=variants), place=place).named(f"s{place}"))
        model, writer = Scripted(does, identity="does"), Scripted(writes)
        bound = sg.Flow(sg.fan(*steps) >> Sum(), name="steps").bind(lm=model)
        rows = [Example(id=f"q{number:02}", question=text, answers=("1",)) for number, text in enumerate(questions(seed))]

        def say(event: str, facts: Mapping[str, Any]) -> None:
            if event == "trial" and "texts" in facts:
                regret = 1 - worth([facts["texts"][f"s{place}.instruction"] for place in range(size)])
                curve.append((len(model.asked) + len(writer.asked), regret))

        compiled = asyncio.run(
            compile_flow(
                bound,
                rows[:TRAIN],
                rows[TRAIN:],
                metric=metric(quality),
                rewards=[did_step],
                passes=[self.make()],
                hold=(),
                reflect_lm=writer if self.writes else None,
                budget=sg.Budget(calls=calls),
                seed=seed,
                say=say,
            )
        )
        params = compiled.flow.params()
        return curve, 1 - worth([params[f"s{place}.instruction"].value for place in range(size)])


# --- the others -----------------------------------------------------------------------------------------------------


def subset(chosen: random.Random) -> str:
    return " ".join([BASE, *(each for each in SENTENCES if chosen.random() < 0.5)])


def observed(instructions: Sequence[str], asked: Sequence[str]) -> float:
    return statistics.fmean(
        judged(question, [f"{place}{'+' if done(question, place, text) else '-'}" for place, text in enumerate(instructions)])
        for question in asked
    )


def random_search(size: int, calls: int, seed: int) -> tuple[Curve, float]:
    chosen, asked = random.Random(seed), questions(seed)
    tried = [[beginning(place, seed) for place in range(size)]]
    tried += [[subset(chosen) for _ in range(size)] for _ in range(calls // (size * len(asked)) - 1)]
    return best_so_far([(texts, observed(texts, asked)) for texts in tried], size * len(asked))


def best_so_far(tried: Sequence[tuple[Sequence[str], float]], each: int) -> tuple[Curve, float]:
    """The curve of trials with what was observed of them, `each` of so many calls."""
    curve = []
    for number in range(1, len(tried) + 1):
        texts, _ = max(tried[:number], key=lambda one: one[1])
        curve.append((number * each, 1 - worth(texts)))
    return curve, curve[-1][1]


def tpe(size: int, calls: int, seed: int) -> tuple[Curve, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    asked, tried = questions(seed), []
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    held = [has(beginning(place, seed)) for place in range(size)]
    study.enqueue_trial({f"{place}/{number}": held[place][number] for place, number in pairs(size)})
    for _ in range(calls // (size * len(asked))):
        trial = study.ask()
        on = {pair: trial.suggest_categorical(f"{pair[0]}/{pair[1]}", [False, True]) for pair in pairs(size)}
        chosen = [[each for number, each in enumerate(SENTENCES) if on[place, number]] for place in range(size)]
        texts = [" ".join([BASE, *each]) for each in chosen]
        tried.append((texts, observed(texts, asked)))
        study.tell(trial, tried[-1][1])
    return best_so_far(tried, size * len(asked))


def pairs(size: int) -> list[tuple[int, int]]:
    return list(itertools.product(range(size), range(len(SENTENCES))))


class Adapter:
    """The landscape for gepa: an evaluation of a candidate is a call for each of its steps."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.calls = 0

    def evaluate(self, batch: list[str], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        from gepa.core.adapter import EvaluationBatch

        outputs, scores = [], []
        for question in batch:
            well = [done(question, place, candidate[f"s{place}"]) for place in range(self.size)]
            outputs.append((question, well))
            scores.append(judged(question, [f"{place}{'+' if each else '-'}" for place, each in enumerate(well)]))
        self.calls += self.size * len(batch)
        return EvaluationBatch(outputs=outputs, scores=scores, trajectories=outputs if capture_traces else None)

    def make_reflective_dataset(self, candidate: dict[str, str], evaluated: Any, components: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in components:
            place = int(name[1:])
            found[name] = [
                {"Inputs": question, "Generated Outputs": str(well[place]), "Feedback": rewarded(question, place, well[place])[1]}
                for question, well in evaluated.trajectories
            ]
        return found

    def propose_new_texts(self, candidate: dict[str, str], dataset: Mapping[str, Any], components: list[str]) -> dict[str, str]:
        self.calls += len(components)
        return {
            name: improved(candidate[name], [record["Feedback"] for record in dataset[name]], str(dataset[name]))
            for name in components
        }


class Quiet:
    def log(self, message: str) -> None:
        pass


def gepa(size: int, calls: int, seed: int) -> tuple[Curve, float]:
    from gepa import optimize

    adapter, asked, curve = Adapter(size), questions(seed), list[tuple[int, float]]()

    def stop(state: Any) -> bool:
        scores = state.program_full_scores_val_set
        best = state.program_candidates[max(range(len(scores)), key=lambda at: scores[at])]
        curve.append((adapter.calls, 1 - worth([best[f"s{place}"] for place in range(size)])))
        return adapter.calls >= calls

    found = optimize(
        seed_candidate={f"s{place}": beginning(place, seed) for place in range(size)},
        trainset=asked[:TRAIN],
        valset=asked[TRAIN:],
        adapter=adapter,
        stop_callbacks=stop,
        seed=seed,
        logger=Quiet(),
    )
    return curve, 1 - worth([found.best_candidate[f"s{place}"] for place in range(size)])


METHODS: dict[str, Callable[[int, int, int], tuple[Curve, float]]] = {
    "`Instruct`, by reflection": Ours(lambda: Instruct(rounds=300), writes=True),
    "`Instruct`, eight written variants, edits": Ours(lambda: Instruct(rounds=300, paraphrase=False)),
    "`Tune`, eight written variants": Ours(lambda: Tune(trials=300)),
    "random search over sentences": random_search,
    "TPE over sentences": tpe,
    "gepa 0.1.4, as it comes": gepa,
}


def one(task: tuple[str, int, int]) -> list[float]:
    """The regrets of one method at the budgets, and of what it returns in the end."""
    name, size, seed = task
    curve, end = METHODS[name](size, BUDGETS[-1] * size, seed)
    start = 1 - worth([beginning(place, seed) for place in range(size)])
    at = [next((regret for calls, regret in reversed(curve) if calls <= each * size), start) for each in BUDGETS]
    return [*(at if curve else [float("nan")] * len(BUDGETS)), end]


def measured(sizes: Sequence[int], seeds: int, processes: int) -> dict[str, Any]:
    """The regrets of each method by size: one list for each seed; and how long it took, in seconds."""
    found: dict[str, Any] = {}
    with ProcessPoolExecutor(processes) as pool:
        for size in sizes:
            began = time.perf_counter()
            rows = {name: list(pool.map(one, [(name, size, seed) for seed in range(seeds)])) for name in METHODS}
            found[str(size)] = {"rows": rows, "seconds": time.perf_counter() - began}
            print(f"{size} instructions: {found[str(size)]['seconds']:.0f} s", flush=True)
    return found


def table(found: Mapping[str, Any]) -> list[str]:
    lines = []
    for size in sorted(map(int, found)):
        rows = found[str(size)]["rows"]
        seeds = len(next(iter(rows.values())))
        start = [1 - worth([beginning(place, seed) for place in range(size)]) for seed in range(seeds)]
        lines += [f"\n## {size} instructions\n", f"Regret to begin with: {statistics.fmean(start):.3f}.\n"]
        lines += [f"| model calls | {' | '.join(f'{each * size:,}' for each in BUDGETS)} | returned |"]
        lines += ["|---|" + "---|" * (len(BUDGETS) + 1)]
        lines += [f"| {name} | {' | '.join(map(cell, zip(*each, strict=True)))} |" for name, each in rows.items()]
    return lines


def cell(regrets: Sequence[float]) -> str:
    """A mean with its 95 % interval."""
    if any(map(math.isnan, regrets)):
        return "-"
    error = statistics.stdev(regrets) / len(regrets) ** 0.5 if len(regrets) > 1 else 0.0
    return f"{statistics.fmean(regrets):.3f} ± {1.96 * error:.3f}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "instruct.json")
    options.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    given = options.parse_args()
    given.results.parent.mkdir(exist_ok=True)
    found = json.loads(given.results.read_text(encoding="utf-8")) if given.results.exists() else {}
    found |= measured(given.sizes, given.seeds, given.processes)
    given.results.write_text(json.dumps(found), encoding="utf-8")
    lines, took = table(found), sum(each["seconds"] for each in found.values())
    head = (__doc__ or "").split("\n\n")
    where = f"Python {platform.python_version()}, {os.cpu_count()} cores; {took:.0f} s in all."
    text = ["# Instructions written on a known landscape\n", f"{head[0]}\n", *(f"{each.strip()}\n" for each in head[2:])]
    text += [f"Means over {given.seeds} seeds with their 95 % intervals; lower is better. {where}", *lines, ""]
    given.out.write_text("\n".join(text), encoding="utf-8")
    print(f"wrote {given.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
