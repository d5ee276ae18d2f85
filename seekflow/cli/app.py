"""The commands and their options; what they do is in the files named after them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="seekflow",
    help="Search flows that are checked before they run, scored at every step, and compiled against a dev set.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
memo_app = typer.Typer(help="Look into the memo of steps, or empty it.", no_args_is_help=True)
app.add_typer(memo_app, name="memo")

FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="package.module:attribute, or a .flow.json artifact")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]
JsonTo = Annotated[str | None, typer.Option("--json", metavar="[OUT]", help="Write JSON to a file, or to standard output.")]
Corpus = Annotated[Path | None, typer.Option(help="A .jsonl corpus: id, title, text.")]
Docs = Annotated[Path | None, typer.Option(help="A folder of text and Markdown files.")]
Dense = Annotated[bool, typer.Option("--dense", help="Also bind dense retrieval (needs the extra 'dense').")]
Cache = Annotated[Path | None, typer.Option(help="A folder to keep indexes in.")]
MemoPath = Annotated[Path | None, typer.Option("--memo", help="A file to keep finished steps in, so that equal ones run once.")]
BudgetText = Annotated[
    str | None, typer.Option("--budget", metavar="LIMITS", help="calls=..,searches=..,tokens=..,usd=..,seconds=..")
]
Seed = Annotated[int, typer.Option(help="The seed of all chance.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first so many questions.")]


@app.command()
def check(flow: FlowName, json: Json = False) -> None:
    """Check a flow without running it."""
    from seekflow.cli.inspect import check_command

    check_command(flow, json)


@app.command()
def draw(
    flow: FlowName,
    form: Annotated[str, typer.Option("--format", help="mermaid or svg")] = "mermaid",
    out: Annotated[Path | None, typer.Option(help="A file to write to.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Draw this trace of the flow in its place.")] = None,
    json: Json = False,
) -> None:
    """Draw a flow, or a trace of one."""
    from seekflow.cli.inspect import draw_command

    draw_command(flow, form, out, trace, json)


@app.command()
def run(
    flow: FlowName,
    question: Annotated[str, typer.Argument(help="The question.")],
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    trace: Annotated[Path | None, typer.Option(help="Save the trace here, as JSON lines.")] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Show each step as it finishes.")] = False,
    json: Json = False,
) -> None:
    """Ask a flow one question."""
    from seekflow.cli.run import run_command

    run_command(flow, question, (corpus, docs, dense, cache), memo, budget, seed, trace, steps, json)


@app.command()
def evaluate(
    flow: FlowName,
    questions: Annotated[Path, typer.Option(help="A .jsonl file of questions with their gold.")],
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    limit: Limit = None,
    metric: Annotated[list[str] | None, typer.Option(help="A metric, such as support_recall@5; may be repeated.")] = None,
    parallel: Annotated[int, typer.Option(min=1, help="How many questions run at the same time.")] = 32,
    json: JsonTo = None,
) -> None:
    """Run a flow on questions and score it, by node and in total."""
    from seekflow.cli.data import evaluate_command

    evaluate_command(flow, questions, (corpus, docs, dense, cache), memo, budget, seed, limit, metric, parallel, json)


@app.command("compile")
def compile_(
    flow: FlowName,
    train: Annotated[Path, typer.Option(help="A .jsonl file of questions to search on.")],
    out: Annotated[Path, typer.Option(help="Where to write the artifact, such as A.flow.json.")],
    val: Annotated[
        Path | None, typer.Option(help="Questions to judge changes on; without it a part of TRAIN is held back.")
    ] = None,
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    metric: Annotated[str | None, typer.Option(help="What to compile for, such as support_recall@5.")] = None,
    trials: Annotated[int, typer.Option(min=0, help="How many sets of numbers to try.")] = 40,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted compile, repeating no finished step.")
    ] = False,
    json: JsonTo = None,
) -> None:
    """Search a flow's params for better values, and write the artifact."""
    from seekflow.cli.data import compile_command

    compile_command(flow, train, val, out, (corpus, docs, dense, cache), memo, budget, seed, metric, trials, resume, json)


@memo_app.command("stats")
def memo_stats(path: Annotated[Path, typer.Argument(help="The memo's file.")], json: Json = False) -> None:
    """What a memo holds, by node."""
    from seekflow.cli.memo import stats_command

    stats_command(path, json)


@memo_app.command("clear")
def memo_clear(
    path: Annotated[Path, typer.Argument(help="The memo's file.")],
    node: Annotated[str | None, typer.Option(help="Only steps of this node, module:Class.")] = None,
    older_than: Annotated[float | None, typer.Option(help="Only steps not used for this many days.")] = None,
    json: Json = False,
) -> None:
    """Forget steps."""
    from seekflow.cli.memo import clear_command

    clear_command(path, node, older_than, json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where to write the compiled artifact.")] = Path("demo.flow.json"),
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Compile a flow on the demo corpus, show what it gained on unseen questions, and ask it one."""
    from seekflow.cli.demo import demo_command

    demo_command(out, seed, json)
