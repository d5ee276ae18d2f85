"""The commands for a project of one's own, and their options: `new`, `doctor`, `chat`."""

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
    Seed,
    Sources,
    documents_of,
    flow_of,
    running_of,
)
from seekgraph.cli.grouping import grouped


@grouped
def chat(
    flow: FlowName = None,
    sources: Sources = Sources(),
    dense: Dense = False,
    reading: Reading = Reading(),
    resources: Resources = Resources(),
    param: ParamValues = None,
    memo: MemoPath = None,
    budget: BudgetText = None,
    seed: Seed = 0,
    save_rows: Annotated[
        Path | None,
        typer.Option(help="The dev set that /wrong adds to; else questions of pyproject.toml, or corrections.jsonl."),
    ] = None,
    history: Annotated[Path | None, typer.Option(dir_okay=False, help="A file to go on from, and to keep the turns in.")] = None,
) -> None:
    """Talk with documents: questions may refer to what was said; /why shows how an answer came about, /wrong corrects it."""
    from seekgraph.cli.chat import chat_command

    running = running_of(resources, memo=memo, budget=budget, seed=seed, param=param)
    documents = documents_of(sources, reading, dense)
    chat_command(flow_of(flow, "ask"), documents, running, save_rows, history)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The folder to make; its name becomes that of the project.")],
    like: Annotated[str, typer.Option(metavar="FLOW", help="The flow to begin with: see `seekgraph flows`.")] = "ask",
    json: Json = False,
) -> None:
    """Begin a project: a flow to edit, documents and a dev set to replace, a test that gates on it, and the next commands."""
    from seekgraph.cli.new import new_command

    new_command(name, like, json)


def doctor(
    ask_models: Annotated[bool, typer.Option("--models", help="Also ask the models whether they answer.")] = False,
    json: Json = False,
) -> None:
    """Say what is installed, which keys are set, whether the documents and the dev set here are usable, and what to do next."""
    from seekgraph.cli.doctor import doctor_command

    doctor_command(ask_models, json)
