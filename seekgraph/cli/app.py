"""The commands and their options; what they do is in the files named after them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="seekgraph",
    help="Search flows that are checked before they run, scored at every step, and compiled against a dev set.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
memo_app = typer.Typer(help="Look into the memo of steps, or empty it.", no_args_is_help=True)
app.add_typer(memo_app, name="memo")
prompt_app = typer.Typer(help="What is sent to language models.", no_args_is_help=True)
app.add_typer(prompt_app, name="prompt")
models_app = typer.Typer(help="Language models: what there is, fetch one, try one.", no_args_is_help=True)
app.add_typer(models_app, name="models")
rewards_app = typer.Typer(help="Scores of steps, as --reward takes them.", no_args_is_help=True)
app.add_typer(rewards_app, name="rewards")

FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="package.module:attribute, or a .flow.json artifact.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]
JsonTo = Annotated[str | None, typer.Option("--json", metavar="[OUT]", help="Write JSON to a file, or to standard output.")]
Corpus = Annotated[Path | None, typer.Option(exists=True, help="A .jsonl corpus: id, title, text.")]
Docs = Annotated[Path | None, typer.Option(exists=True, help="A folder of text and Markdown files.")]
Dense = Annotated[bool, typer.Option("--dense", help="Also bind dense retrieval (needs the extra 'dense').")]
Cache = Annotated[Path | None, typer.Option(file_okay=False, help="A folder to keep indexes in.")]
MemoPath = Annotated[
    Path | None, typer.Option("--memo", dir_okay=False, help="A file to keep finished steps in, so that equal ones run once.")
]
BudgetText = Annotated[
    str | None, typer.Option("--budget", metavar="LIMITS", help="Such as searches=500,seconds=60; also calls, tokens, usd.")
]
LmName = Annotated[
    str | None,
    typer.Option("--lm", metavar="NAME", help="A language model: local/smollm2-135m, openai/.., http://host/v1#model."),
]
LmFor = Annotated[
    list[str] | None, typer.Option("--lm-for", metavar="NODE=NAME", help="Another model for one node; may be repeated.")
]
ModelsFolder = Annotated[Path | None, typer.Option("--folder", help="Where weights are kept, in place of the user's cache.")]
RewardNames = Annotated[
    list[str] | None,
    typer.Option(
        "--reward", metavar="NAME", help="A score of steps: see `seekgraph rewards list`, or module:attribute; may be repeated."
    ),
]
Seed = Annotated[int, typer.Option(help="The seed of all chance.")]
Rows = typer.Option(exists=True, dir_okay=False, help="Questions with their gold, as .jsonl.")
MemoFile = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The memo's file.")]


def _version(wanted: bool) -> None:
    if wanted:
        from seekgraph import __version__

        typer.echo(f"seekgraph {__version__}")
        raise typer.Exit


@app.callback()
def seekgraph(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")] = False,
) -> None:
    pass


@app.command()
def check(flow: FlowName, json: Json = False) -> None:
    """Check a flow without running it."""
    from seekgraph.cli.inspect import check_command

    check_command(flow, json)


@app.command()
def draw(
    flow: FlowName,
    form: Annotated[str | None, typer.Option("--format", help="mermaid (the default) or svg.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file to write to; .svg is drawn as SVG.")] = None,
    trace: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Draw this trace of the flow.")] = None,
    behind: Annotated[str | None, typer.Option(metavar="STEP", help="Only what this step of the trace was built from.")] = None,
    json: Json = False,
) -> None:
    """Draw a flow, or a trace of one."""
    from seekgraph.cli.inspect import draw_command

    draw_command(flow, form, out, trace, json, behind)


@app.command()
def run(
    flow: FlowName,
    question: Annotated[str, typer.Argument(help="The question.")],
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    lm: LmName = None,
    lm_for: LmFor = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    trace: Annotated[Path | None, typer.Option(help="Save the trace here, as JSON lines.")] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Show each step as it finishes.")] = False,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Show the answer while a model writes it; on a terminal it is.")
    ] = None,
    json: Json = False,
) -> None:
    """Ask a flow one question."""
    from seekgraph.cli.options import Documents, Models, Running, parse_budget
    from seekgraph.cli.run import Showing, run_command

    running = Running(memo, parse_budget(budget), seed, Models(lm, tuple(lm_for or ())))
    run_command(flow, question, Documents(corpus, docs, dense, cache), running, Showing(trace, steps, json, stream))


@app.command()
def replay(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", exists=True, dir_okay=False, help="A trace of the flow.")],
    flow: FlowName,
    at: Annotated[str | None, typer.Option(help="A step: its id, PATH#VISIT, or its path for all of its visits.")] = None,
    write: Annotated[
        list[str] | None, typer.Option(metavar="CHANNEL=JSON", help="What it should have written; may be repeated.")
    ] = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=JSON", help="Another value of a param; may be repeated.")
    ] = None,
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    lm: LmName = None,
    lm_for: LmFor = None,
    memo: MemoPath = None,
    save_trace: Annotated[Path | None, typer.Option("--trace", help="Save the new trace here, as JSON lines.")] = None,
    save_row: Annotated[
        Path | None, typer.Option(help="Add the correction to these examples, as a row with a label of the step.")
    ] = None,
    answer: Annotated[list[str] | None, typer.Option(help="A right answer, for the row; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Run a trace again with a step corrected or a param changed: only what depends on that runs."""
    from seekgraph.cli.options import Documents, Models, Running
    from seekgraph.cli.replay import Changing, Saving, replay_command

    changing = Changing(at, tuple(write or ()), tuple(param or ()))
    saving = Saving(save_trace, save_row, tuple(answer or ()), json)
    replay_command(
        trace,
        flow,
        changing,
        Documents(corpus, docs, dense, cache),
        Running(memo, models=Models(lm, tuple(lm_for or ()))),
        saving,
    )


