"""The commands that put a flow to work, and their options: `serve`, `mcp`, `keys`, `feedback`, `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seekgraph.cli.arguments import (
    BudgetText,
    Dense,
    FlowName,
    Json,
    MemoPath,
    ParamValues,
    Reading,
    Resources,
    RewardNames,
    Sources,
    documents_of,
    flow_of,
    running_of,
)
from seekgraph.cli.grouping import grouped

KeyFile = Annotated[Path, typer.Option("--keys", help="The file of keys.")]
KeyName = Annotated[str, typer.Argument(metavar="NAME", help="Who asks with the key.")]
StateFile = Annotated[Path | None, typer.Option("--state", help="The SQLite file of answers, feedback and what keys have spent.")]

keys_app = typer.Typer(no_args_is_help=True, help="Who may ask a server: new, list, remove.")


@grouped
def serve(
    flow: FlowName = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    param: ParamValues = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 is any that is free.")] = 8600,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that share the port, and a memo where one is named.")
    ] = 1,
    parallel: Annotated[int, typer.Option(min=1, help="Runs at the same time in each worker.")] = 32,
    queue: Annotated[int, typer.Option(min=0, help="Requests that may wait for a place; others get 429.")] = 256,
    seconds: Annotated[float, typer.Option(min=0.01, help="How long a run may take.")] = 120.0,
    body_bytes: Annotated[int, typer.Option(min=1, help="How large a request's body may be.")] = 2**20,
    keys: Annotated[Path | None, typer.Option(help="A file of keys (`seekgraph keys new`): only who has one may ask.")] = None,
    state: StateFile = None,
    cors: Annotated[list[str] | None, typer.Option(metavar="ORIGIN", help="A web page that may ask; none without it.")] = None,
    otlp: Annotated[str | None, typer.Option(metavar="URL", help="Send each run as an OpenTelemetry trace there.")] = None,
    unguarded: Annotated[bool, typer.Option("--open", help="Listen beyond this machine without keys.")] = False,
) -> None:
    """Serve a flow over HTTP: REST, OpenAI's routes with citations, events, feedback, metrics. --budget is for each request."""
    plan = dict(locals())  # what workers open in their own process: everything but where and how many
    from seekgraph.cli.serving import serve_command

    for each in ("host", "port", "workers", "unguarded"):
        del plan[each]
    serve_command(plan, host, port, workers, unguarded)


@grouped
def mcp(
    flow: FlowName = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    param: ParamValues = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    parallel: Annotated[int, typer.Option(min=1, help="Questions at the same time; others wait.")] = 8,
    http: Annotated[bool, typer.Option("--http", help="Over HTTP at /mcp, in place of stdio.")] = False,
    host: Annotated[str, typer.Option(help="The address to listen on, with --http: this machine's.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port, with --http.")] = 8700,
) -> None:
    """Serve a flow to assistants by the Model Context Protocol: tools to ask, search and read. --budget is for each question."""
    from seekgraph.cli.mcp import mcp_command

    running = running_of(resources, memo=memo, budget=budget, param=param)
    documents = documents_of(sources, reading, dense)
    mcp_command(flow_of(flow, "ask"), documents, running, http, host, port, parallel)


def feedback(
    state: Annotated[Path, typer.Argument(metavar="STATE", help="The file that `seekgraph serve --state` wrote.")],
    out: Annotated[Path | None, typer.Option(help="Add the rows to this dev set.")] = None,
    json: Json = False,
) -> None:
    """Show what people said of a server's answers, and make dev-set rows of it."""
    from seekgraph.cli.feedback import feedback_command

    feedback_command(state, out, json)


def export(
    flow: FlowName,
    trace: Annotated[Path, typer.Argument(metavar="TRACE", exists=True, dir_okay=False, help="What `run --trace` saved.")],
    otlp: Annotated[str, typer.Option(metavar="URL", help="Where to: an OpenTelemetry collector, Phoenix, Langfuse, MLflow.")],
    reward: RewardNames = None,
    content: Annotated[bool, typer.Option("--content", help="Send questions, passages and answers, too.")] = False,
    json: Json = False,
) -> None:
    """Send a saved trace to where traces are looked at, with the scores of its steps."""
    from seekgraph.cli.export import export_command

    export_command(flow_of(flow), trace, otlp, tuple(reward or ()), content, json)


@keys_app.command("new")
def keys_new(name: KeyName, keys: KeyFile = Path("keys.json"), budget: BudgetText = None) -> None:
    """Make a key and print it; --budget is what it may spend in all."""
    from seekgraph.cli.keys import new_key_command

    new_key_command(name, keys, budget)


@keys_app.command("list")
def keys_list(keys: KeyFile = Path("keys.json"), state: StateFile = None, json: Json = False) -> None:
    """Show the names of keys, their budgets and what is spent; never a key."""
    from seekgraph.cli.keys import list_keys_command

    list_keys_command(keys, state, json)


@keys_app.command("remove")
def keys_remove(name: KeyName, keys: KeyFile = Path("keys.json")) -> None:
    """Take a key out of the file."""
    from seekgraph.cli.keys import remove_key_command

    remove_key_command(name, keys)
