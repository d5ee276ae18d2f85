"""The arguments and options that several commands have, and what comes of them together with the configuration file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from seekgraph.cli.common import FLOW, Misuse, look_in, ready_made

if TYPE_CHECKING:
    from seekgraph.cli.options import Documents, Running


def _flows(incomplete: str) -> list[str]:
    from seekgraph.cli.completing import flow_names

    return flow_names(incomplete)


def _rewards(incomplete: str) -> list[str]:
    from seekgraph.cli.completing import reward_names

    return reward_names(incomplete)


def _metrics(incomplete: str) -> list[str]:
    from seekgraph.cli.completing import metric_names

    return metric_names(incomplete)


def _models(incomplete: str) -> list[str]:
    from seekgraph.cli.completing import model_names

    return model_names(incomplete)


def _passes(incomplete: str) -> list[str]:
    from seekgraph.cli.completing import pass_names

    return pass_names(incomplete)


FlowName = Annotated[
    str | None,
    typer.Argument(
        metavar="FLOW",
        help="package.module:attribute, a name of `seekgraph flows`, or a .flow.json artifact. The module that either names is "
        "imported: load only artifacts that you trust. Without it, the flow of pyproject.toml.",
        autocompletion=_flows,
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]
JsonTo = Annotated[str | None, typer.Option("--json", metavar="[OUT]", help="Write JSON to a file, or to standard output.")]
Corpus = Annotated[list[Path] | None, typer.Option(exists=True, help="A .jsonl corpus: id, title, text; may be repeated.")]
Docs = Annotated[list[Path] | None, typer.Option(exists=True, help="A folder of documents; may be repeated.")]
Dense = Annotated[bool, typer.Option("--dense", help="Also bind dense retrieval (needs the extra 'dense').")]
Include = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Only files of folders that this matches, as in .gitignore: '*.md'; may be repeated."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="No files of folders that this matches, as in .gitignore: '/drafts/'; may be repeated."),
]
Language = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The language of the documents, such as es; without it each passage is looked at."),
]
Loader = Annotated[
    list[str] | None,
    typer.Option(
        "--loader",
        metavar=".SUFFIX=MODULE:ATTRIBUTE",
        help="What reads a kind of file: a function of a seekgraph.tools.loaders.File that gives its Markdown; may be repeated.",
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="A folder to keep what was read in, in place of SEEKGRAPH_CACHE or the user's cache."),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Read and index all documents anew, and keep nothing.")]
Bind = Annotated[
    list[str] | None,
    typer.Option(
        "--bind",
        metavar="NAME=MODULE:ATTRIBUTE",
        help="A resource of the flow, or of one node (PATH.PARAMETER): an object, a function or class that makes one when it is "
        "called without arguments, or a search function (text, k); may be repeated.",
    ),
]
ParamValues = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="PATH=VALUE", help="Another value of a param, as JSON or text; may be repeated."),
]
Held = Annotated[
    list[str] | None,
    typer.Option(
        help="A metric that no change may make worse beyond noise; may be repeated, or 'none'. "
        "Without it, all that evaluating reports but costs."
    ),
]
Accept = Annotated[
    str | None,
    typer.Option(
        metavar="likely|proven",
        help="Which changes are taken: those alone whose gain the questions prove, as without it, or all that probably gain.",
    ),
]
Folds = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The parts of the questions, each judged by what was found without it, where no model is asked; 1 to hold back two "
        "fifths instead. Without it 5.",
    ),
]
Passes = Annotated[
    list[str] | None,
    typer.Option(
        "--pass",
        metavar="PASS",
        help="What compiling does, in order: fit, demonstrate, instruct, tune, or module:attribute of a pass of your own; may be "
        "repeated.",
        autocompletion=_passes,
    ),
]
MemoPath = Annotated[
    Path | None, typer.Option("--memo", dir_okay=False, help="A file to keep finished steps in, so that equal ones run once.")
]
BudgetText = Annotated[
    str | None, typer.Option("--budget", metavar="LIMITS", help="Such as searches=500,seconds=60; also calls, tokens, usd.")
]
LmName = Annotated[
    str | None,
    typer.Option(
        "--lm",
        metavar="NAME",
        help="A language model: local/smollm2-135m, openai/.., http://host/v1#model.",
        autocompletion=_models,
    ),
]
ReflectLm = Annotated[
    str | None,
    typer.Option(
        "--reflect-lm",
        metavar="NAME",
        help="A language model that writes instructions, from what went wrong by those that there are.",
        autocompletion=_models,
    ),
]
LmFor = Annotated[
    list[str] | None, typer.Option("--lm-for", metavar="NODE=NAME", help="Another model for one node; may be repeated.")
]
ModelName = Annotated[
    str, typer.Argument(help="local/smollm2-135m, openai/.., anthropic/.., http://host/v1#model", autocompletion=_models)
]
ModelsFolder = Annotated[Path | None, typer.Option("--folder", help="Where weights are kept, in place of the user's cache.")]
RewardNames = Annotated[
    list[str] | None,
    typer.Option(
        "--reward",
        metavar="NAME",
        help="A score of steps: see `seekgraph rewards list`, or module:attribute; may be repeated.",
        autocompletion=_rewards,
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(help="A metric, such as support_recall@5, or module:function; may be repeated.", autocompletion=_metrics),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        help="What to compile for, such as support_recall@5 or answer_f1=0.7, or module:function; may be repeated.",
        autocompletion=_metrics,
    ),
]
OneMetric = Annotated[
    str | None,
    typer.Option(
        help="What is to be good, such as support_recall@5, or module:function; else answers' F1.", autocompletion=_metrics
    ),
]
Questions = Annotated[
    Path | None, typer.Option("--questions", exists=True, dir_okay=False, help="Questions with their gold, as .jsonl.")
]
Seed = Annotated[int, typer.Option(help="The seed of all chance.")]
Rows = typer.Option(exists=True, dir_okay=False, help="Questions with their gold, as .jsonl.")
MemoFile = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The memo's file.")]


def flow_of(name: str | None, default: str | None = None) -> str:
    """FLOW as it was written, or that of the configuration file, or `default`. Raises `Misuse` where none names one."""
    if name is not None:
        return name
    from seekgraph.cli.config import read_config

    config = read_config()
    found = config.text("flow")
    if found is None and default is not None:
        return default
    if found is None or config.folder is None:
        raise Misuse(f"Missing argument 'FLOW': {FLOW.forms}; or flow = ... in [tool.seekgraph] of pyproject.toml")
    look_in(config.folder)
    return found


def flow_and(first: str | None, second: str | None, what: str, default: str | None = None) -> tuple[str, str]:
    """FLOW and the argument after it; where only one is written, it is the other, and FLOW is that of the configuration file,
    or else `default`."""
    if first is not None and second is not None:
        return first, second
    if first is None or _names_flow(first):
        raise Misuse(f"Missing argument {'FLOW' if first is None and default is None else what!r}")
    return flow_of(None, default), first


def _names_flow(text: str) -> bool:
    return text.endswith(".flow.json") or text in ready_made() or re.fullmatch(r"[A-Za-z_][\w.]*:\w+", text) is not None


def questions_of(path: Path | None) -> Path:
    """--questions, or that of the configuration file. Raises `Misuse` where neither names one that exists."""
    from seekgraph.cli.config import read_config

    config = read_config() if path is None else None
    found = path or (config.path("questions") if config else None)
    if found is None:
        raise Misuse("Missing option '--questions': questions with their gold, as .jsonl")
    if not found.is_file():
        raise Misuse(f"{config.file if config else ''}, [tool.seekgraph]: there is no {found}")
    return found


class Sources(NamedTuple):
    """--corpus, --docs, as they were written."""

    corpus: Corpus = None
    docs: Docs = None


class Reading(NamedTuple):
    """--cache, --no-cache, --include, --exclude, --language, --loader, as they were written."""

    cache: Cache = None
    no_cache: NoCache = False
    include: Include = None
    exclude: Exclude = None
    language: Language = None
    loader: Loader = None


class Resources(NamedTuple):
    """--lm, --lm-for, --bind, as they were written."""

    lm: LmName = None
    lm_for: LmFor = None
    bind: Bind = None


def documents_of(sources: Sources, reading: Reading, dense: bool = False) -> Documents:
    """--corpus, --docs, --dense and how they are read; what is not given is the configuration file's, whose loaders are there
    beside those of the command line."""
    from seekgraph.cli.config import read_config
    from seekgraph.cli.loading import loaders_of
    from seekgraph.cli.options import Documents

    if reading.no_cache and reading.cache is not None:
        raise Misuse("--cache names a folder and --no-cache wants none: give one")
    config = read_config()
    configured = not any(sources)
    return Documents(
        sources=config.sources if configured else (*(sources.corpus or ()), *(sources.docs or ())),
        dense=dense,
        cache=False if reading.no_cache else reading.cache or True,
        configured=configured,
        include=tuple(reading.include or config.texts("include")),
        exclude=tuple(reading.exclude or config.texts("exclude")),
        language=reading.language or config.text("language"),
        loaders=loaders_of(config, tuple(reading.loader or ())),
    )


def running_of(
    resources: Resources,
    *,
    memo: Path | None = None,
    budget: str | None = None,
    seed: int = 0,
    param: Sequence[str] | None = None,
) -> Running:
    """--lm, --lm-for, --bind, --memo, --budget, --seed, --param; a model and a memo also from the configuration file."""
    from seekgraph.cli.binding import Bindings
    from seekgraph.cli.config import read_config
    from seekgraph.cli.options import Models, Running, parse_budget

    config = read_config()
    models = Models(resources.lm or config.text("lm"), tuple(resources.lm_for or ()), configured=resources.lm is None)
    return Running(
        memo or config.path("memo"), parse_budget(budget), seed, models, Bindings(tuple(resources.bind or ())), tuple(param or ())
    )