@app.command()
def evaluate(
    flow: FlowName,
    questions: Annotated[Path, Rows],
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    lm: LmName = None,
    lm_for: LmFor = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many questions.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="A metric, such as support_recall@5; may be repeated.")] = None,
    reward: RewardNames = None,
    parallel: Annotated[int, typer.Option(min=1, help="How many questions run at the same time.")] = 32,
    json: JsonTo = None,
) -> None:
    """Run a flow on questions and score it, by node and in total."""
    from seekgraph.cli.evaluate import Asked, evaluate_command
    from seekgraph.cli.options import Documents, Models, Running, parse_budget

    asked = Asked(questions, limit, tuple(metric or ()), parallel, tuple(reward or ()))
    evaluate_command(
        flow,
        asked,
        Documents(corpus, docs, dense, cache),
        Running(memo, parse_budget(budget), seed, Models(lm, tuple(lm_for or ()))),
        json,
    )


@app.command()
def diagnose(
    flow: FlowName,
    questions: Annotated[
        Path, typer.Option("--questions", exists=True, dir_okay=False, help="Questions with their gold, as .jsonl.")
    ],
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    lm: LmName = None,
    lm_for: LmFor = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many questions.")] = None,
    metric: Annotated[str | None, typer.Option(help="What is to be good, such as support_recall@5; else answers' F1.")] = None,
    reward: RewardNames = None,
    good: Annotated[float | None, typer.Option(help="The value from which an example has not failed.")] = None,
    headroom: Annotated[bool, typer.Option(help="Replay with each node perfect.")] = True,
    worst: Annotated[int, typer.Option(min=0, help="How many examples to keep with their traces.")] = 20,
    parallel: Annotated[int, typer.Option(min=1, help="How many questions run at the same time.")] = 32,
    html: Annotated[Path | None, typer.Option(help="Write a page to look through, as one HTML file.")] = None,
    json: JsonTo = None,
) -> None:
    """Find which step of a flow loses the points, why, and what it would gain if it were perfect."""
    from seekgraph.cli.diagnose import Asked, diagnose_command
    from seekgraph.cli.options import Documents, Models, Running, parse_budget

    asked = Asked(questions, limit, metric, good, headroom, worst, parallel, tuple(reward or ()))
    running = Running(memo, parse_budget(budget), seed, Models(lm, tuple(lm_for or ())))
    diagnose_command(flow, asked, Documents(corpus, docs, dense, cache), running, json, html)


