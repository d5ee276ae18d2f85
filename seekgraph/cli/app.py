"""The commands and their options; what they do is in the files named after them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seekgraph.cli.app_project import chat, doctor, new
from seekgraph.cli.app_questions import app as questions_app
from seekgraph.cli.app_serve import export, feedback, keys_app, mcp, serve
from seekgraph.cli.arguments import (
    Accept,
    Bind,
    BudgetText,
    Dense,
    FlowName,
    Folds,
    Held,
    Json,
    JsonTo,
    LmFor,
    LmName,
    MemoFile,
    MemoPath,
    Metrics,
    ModelName,
    ModelsFolder,
    OneMetric,
    ParamValues,
    Passes,
    Questions,
    Reading,
    ReflectLm,
    Resources,
    RewardNames,
    Rows,
    Seed,
    Sources,
    Weights,
    documents_of,
    flow_and,
    flow_of,
    questions_of,
    running_of,
)
from seekgraph.cli.grouping import grouped

app = typer.Typer(
    name="seekgraph",
    help="Search flows that are checked before they run, scored at every step, and compiled against a dev set.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
memo_app = typer.Typer(help="Look into the memo of steps, or empty it.", no_args_is_help=True)
app.add_typer(memo_app, name="memo")
prompt_app = typer.Typer(help="What is sent to language models.", no_args_is_help=True)
app.add_typer(prompt_app, name="prompt")
models_app = typer.Typer(help="Language models: the hosts and whether their keys are set, fetch one, try one.")
app.add_typer(models_app, name="models")
app.add_typer(questions_app, name="questions")
rewards_app = typer.Typer(help="Scores of steps, as --reward takes them.", no_args_is_help=True)
app.add_typer(rewards_app, name="rewards")
app.add_typer(keys_app, name="keys")


def _version(wanted: bool) -> None:
    if wanted:
        from seekgraph import __version__

        typer.echo(f"seekgraph {__version__}")
        raise typer.Exit


@app.callback()
def seekgraph(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more on standard error.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only results and errors, no progress.")] = False,
) -> None:
    from seekgraph.cli.exit_codes import set_verbosity

    set_verbosity(verbose, quiet)


@app.command()
def check(
    flow: FlowName = None,
    bind: Bind = None,
    lm: LmName = None,
    lm_for: LmFor = None,
    param: ParamValues = None,
    json: Json = False,
) -> None:
    """Check a flow without running it; with --lm also which steps that model leaves to rules."""
    from seekgraph.cli.binding import Bindings
    from seekgraph.cli.inspect import check_command
    from seekgraph.cli.options import Models

    check_command(flow_of(flow), json, param or (), Bindings(tuple(bind or ())), Models(lm, tuple(lm_for or ())))


@app.command()
def draw(
    flow: FlowName = None,
    form: Annotated[str | None, typer.Option("--format", help="mermaid (the default) or svg.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file to write to; .svg is drawn as SVG.")] = None,
    trace: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Draw this trace of the flow.")] = None,
    behind: Annotated[str | None, typer.Option(metavar="STEP", help="Only what this step of the trace was built from.")] = None,
    param: ParamValues = None,
    json: Json = False,
) -> None:
    """Draw a flow, or a trace of one."""
    from seekgraph.cli.inspect import draw_command

    draw_command(flow_of(flow), form, out, trace, json, behind, param or ())


@app.command()
@grouped
def run(
    flow: FlowName = None,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="The question.", show_default=False)] = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    param: ParamValues = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    trace: Annotated[Path | None, typer.Option(help="Save the trace here, as JSON lines.")] = None,
    style: Annotated[
        str | None,
        typer.Option("--style", metavar="STYLE", help="How it is answered: short, prose, list, or auto, by what is asked."),
    ] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Show each step as it finishes.")] = False,
    history: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help='The turns before it: {"role", "text"} a line, or a JSON list of them.'),
    ] = None,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Show the answer while a model writes it; on a terminal it is.")
    ] = None,
    json: Json = False,
) -> None:
    """Ask a flow one question; without FLOW the ready-made `ask`, which answers from documents."""
    from seekgraph.cli.run import Showing, run_command

    name, asked = flow_and(flow, question, "QUESTION", default="ask")
    running = running_of(resources, memo=memo, budget=budget, seed=seed, param=param)
    documents = documents_of(sources, reading, dense)
    run_command(name, asked, documents, running, Showing(trace, steps, json, stream, history), style)


for each in (new, doctor, chat, serve, mcp, feedback, export):
    app.command()(each)


@app.command()
@grouped
def passages(
    words: Annotated[str | None, typer.Argument(metavar="[WORDS]", help="Words to find; all passages without them.")] = None,
    sources: Sources = Sources(),
    reading: Reading = Reading(),
    most: Annotated[int, typer.Option("-k", min=1, help="How many to show of those that are found.")] = 10,
    skipped: Annotated[bool, typer.Option("--skipped", help="The files that were not read, each with its reason.")] = False,
    json: Json = False,
) -> None:
    """List or find the passages of documents with their ids, as the gold of questions names them."""
    from seekgraph.cli.passages import passages_command

    documents = documents_of(sources, reading)
    passages_command(documents, words, most, skipped, json)


@app.command()
@grouped
def replay(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", exists=True, dir_okay=False, help="A trace of the flow.")],
    flow: FlowName = None,
    at: Annotated[str | None, typer.Option(help="A step: its id, PATH#VISIT, or its path for all of its visits.")] = None,
    write: Annotated[
        list[str] | None, typer.Option(metavar="CHANNEL=JSON", help="What it should have written; may be repeated.")
    ] = None,
    param: ParamValues = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    memo: MemoPath = None,
    save_trace: Annotated[Path | None, typer.Option("--trace", help="Save the new trace here, as JSON lines.")] = None,
    save_row: Annotated[
        Path | None, typer.Option(help="Add the correction to these examples, as a row with a label of the step.")
    ] = None,
    answer: Annotated[list[str] | None, typer.Option(help="A right answer, for the row; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Run a trace again with a step corrected or a param changed: only what depends on that runs."""
    from seekgraph.cli.replay import Changing, Saving, replay_command

    changing = Changing(at, tuple(write or ()), tuple(param or ()))
    saving = Saving(save_trace, save_row, tuple(answer or ()), json)
    running = running_of(resources, memo=memo)
    documents = documents_of(sources, reading, dense)
    replay_command(trace, flow_of(flow), changing, documents, running, saving)


