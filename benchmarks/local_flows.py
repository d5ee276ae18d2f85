"""How long a question takes with the small local model, and how good the answers are: by flow, and by what is left to the model.

    python benchmarks/local_flows.py --data ../shared/data --before CHECKOUT   # everything, then benchmarks/local_flows.md
    python benchmarks/local_flows.py --part roles:refine --rows 16             # one part; the page has all that have been run
    python benchmarks/local_flows.py --page                                    # the page alone

The parts `reader`, `react` and `plan_execute` put the first questions of musique to that flow as written: without a model, with
the local one as it is bound by default (`now`), and, with --before, in the code of another checkout (`before`). Arms take turns
question by question, each in a process of its own with the model loaded, so that what else runs on the machine slows down all.
The parts `roles:ROLE` let the model do that role alone, in the place of the rules, in a flow that has it.

Needs `pip install -e ".[local]"` and `seekgraph models pull smollm2-135m`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
DATA = HERE.parents[2] / "shared" / "data"
MODEL = "local/smollm2-135m"
FLOWS = {"reader": 5, "react": 20, "plan_execute": 30}
"""The flows, with the seconds that a question is to take at most on two cores."""
ROLES: Mapping[str, tuple[str, str, str]] = {
    "refine": ("react", "search/refine", "search.max_rounds=2"),
    "read": ("react", "search/read", "search.max_rounds=2"),
    "reflect": ("react", "search/reflect", "search.max_rounds=2"),
    "plan": ("plan_execute", "plan", "goal/search.max_rounds=2"),
    "rerank": ("plan_execute", "goal/search/rerank", "goal/search.max_rounds=2"),
    "answer_goal": ("plan_execute", "goal/answer", "goal/search.max_rounds=2"),
    "answer_short": ("reader", "answer", "retrieve.k=5"),
}
"""By role: a flow that has it, the node, and what is set smaller there."""
METRICS = ("answer_f1", "answer_em", "support_recall@5")


# --- one arm, in a process of its own, with whatever version of Seekgraph PYTHONPATH names ------------------------------------


def serve(flow_name: str, arm: str, data: Path) -> None:
    """Answer the questions whose numbers come on standard input, one a line, with a line of JSON each."""
    import asyncio
    from importlib import import_module

    from seekgraph.evaluation import read_examples
    from seekgraph.evaluation.evaluate import evaluate
    from seekgraph.tools import BM25

    rows = read_examples(data / "train.jsonl")
    flow = import_module(f"seekgraph.flows.{flow_name}").flow
    resources: dict[str, Any] = {"corpus": BM25.from_jsonl(data / "corpus.jsonl")}
    if arm.startswith("roles:"):
        _, node, setting = ROLES[arm.removeprefix("roles:")]
        resources[f"{node}.lm"] = MODEL
        flow = with_setting(flow, setting)
    elif arm.startswith("rules:"):
        flow = with_setting(flow, ROLES[arm.removeprefix("rules:")][2])
    elif arm != "no model":
        resources["lm"] = MODEL
    bound = flow.bind(resources)
    for line in sys.stdin:
        row = rows[int(line)]
        began = time.perf_counter()
        report = asyncio.run(evaluate(bound, [row], metrics=METRICS, rewards=()))
        found = report.rows[0]
        spent = {line: found.spent(line) for line in ("calls", "tokens_in", "tokens_out", "fallbacks")}
        took = {"seconds": time.perf_counter() - began, "refused": found.refused, "failed": found.failed}
        sys.stdout.write(json.dumps({"id": row.id, **found.metrics, **spent, **took}) + "\n")
        sys.stdout.flush()


def with_setting(flow: Any, setting: str) -> Any:
    name, _, value = setting.partition("=")
    return flow.with_params({name: int(value)})


class Arm:
    """A process that answers for one arm."""

    def __init__(self, flow: str, arm: str, data: Path, checkout: Path) -> None:
        command = [sys.executable, str(HERE), "--serve", flow, arm, "--data", str(data)]
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, number: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"a process ended: {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


# --- parts --------------------------------------------------------------------------------------------------------------------


def arms_of(part: str, options: argparse.Namespace) -> dict[str, Arm]:
    here, data = HERE.parents[1], options.data / "musique"
    if part.startswith("roles:"):
        role = part.removeprefix("roles:")
        return {"rules": Arm(ROLES[role][0], f"rules:{role}", data, here), "model": Arm(ROLES[role][0], part, data, here)}
    found = {"no model": Arm(part, "no model", data, here), "now": Arm(part, "now", data, here)}
    return found | ({"before": Arm(part, "before", data, options.before)} if options.before else {})


def run(part: str, options: argparse.Namespace) -> None:
    """Put the questions to every arm in turn, and keep what came; `before` is only asked the first ones."""
    arms = arms_of(part, options)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in arms}
    for number in range(options.rows):
        for name, arm in arms.items():
            if name != "before" or number < options.before_rows:
                rows[name].append(arm.ask(number))
        print(f"{part}: {number + 1} of {options.rows}", file=sys.stderr, flush=True)
        (options.work / f"{part.replace(':', '-')}.json").write_text(json.dumps({"part": part, "rows": rows}), encoding="utf-8")
    for arm in arms.values():
        arm.close()


# --- the page -----------------------------------------------------------------------------------------------------------------


def page(found: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]], note: str = "") -> str:
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    lines = [
        "# Flows with the small local model",
        "",
        f"Made by `python benchmarks/local_flows.py --before CHECKOUT` with {MODEL}, one thread, on {ran_on};",
        "what else ran on the machine slowed down all arms alike. The first questions of musique (train), the flows as written;",
        "percentages with 95 % intervals. Seconds, calls and tokens are those of one question, in a process that has the model",
        "loaded. `before` is version 48343a5, in which the model did every step; it was asked fewer questions, and the rows",
        "`same questions` are those alone.",
        *([note] if note else []),
        "",
        "| flow | arm | questions | seconds, median | at most | target | calls | read | written | F1 | recall@5 | refused |",
        "|---" * 12 + "|",
    ]
    for part, target in FLOWS.items():
        arms = found.get(part, {})
        few = len(arms.get("before", ()))
        for name, rows in arms.items():
            lines.append(row_of(part, name, rows, target))
            if few and name != "before" and few < len(rows):
                lines.append(row_of(part, f"{name}, same questions", rows[:few], target))
    roles = [part for part in found if part.startswith("roles:")]
    if roles:
        lines += ["", "## One role alone done by the model", ""]
        lines += [
            "All else is done by rules, but for the last answer where the role is answer_goal. With the fallbacks and the",
            "passages found in benchmarks/agents.md this is what the roles that are left to rules (`lms/profiles.py`) rest on.",
            "Gains are paired.",
            "",
            "| role | in | questions | F1, rules | F1, model | gain | recall@5, rules | recall@5, model | gain | seconds |",
            "|---" * 10 + "|",
            *(role_row(part, found[part]) for part in roles),
        ]
    return "\n".join([*lines, ""])


def row_of(part: str, name: str, rows: Sequence[Mapping[str, Any]], target: int) -> str:
    seconds = sorted(row["seconds"] for row in rows)
    costs = " | ".join(f"{mean(rows, line):.0f}" for line in ("calls", "tokens_in", "tokens_out"))
    goal = f"{target}" if name == "now" else ""
    scores = f"{shown(rows, 'answer_f1')} | {shown(rows, 'support_recall@5')} | {100 * mean(rows, 'refused'):.0f} %"
    middle, most = seconds[len(seconds) // 2], seconds[-1]
    return f"| {part} | {name} | {len(rows)} | {middle:.1f} | {most:.1f} | {goal} | {costs} | {scores} |"


def role_row(part: str, arms: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    role, rules, model = part.removeprefix("roles:"), arms["rules"], arms["model"]
    cells = []
    for metric in ("answer_f1", "support_recall@5"):
        cells += [shown(rules, metric), shown(model, metric), difference(values(model, metric), values(rules, metric))]
    return f"| {role} | {ROLES[role][0]} | {len(model)} | {' | '.join(cells)} | {mean(model, 'seconds'):.1f} |"


def values(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    return [0.0 if row["failed"] else float(row.get(name) or 0.0) for row in rows]


def mean(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return sum(float(row.get(name) or 0.0) for row in rows) / max(1, len(rows))


def shown(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    from seekgraph.evaluation.intervals import bounds_of, interval

    found = values(rows, name)
    score = interval(found, bounds_of(found))
    return f"{100 * (score.mean or 0):.1f} [{100 * (score.low or 0):.1f}, {100 * (score.high or 0):.1f}]"


def difference(mine: Sequence[float], theirs: Sequence[float]) -> str:
    from seekgraph.evaluation.comparisons import paired

    gap = paired(mine, theirs, bounds=(0.0, 1.0)).difference
    return f"{100 * (gap.mean or 0):+.1f} [{100 * (gap.low or 0):+.1f}, {100 * (gap.high or 0):+.1f}]"


def main() -> None:
    parts = [*FLOWS, *(f"roles:{role}" for role in ROLES)]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds musique")
    parser.add_argument("--part", choices=parts, help="one part")
    parser.add_argument("--rows", type=int, default=20, help="the first so many questions")
    parser.add_argument("--before", type=Path, help="a checkout of another version, to be asked the same")
    parser.add_argument("--before-rows", type=int, default=6, help="how many questions it is asked")
    parser.add_argument("--page", action="store_true", help="write the page of the parts that are there")
    parser.add_argument("--note", default="", help="a line for the page: what else is to be known of the runs")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "seekgraph-benchmarks" / "local-flows")
    parser.add_argument("--out", type=Path, default=HERE.with_suffix(".md"))
    parser.add_argument("--serve", nargs=2, metavar=("FLOW", "ARM"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(*options.serve, options.data)
        return
    options.work.mkdir(parents=True, exist_ok=True)
    for part in () if options.page else [options.part] if options.part else parts:
        run(part, options)
    files = {part: options.work / f"{part.replace(':', '-')}.json" for part in parts}
    found = {part: json.loads(file.read_text(encoding="utf-8"))["rows"] for part, file in files.items() if file.exists()}
    if not found:
        sys.exit("no part has been run")
    options.out.write_text(page(found, options.note), encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