@app.command("compile")
def compile_(
    flow: FlowName,
    train: Annotated[Path, Rows],
    val: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Questions to judge changes on; without it a part of TRAIN is held back."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the artifact, such as A.flow.json.")] = None,
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    lm: LmName = None,
    lm_for: LmFor = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    metric: Annotated[
        list[str] | None, typer.Option(help="What to compile for, such as support_recall@5 or answer_f1=0.7; may be repeated.")
    ] = None,
    reward: RewardNames = None,
    trials: Annotated[int, typer.Option(min=0, help="How many sets of numbers to try.")] = 40,
    plan: Annotated[bool, typer.Option("--plan", help="Say what compiling would take, and stop.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted compile, repeating no finished step.")
    ] = False,
    json: JsonTo = None,
) -> None:
    """Find better values for a flow's params, and write the artifact."""
    from seekgraph.cli.compile import Task, compile_command
    from seekgraph.cli.options import Documents, Models, Running, parse_budget

    task = Task(train, val, tuple(metric or ()), tuple(reward or ()), trials, out, resume, plan, json)
    compile_command(
        flow,
        task,
        Documents(corpus, docs, dense, cache),
        Running(memo, parse_budget(budget), seed, Models(lm, tuple(lm_for or ()))),
    )


@memo_app.command("stats")
def memo_stats(path: MemoFile, json: Json = False) -> None:
    """What a memo holds, by node."""
    from seekgraph.cli.memo import stats_command

    stats_command(path, json)


@memo_app.command("clear")
def memo_clear(
    path: MemoFile,
    node: Annotated[str | None, typer.Option(help="Only steps of this node, module:Class.")] = None,
    older_than: Annotated[float | None, typer.Option(help="Only steps not used for this many days.")] = None,
    json: Json = False,
) -> None:
    """Forget steps."""
    from seekgraph.cli.memo import clear_command

    clear_command(path, node, older_than, json)


@prompt_app.command("show")
def prompt_show(
    flow: FlowName,
    node: Annotated[str, typer.Argument(metavar="NODE", help="The path of a node that asks a model, such as answer.")],
    question: Annotated[str | None, typer.Option(help="What is asked; the rest of what the node reads are samples.")] = None,
    trace: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A trace: what the node was given at its last visit there.")
    ] = None,
    json: Json = False,
) -> None:
    """Show exactly what a node sends to its model."""
    from seekgraph.cli.prompt import show_command

    show_command(flow, node, question, trace, json)


@models_app.command("list")
def models_list(folder: ModelsFolder = None, json: Json = False) -> None:
    """The models that a flow can be given."""
    from seekgraph.cli.models import list_command

    list_command(folder, json)


@models_app.command("pull")
def models_pull(
    name: Annotated[str, typer.Argument(help="smollm2-135m, or owner/repository/file.gguf of the Hugging Face hub.")],
    folder: ModelsFolder = None,
    json: Json = False,
) -> None:
    """Fetch the weights of a local model."""
    from seekgraph.cli.models import pull_command

    pull_command(name, folder, json)


@models_app.command("try")
def models_try(
    name: Annotated[str, typer.Argument(help="local/smollm2-135m, openai/.., anthropic/.., http://host/v1#model")],
    prompt: Annotated[str, typer.Argument(help="What to say to it.")],
    folder: ModelsFolder = None,
    key: Annotated[str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds the key.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="How long the reply may get.")] = 256,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="0 is greedy.")] = 0.0,
    json: Json = False,
) -> None:
    """Ask a model one thing, and see what it costs."""
    from seekgraph.cli.models import try_command

    try_command(name, prompt, folder, key, max_tokens, temperature, json)


@rewards_app.command("list")
def rewards_list(json: Json = False) -> None:
    """Every reward: what it gives, what it needs, and where it comes from."""
    from seekgraph.cli.rewards import list_command

    list_command(json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where to write the compiled artifact.")] = Path("demo.flow.json"),
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Compile a flow on the demo corpus, and ask it a question."""
    from seekgraph.cli.demo import demo_command

    demo_command(out, seed, json)