@app.command()
@grouped
def evaluate(
    flow: FlowName = None,
    questions: Questions = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    param: ParamValues = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many questions.")] = None,
    metric: Metrics = None,
    reward: RewardNames = None,
    parallel: Annotated[int, typer.Option(min=1, help="How many questions run at the same time.")] = 32,
    json: JsonTo = None,
) -> None:
    """Run a flow on questions and score it, by node and in total."""
    from seekgraph.cli.evaluate import Options, evaluate_command

    options = Options(questions_of(questions), limit, tuple(metric or ()), parallel, tuple(reward or ()))
    running = running_of(resources, memo=memo, budget=budget, seed=seed, param=param)
    documents = documents_of(sources, reading, dense)
    evaluate_command(flow_of(flow), options, documents, running, json)


@app.command()
@grouped
def diagnose(
    flow: FlowName = None,
    questions: Questions = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    param: ParamValues = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many questions.")] = None,
    metric: OneMetric = None,
    reward: RewardNames = None,
    good: Annotated[float | None, typer.Option(help="The value from which an example has not failed.")] = None,
    headroom: Annotated[bool, typer.Option(help="Replay with each node perfect.")] = True,
    worst: Annotated[int, typer.Option(min=0, help="How many examples to keep with their traces.")] = 20,
    parallel: Annotated[int, typer.Option(min=1, help="How many questions run at the same time.")] = 32,
    html: Annotated[Path | None, typer.Option(help="Write a page to look through, as one HTML file.")] = None,
    json: JsonTo = None,
) -> None:
    """Find which step of a flow loses the points, why, and what it would gain if it were perfect."""
    from seekgraph.cli.diagnose import Options, diagnose_command

    options = Options(questions_of(questions), limit, metric, good, headroom, worst, parallel, tuple(reward or ()))
    running = running_of(resources, memo=memo, budget=budget, seed=seed, param=param)
    documents = documents_of(sources, reading, dense)
    diagnose_command(flow_of(flow), options, documents, running, json, html)


