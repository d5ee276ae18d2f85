"""The commands for questions of one's own, and their options: `questions draft`, `label` and `check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seekgraph.cli.arguments import (
    Json,
    LmName,
    Reading,
    Seed,
    Sources,
    documents_of,
)
from seekgraph.cli.grouping import grouped

app = typer.Typer(help="A dev set from documents: draft questions, label them, check what they are worth.", no_args_is_help=True)


def _kinds(incomplete: str) -> list[str]:
    from seekgraph.synthesis.drafting import KINDS

    return [each for each in KINDS if each.startswith(incomplete)]


Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kinds",
        metavar="KIND",
        help="howto, fact, definition, condition, faq, compare, bridge; may be repeated, or separated by commas.",
        autocompletion=_kinds,
    ),
]


@app.command()
@grouped
def draft(
    out: Annotated[Path, typer.Option(dir_okay=False, help="The dev set to write, marked as drafts, such as Q.jsonl.")],
    sources: Sources = Sources(),
    lm: LmName = None,
    count: Annotated[int, typer.Option(min=1, help="How many questions, if the documents give so many.")] = 50,
    kinds: Kinds = None,
    like: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Questions of users, as .jsonl: none of them is drafted again, and a model takes their tone.",
        ),
    ] = None,
    unanswerable: Annotated[
        int, typer.Option(min=0, help="How many of them nothing answers, once their passages are gone: give --reduced too.")
    ] = 0,
    reduced: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where to write the documents without these passages, as .jsonl.")
    ] = None,
    dropped: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Where to write what the filters dropped, each with its reason, as .jsonl."),
    ] = None,
    reading: Reading = Reading(),
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Draft questions that documents answer, each with its gold passage and answer; without --lm by rules."""
    from seekgraph.cli.questions_draft import Wanted, draft_command

    documents = documents_of(sources, reading)
    wanted = Wanted(out, lm, count, tuple(kinds or ()), like, unanswerable, reduced, dropped, seed)
    draft_command(documents, wanted, json)


@app.command()
@grouped
def label(
    questions: Annotated[Path, typer.Argument(metavar="Q.jsonl", exists=True, dir_okay=False, help="The drafts.")],
    sources: Sources = Sources(),
    page: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write a page to label in a browser, as one HTML file, and stop.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Carry out the decisions that such a page has saved.")
    ] = None,
    reading: Reading = Reading(),
    json: Json = False,
) -> None:
    """Look through drafts: accept, edit, reject, choose passages. Each decision is saved at once; a second call goes on."""
    from seekgraph.cli.questions_label import label_command

    documents = documents_of(sources, reading)
    label_command(questions, documents, page, decisions, json)


@app.command()
@grouped
def check(
    questions: Annotated[
        list[Path], typer.Argument(metavar="Q.jsonl...", exists=True, dir_okay=False, help="Dev sets: train, val, ...")
    ],
    sources: Sources = Sources(),
    reading: Reading = Reading(),
    json: Json = False,
) -> None:
    """Find leaks, duplicates and wrong gold in dev sets, and say what gain they can prove; exit code 1 for errors."""
    from seekgraph.cli.questions_check import check_command

    documents = documents_of(sources, reading)
    check_command(tuple(questions), documents, json)
