"""`seekgraph chat`: a conversation with documents in the terminal, or piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from seekgraph.cli.common import Misuse, find_flow
from seekgraph.cli.config import read_config
from seekgraph.cli.history import read_history, write_history
from seekgraph.cli.options import Documents, Running
from seekgraph.cli.output import say
from seekgraph.cli.wrapping import write
from seekgraph.deploy.conversing import asked, conversing, turns_of

if TYPE_CHECKING:
    from seekgraph.core.machine.result import Result
    from seekgraph.flow import Bound
    from seekgraph.types import Passage, Turn

HELP = """Ask a question; what follows may refer to it ("and her husband?").
/why    how the last answer came about, step by step
/wrong  the last answer is wrong: name the right passage or answer, kept for the dev set
/new    forget what was said
/help   this
/quit   end (or Ctrl-D)"""
FOUND = 5
"""Passages that are offered as the right one."""


@dataclass
class Chat:
    """One conversation: the flow, what was said, the last result, and where corrections are kept."""

    bound: Bound
    rows: Path
    read: Callable[[str], str]
    """Gives the next line after showing this prompt; raises `EOFError` at the end."""
    seed: int = 0
    history: tuple[Turn, ...] = ()
    question: str = ""
    result: Result | None = None
    offered: list[Passage] = field(default_factory=list)

    def talk(self) -> None:
        """Until the end of what is read, or /quit."""
        commands: dict[str, Callable[[], None]] = {"/why": self.why, "/wrong": self.wrong, "/new": self.new, "/help": help_}
        for line in self._lines():
            if line in ("/quit", "/exit"):
                return
            if line.startswith("/"):
                commands.get(line, lambda: write(f"there is no such command; there is {', '.join(commands)}, /quit"))()
            else:
                self.ask(line)

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                line = self.read("> ").strip()
            except EOFError:
                return
            if line:
                yield line

    def ask(self, question: str) -> None:
        """Answer a question, and remember both."""
        result = self.bound(question=question, history=self.history or None, seed=self.seed)
        self.question, self.result = question, result
        if (full := asked(result, question)) != question:
            write(f"({full})")
        answer = result.answer
        if answer is None:
            write(_no_answer(result))
        elif answer.refused:
            write(f"I cannot answer that: {answer.text or 'nothing that was found supports an answer'}")
        else:
            write(answer.text)
        cited = [passage for passage in result.passages if answer and passage.id in answer.citations]
        self.offered = cited or list(result.passages[:FOUND])
        if self.offered and not cited:
            write("nearest:")
        for number, passage in enumerate(self.offered, start=1):
            write(f"  [{number}] {passage.title or passage.id} ({passage.id}): {' '.join(passage.text.split())}", most=2)
        self.history += turns_of(result, question)

    def why(self) -> None:
        """The steps of the last answer: what each found, passed on and cost, and how many passages were left after each."""
        from seekgraph.cli.waterfall import lines

        if self.result is None:
            write("nothing has been asked yet")
            return
        for line in lines(self.result):
            write(line, most=1)

    def new(self) -> None:
        """Forget what was said."""
        self.history, self.result, self.question, self.offered = (), None, "", []
        write("a new conversation")

    def wrong(self) -> None:
        """Ask what would have been right, and keep it as a row of the dev set."""
        from seekgraph.cli.correcting import corrected

        if self.result is None:
            write("nothing has been asked yet")
            return
        try:
            said, answer = corrected(self.bound, asked(self.result, self.question), self.offered, self.read, self.rows)
        except EOFError:
            write("nothing was kept")
            return
        write(said)
        if answer:  # what comes next refers to what is right
            self.history = (*self.history[:-1], self.history[-1].model_copy(update={"text": answer}))


def help_() -> None:
    """Show the commands."""
    write(HELP)


def _no_answer(result: Result) -> str:
    errors = [step.error.message for step in result.errors if step.error]
    return f"no answer: {errors[0]}" if errors else "no answer; here is what was found"


def chat_command(name: str, documents: Documents, running: Running, save_rows: Path | None, history: Path | None) -> None:
    """Talk until the end of standard input."""
    rows = save_rows or read_config().path("questions") or Path("corrections.jsonl")
    if rows.is_dir():
        raise Misuse(f"--save-rows {rows} is a folder: give the name of a file in it")
    before = read_history(history) if history is not None and history.exists() else ()
    bound = running.bind(conversing(find_flow(name)), documents).with_options(budget=running.budget)
    terminal = sys.stdin.isatty()
    chat = Chat(bound, rows, _from_terminal if terminal else _from_pipe, running.seed, before)
    if terminal:
        say(f"{HELP}\n")
    try:
        chat.talk()
    finally:
        if bound.memo is not None:
            bound.memo.close()
        if history is not None and chat.history != before:
            write_history(history, chat.history)


def _from_terminal(prompt: str) -> str:
    return input(prompt)


def _from_pipe(prompt: str) -> str:
    """The next line, shown after its prompt, so that what is piped reads as a conversation."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    write(f"{prompt}{line.rstrip()}")
    return line
