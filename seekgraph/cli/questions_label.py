"""`seekgraph questions label`: a person looks through drafts, in the terminal or in a page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seekgraph.cli.common import Misuse
from seekgraph.cli.output import say, show, write_file, write_json
from seekgraph.cli.wrapping import write

if TYPE_CHECKING:
    from seekgraph.cli.options import Documents
    from seekgraph.synthesis.view import View
    from seekgraph.types import Example

KEYS = "[a]ccept [r]eject [e]dit [w] answer [g]old [p]assage [s]kip [u]ndo [q]uit [?]"
HELP = """a  accept: the row is right as it is shown
r  reject: the row moves to a file of its own; a reason may follow: r too vague
e  write another question
w  write another answer; - for none
g  choose the gold passages: ids, numbers of a search, or words to search for
p  show the passages whole
s  skip: it stays a draft
u  undo the last decision
q  stop; a later call goes on here. Ctrl-C and the end of input do the same"""
FOUND = 5
LINES = 6

Read = Callable[[str], str]


def label_command(path: Path, documents: Documents, page: Path | None, decisions: Path | None, as_json: bool) -> None:
    """Label in the terminal; or write the page, or carry out what it has saved."""
    from seekgraph.synthesis.labels import decide, pending, read_decisions, rows_of
    from seekgraph.synthesis.view import View

    if page is not None and decisions is not None:
        raise Misuse("--page writes a page and --decisions takes in what one has saved: give one")
    view = View(documents.read().corpus)
    rows = rows_of(path)
    if page is not None:
        from seekgraph.synthesis.page import page as page_of

        write_file(page, page_of(path.name, pending(rows), view))
        say(f"wrote {page}: open it in a browser, save the decisions, and give them to --decisions")
    elif decisions is not None:
        decide(path, read_decisions(decisions), view)
    else:
        _Labelling(path, view, _read).run()
    left = rows_of(path)
    waiting = len(pending(left))
    if as_json:
        write_json({"rows": len(left), "drafts": waiting, "rejected": len(rows) - len(left)})
    elif page is None:
        write(f"{path}: {len(left) - waiting} labelled, {waiting} drafts to go, {len(rows) - len(left)} rejected now")
        if not waiting and left:
            source = " ".join(f"--{'corpus' if each.suffix == '.jsonl' else 'docs'} {each}" for each in documents.sources)
            at = "" if documents.configured else f" {source}"
            show("next:", f"  seekgraph questions check {path}{at}", f"  seekgraph evaluate ask --questions {path}{at}")


def _read(prompt: str) -> str:
    """One line that a person types. Raises `EOFError` at the end of input."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    if not sys.stdin.isatty():
        sys.stdout.write("\n")
    return line.strip()


class _Labelling:
    """One pass through the drafts of a dev set."""

    def __init__(self, path: Path, view: View, read: Read) -> None:
        self.path, self.view, self.read = path, view, read
        self.done: list[tuple[int, Example]] = []

    def run(self) -> None:
        """Show one draft after the other until there are none, or the person stops."""
        from seekgraph.synthesis.labels import pending, rows_of

        waiting = list(pending(rows_of(self.path)))
        if not waiting:
            show(f"{self.path} has no drafts to look at")
            return
        show(KEYS)
        at = 0
        try:
            while at < len(waiting):
                show("", f"{at + 1} of {len(waiting)}")
                at += self._one(waiting[at], at)
        except EOFError:
            show("")

    def _one(self, row: Example, at: int) -> int:
        """Ask what to do with a row until it is decided; how far to move on: 1, or back after an undo."""
        from seekgraph.synthesis.labels import Decision, decide, restore

        now = row
        self._show(now)
        while True:
            key, _, rest = self.read("> ").partition(" ")
            match key.lower():
                case "a":
                    made = Decision(
                        id=row.id, verdict="accept", question=now.question, answers=now.answers, supporting_ids=now.supporting_ids
                    )
                    decide(self.path, [made], self.view)
                    self.done.append((at, row))
                    return 1
                case "r":
                    decide(self.path, [Decision(id=row.id, verdict="reject", reason=rest.strip())], self.view)
                    self.done.append((at, row))
                    return 1
                case "s":
                    return 1
                case "u" if self.done:
                    before, undone = self.done.pop()
                    restore(self.path, undone)
                    return before - at
                case "u":
                    show("there is nothing to undo")
                case "q":
                    raise EOFError
                case "e":
                    now = now.model_copy(update={"question": rest.strip() or self.read("question: ") or now.question})
                    self._show(now)
                case "w":
                    said = rest.strip() or self.read("answer (- for none): ")
                    answers = now.answers if not said else () if said == "-" else (said,)
                    now = now.model_copy(update={"answers": answers})
                    self._show(now)
                case "g":
                    now = now.model_copy(update={"supporting_ids": self._gold(now.supporting_ids, rest.strip())})
                    self._show(now)
                case "p":
                    self._passages(now, None)
                case _:
                    show(HELP)

    def _gold(self, old: Sequence[str], said: str) -> tuple[str, ...]:
        """The gold passages that the person names, by ids or by numbers of what their words find; the old ones for an empty
        line."""
        found: list[str] = []
        while True:
            said = said or self.read("gold (ids, numbers, words to search, - for none, empty: as it is): ")
            if not said:
                return tuple(old)
            if said == "-":
                return ()
            parts = said.replace(",", " ").split()
            named = [found[int(part) - 1] if part.isdigit() and 0 < int(part) <= len(found) else part for part in parts]
            if all(self.view.get(name) is not None for name in named):
                return tuple(dict.fromkeys(named))
            hits = self.view.near(said, FOUND)
            found = [each.id for each in hits]
            if not hits:
                show(f"nothing has a word of {said!r}")
            for number, each in enumerate(hits, start=1):
                write(f"  [{number}] {each.id}: {' '.join(each.text.split())}", most=2)
            said = ""

    def _show(self, row: Example) -> None:
        write(f"question: {row.question}")
        write(f"answer:   {row.answers[0] if row.answers else 'none'}", most=LINES)
        kind, written = row.meta.get("kind"), row.meta.get("written_by")
        write(f"kind:     {kind}" + (f", written by {written}" if written else ""))
        self._passages(row, LINES)

    def _passages(self, row: Example, most: int | None) -> None:
        for id in row.supporting_ids:
            passage = self.view.get(id)
            write(f"passage {id}")
            text = "no such passage in these documents" if passage is None else passage.text
            write(f"  {text if most is None else ' '.join(text.split())}", most=most)
