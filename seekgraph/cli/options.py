"""The options of the commands that run a flow: documents to search, other resources, params, and how to run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.binding import Bindings
from seekgraph.cli.common import Misuse
from seekgraph.cli.config import use_hosts
from seekgraph.cli.params import with_params
from seekgraph.cli.thinking import say_by_rules
from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import SeekgraphError

if TYPE_CHECKING:
    from seekgraph.flow import Bound, Flow
    from seekgraph.tools.indexed import OpenDocuments
    from seekgraph.tools.loaders import Loader
    from seekgraph.types import Example


class NoMemo(SeekgraphError):
    """The file that is to be a memo is something else."""


@dataclass(frozen=True)
class Documents:
    """--corpus, --docs, --dense, and how they are read (see `arguments.Reading`). Several sources are one corpus with ids kept
    apart.

    `cache` is a folder, True for the user's own and False for none. `configured` sources are from a configuration file: a flow
    that takes no documents passes them by. `loaders` are by suffix.
    """

    sources: tuple[Path, ...] = ()
    dense: bool = False
    cache: Path | bool = True
    configured: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    language: str | None = None
    loaders: Mapping[str, Loader] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.language is not None:
            from seekgraph.text.languages import language

            try:
                language(self.language)
            except ValueError as error:
                raise Misuse(f"--language: {error}") from None

    def read(self) -> OpenDocuments:
        """The passages of these documents with their index, and the files that were not read.

        Raises `Misuse` where no documents are given.
        """
        from seekgraph.tools import Choice
        from seekgraph.tools.indexed import open_documents

        if not self.sources:
            raise Misuse("no documents are given: give --docs FOLDER or --corpus FILE.jsonl")
        how: dict[str, Any] = {"cache": self.cache, "loaders": self.loaders, "language": self.language}
        return open_documents(*self.sources, choice=Choice(self.include, self.exclude), **how)

    def open(self, flow: Flow, bound: Iterable[str] = ()) -> dict[str, Any]:
        """What the flow takes, made from these documents; `bound` are the names of resources that it gets from elsewhere.

        Raises `Misuse` where it takes something that documents do not give.
        """
        from seekgraph.tools import Choice, open_corpus

        takes = [name for name in flow.resources if name not in set(bound)]
        required = {name for name in takes if flow.resources[name][2]}
        gives = ["corpus", "links", "pages", *(["dense"] if self.dense else [])]
        if not self.sources or (self.configured and not set(takes) & set(gives)):
            if missing := sorted(required):
                raise Misuse(f"the flow asks for {', '.join(missing)}: give {_way_out(missing)}")
            return {}
        if self.dense and "dense" not in flow.resources:
            raise Misuse(f"--dense: the flow does not ask for 'dense'; it asks for {', '.join(flow.resources) or 'nothing'}")
        if missing := sorted(required - set(gives)):
            hint = "give --dense too" if missing == ["dense"] else f"give --bind {missing[0]}=module:attribute"
            raise Misuse(f"the flow asks for {', '.join(missing)}; documents give {', '.join(sorted(gives))}: {hint}")
        choice = Choice(self.include, self.exclude)
        how: dict[str, Any] = {"cache": self.cache, "loaders": self.loaders, "choice": choice, "language": self.language}
        offered = open_corpus(*self.sources, dense=self.dense, **how)
        return {name: thing for name, thing in offered.items() if name in takes}


def _way_out(missing: Iterable[str]) -> str:
    documents = [name for name in missing if name in ("corpus", "links", "pages", "dense")]
    others = [f"--bind {name}=module:attribute" for name in missing if name not in documents]
    return " and ".join([*(["--docs FOLDER or --corpus FILE.jsonl"] if documents else []), *others])


@dataclass(frozen=True)
class Models:
    """--lm, --lm-for. A `configured` model is from a configuration file: a flow that uses no model passes it by."""

    lm: str | None = None
    lm_for: tuple[str, ...] = ()
    configured: bool = False

    def open(self, flow: Flow) -> dict[str, Any]:
        """The models, each made once, by the name under which the flow asks for it. Nothing is loaded or sent yet.

        Raises `Misuse` for a node that uses no model, and what `lms.resolve` raises: each says the way out.
        """
        if self.lm is None and not self.lm_for:
            return {}
        from seekgraph.core.language.lm import LM
        from seekgraph.lms.resolving import resolve

        shared = [name for name, (_, port, _) in flow.resources.items() if port is LM]
        nodes = {name.rpartition(".")[0]: name for name, port in flow.own_resources.items() if port is LM}
        wanted: dict[str, str] = {}
        if self.lm is not None and ("lm" in shared or not self.configured):
            if "lm" not in shared:
                others = f"; it has models under {', '.join(shared)}: give --lm-for NAME=MODEL" if shared else ""
                raise Misuse(f"--lm: nothing in the flow asks for a model under 'lm'{others}")
            wanted["lm"] = self.lm
        for each in self.lm_for:
            place, _, model = (part.strip() for part in each.partition("="))
            if not place or not model:
                raise Misuse(f"--lm-for takes NODE=NAME, such as plan=openai/gpt-4.1, not {each!r}")
            if place not in nodes and place not in shared:
                raise Misuse(f"--lm-for: no node {place!r} uses a model; these do: {', '.join(nodes) or 'none'}")
            wanted[nodes.get(place, place)] = model
        made = {model: resolve(model) for model in dict.fromkeys(wanted.values())}
        return {name: made[model] for name, model in wanted.items()}


def require_gold(bound: Bound, examples: Iterable[Example]) -> None:
    """Raise `ExampleError` for gold that is not among the documents, or not as it was recorded: no flow could ever find it."""
    from seekgraph.evaluation.examples import check_gold, check_recorded

    passages: Any = getattr(bound.resources.get("corpus"), "passages", None)
    if callable(getattr(passages, "id", None)):  # a retriever of a user's own need not know its passages
        rows = list(examples)
        check_recorded(rows, ((passage.id, passage.text) for passage in passages))
        check_gold(rows, [passages.id(number) for number in range(len(passages))])


@dataclass(frozen=True)
class Running:
    """--memo, --budget, --seed, --lm, --lm-for, --bind, --param."""

    memo: Path | None = None
    budget: Budget = field(default_factory=Budget)
    seed: int = 0
    models: Models = field(default_factory=Models)
    bindings: Bindings = field(default_factory=Bindings)
    params: tuple[str, ...] = ()

    def bind(self, flow: Flow, documents: Documents) -> Bound:
        """The flow with these params, bound to what it takes, without the budget: whether that is for a run or for all of them, a
        command says.

        A flow with errors is refused before anything is read.
        """
        from seekgraph.core.check import require

        require(flow)
        use_hosts()
        flow = with_params(flow, self.params)
        if self.memo is not None and self.memo.exists():
            require_memo(self.memo)
        bound, models = self.bindings.open(flow), self.models.open(flow)
        if both := sorted(set(bound) & set(models) if not self.models.configured else ()):
            raise Misuse(f"--bind and --lm both give {', '.join(both)}: give one")
        made = flow.bind({**documents.open(flow, {*bound, *models}), **models, **bound}, memo=self.memo)
        say_by_rules(made.by_rules)
        return made


def require_memo(path: Path) -> None:
    """Raise `NoMemo` for a file that is no memo: opening it as one would set it aside, and it may be dear to someone."""
    from seekgraph.core.memo.file import APPLICATION

    if path.is_file() and not path.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            ours: bool = database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION
    except sqlite3.Error:
        ours = False
    if not ours:
        raise NoMemo(f"{path} is not a memo, or is damaged beyond reading: give another path, or move the file away")


def parse_budget(text: str | None) -> Budget:
    """A budget from `calls=..,searches=..,tokens=..,usd=..,seconds=..`."""
    known = [each.name for each in fields(Budget)]
    limits: dict[str, float] = {}
    for part in (text or "").split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if name not in known or name in limits:
            raise Misuse(f"--budget takes each of {', '.join(known)} once, such as seconds=60,searches=500, not {part.strip()!r}")
        try:
            limits[name] = float(value) if name in ("usd", "seconds") else int(value)
        except ValueError:
            limits[name] = -1
        if not 0 <= limits[name] < float("inf"):
            raise Misuse(f"--budget {name} takes a number of 0 or more, not {value!r}")
    return Budget(**limits)  # type: ignore[arg-type]
