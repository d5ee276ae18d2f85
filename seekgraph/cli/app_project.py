"""The commands for a project of one's own, and their options: `chat`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seekgraph.cli.arguments import (
    Bind,
    BudgetText,
    Cache,
    Corpus,
    Dense,
    Docs,
    Exclude,
    FlowName,
    Include,
    Language,
    LmFor,
    LmName,
    Loader,
    MemoPath,
    NoCache,
    ParamValues,
    Reading,
    Seed,
    documents_of,
    flow_of,
    running_of,
)


def chat(
    flow: FlowName = None,
    corpus: Corpus = None,
    docs: Docs = None,
    dense: Dense = False,
    cache: Cache = None,
    no_cache: NoCache = False,
    include: Include = None,
    exclude: Exclude = None,
    language: Language = None,
    loader: Loader = None,
    lm: LmName = None,
    lm_for: LmFor = None,
    bind: Bind = None,
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

    running = running_of(memo=memo, budget=budget, seed=seed, lm=lm, lm_for=lm_for, bind=bind, param=param)
    sources = documents_of(corpus, docs, Reading(cache, no_cache, include, exclude, language, loader), dense)
    chat_command(flow_of(flow, "ask"), sources, running, save_rows, history)