@app.command("compile")
@grouped
def compile_(
    train: Annotated[Path, Rows],
    flow: FlowName = None,
    val: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Questions to judge changes on; without it a part of TRAIN is held back."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the artifact, such as A.flow.json.")] = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    param: ParamValues = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    metric: Weights = None,
    reward: RewardNames = None,
    passes: Passes = None,
    hold: Held = None,
    accept: Accept = None,
    folds: Folds = None,
    reflect_lm: ReflectLm = None,
    trials: Annotated[int, typer.Option(min=0, help="How many sets of numbers to try.")] = 40,
    plan: Annotated[bool, typer.Option("--plan", help="Say what compiling would take, and stop.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted compile, repeating no finished step.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write a report to look through, as one HTML file.")] = None,
    json: JsonTo = None,
) -> None:
    """Find better values for a flow's params, and write the artifact."""
    from seekgraph.cli.compile import Task, compile_command

    held = None if hold is None else tuple(hold)
    chosen = tuple(metric or ()), tuple(reward or ()), tuple(passes or ())
    task = Task(train, val, *chosen, held, trials, out, resume, plan, json, reflect_lm, html, accept, folds)
    running = running_of(resources, memo=memo, budget=budget, seed=seed, param=param)
    documents = documents_of(sources, reading, dense)
    compile_command(flow_of(flow), task, documents, running)


@app.command()
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="An artifact (A.flow.json), or a flow as it is written.")],
    b: Annotated[str, typer.Argument(metavar="B", help="What it is compared with.")],
    json: Json = False,
) -> None:
    """Show what differs from one artifact, or flow, to another: numbers, texts word by word, structure, scores."""
    from seekgraph.cli.diff import diff_command

    diff_command(a, b, json)


@app.command()
def flows(json: Json = False) -> None:
    """List the ready-made flows: what each does, which resources it takes, whether it needs a model."""
    from seekgraph.cli.flows import flows_command

    flows_command(json)


@app.command()
def config(json: Json = False) -> None:
    """Show what [tool.seekgraph] of pyproject.toml says here, and in which file."""
    from seekgraph.cli.config import config_command

    config_command(json)


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
    flow: FlowName = None,
    node: Annotated[
        str | None,
        typer.Argument(metavar="NODE", help="The path of a node that prompts a model, such as answer.", show_default=False),
    ] = None,
    question: Annotated[str | None, typer.Option(help="The question; the rest of what the node reads are samples.")] = None,
    trace: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A trace: what the node read at its last visit there.")
    ] = None,
    json: Json = False,
) -> None:
    """Show exactly what a node sends to its model."""
    from seekgraph.cli.prompt import show_command

    show_command(*flow_and(flow, node, "NODE"), question, trace, json)


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, folder: ModelsFolder = None, json: Json = False) -> None:
    if context.invoked_subcommand is None:
        models_list(folder, json)


@models_app.command("list")
def models_list(folder: ModelsFolder = None, json: Json = False) -> None:
    """The models that a flow can use, and the hosts with whether their key is set."""
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
    name: ModelName,
    prompt: Annotated[str | None, typer.Argument(help="What to say to it; without it, what it can do is found out.")] = None,
    folder: ModelsFolder = None,
    key: Annotated[str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds the key.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="How long the reply to PROMPT may get.")] = 256,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="Of PROMPT; 0 is greedy.")] = 0.0,
    json: Json = False,
) -> None:
    """Find out what a model can do and how long it takes, or ask it one thing and see what that costs."""
    if prompt is None:
        from seekgraph.cli.trying import try_command

        try_command(name, folder, key, json)
        return
    from seekgraph.cli.models import ask_command

    ask_command(name, prompt, folder, key, max_tokens, temperature, json)


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
