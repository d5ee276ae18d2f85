"""`seekgraph questions draft`."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import FAILED, Misuse
from seekgraph.cli.config import use_hosts
from seekgraph.cli.output import QUIET, say, show, whole, writable, write_json
from seekgraph.cli.wrapping import write

if TYPE_CHECKING:
    from seekgraph.cli.options import Documents
    from seekgraph.synthesis.values import Draft, Drafted
    from seekgraph.types import Passage

SHOWN = 5


@dataclass(frozen=True)
class Wanted:
    """The options of the command."""

    out: Path
    lm: str | None = None
    count: int = 50
    kinds: tuple[str, ...] = ()
    like: Path | None = None
    unanswerable: int = 0
    reduced: Path | None = None
    dropped: Path | None = None
    seed: int = 0


def draft_command(documents: Documents, wanted: Wanted, as_json: bool) -> None:
    """Draft questions and write them; exit code 1 where none passed the filters. A file that is there is not written over."""
    from seekgraph.evaluation.examples import read_examples
    from seekgraph.synthesis.drafting import KINDS, draft, reduced

    if wanted.out.exists():
        raise Misuse(f"--out {wanted.out} is there already: give another name; labels in it would be lost")
    if bool(wanted.unanswerable) != (wanted.reduced is not None):
        raise Misuse("--unanswerable and --reduced go together: what nothing answers needs documents without its passages")
    kinds = tuple(part.strip() for each in wanted.kinds for part in each.split(",") if part.strip())
    if unknown := [each for each in kinds if each not in KINDS]:
        raise Misuse(f"--kinds: no kind is called {unknown[0]!r}; there are {', '.join(KINDS)}")
    for path, option in ((wanted.out, "--out"), (wanted.reduced, "--reduced"), (wanted.dropped, "--dropped")):
        writable(path, option)
    like = () if wanted.like is None else tuple(each.question for each in read_examples(wanted.like))
    use_hosts()
    corpus = documents.read().corpus
    with _bar(wanted.count) as progress:
        drafted = draft(
            corpus,
            count=wanted.count,
            kinds=kinds,
            lm=wanted.lm,
            like=like,
            seed=wanted.seed,
            unanswerable=wanted.unanswerable,
            progress=progress,
        )
    if drafted.drafts:
        with whole(wanted.out) as beside:
            drafted.write(beside)
    if wanted.reduced is not None:
        _write_passages(wanted.reduced, reduced(corpus, drafted.drafts))
    if wanted.dropped is not None:
        _write_dropped(wanted.dropped, drafted.rejected)
    if as_json:
        write_json(_facts(drafted, wanted))
    else:
        _tell(drafted, wanted, documents)
    if not drafted.drafts:
        raise SystemExit(FAILED)


def _facts(drafted: Drafted, wanted: Wanted) -> dict[str, Any]:
    return {
        "out": str(wanted.out) if drafted.drafts else None,
        "drafts": [each.model_dump(mode="json") for each in drafted.drafts],
        "kinds": dict(Counter(each.kind for each in drafted.drafts)),
        "written": drafted.written,
        "dropped": drafted.dropped,
        "ended": drafted.ended,
    }


def _tell(drafted: Drafted, wanted: Wanted, documents: Documents) -> None:
    for each in drafted.drafts[:SHOWN]:
        write(f"{each.question}", most=2)
        write(f"    {each.kind}: {' '.join(each.answer.split()) or 'no answer'}", most=2)
    if len(drafted.drafts) > SHOWN:
        show(f"... and {len(drafted.drafts) - SHOWN} more")
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(each.kind for each in drafted.drafts).most_common())
    show("")
    write(f"{len(drafted.drafts)} questions of {drafted.written} passed the filters ({kinds or 'none'})")
    if drafted.dropped:
        write("dropped: " + ", ".join(f"{count} by {name}" for name, count in drafted.dropped.items()))
    if drafted.ended != "enough":
        write(_REASONS[drafted.ended].format(count=wanted.count))
    if drafted.drafts:
        source = " ".join(f"--{'corpus' if path.suffix == '.jsonl' else 'docs'} {path}" for path in documents.sources)
        at = "" if documents.configured else f" {source}"
        show("", "These are drafts: look at each before you rely on it. Next:", f"  seekgraph questions label {wanted.out}{at}")


_REASONS = {
    "no more": "{count} were asked for: the documents give no more by these rules; a model (--lm) writes others",
    "budget": "{count} were asked for: the model wrote so many that did not pass that it was stopped",
}


def _write_dropped(path: Path, drafts: tuple[Draft, ...]) -> None:
    with whole(path) as beside:
        beside.write_text("".join(f"{each.model_dump_json()}\n" for each in drafts), encoding="utf-8")


def _write_passages(path: Path, passages: tuple[Passage, ...]) -> None:
    rows = ({"id": each.id, "title": each.title, "text": each.text, "meta": dict(each.meta)} for each in passages)
    with whole(path) as beside:
        beside.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    say(f"wrote {path}: {len(passages)} passages")


@contextmanager
def _bar(count: int) -> Iterator[Callable[[int, int, int], None] | None]:
    """A progress bar on standard error, and what moves it; none with -q."""
    if QUIET.get():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, width=min(100, shutil.get_terminal_size().columns))
    told = TextColumn("{task.fields[told]}", markup=False)
    with Progress(BarColumn(), MofNCompleteColumn(), told, TimeElapsedColumn(), console=console) as bars:
        task = bars.add_task("", total=count, told="passed")
        yield lambda done, total, written: bars.update(task, completed=done, total=total, told=f"passed of {written}")
