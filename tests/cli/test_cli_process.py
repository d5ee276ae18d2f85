"""What only a process of its own shows: the ways in, the streams, Ctrl-C, and going on after it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

from amounts import PATIENCE
from shell import CORPUS, SINGLE, command, interrupted, process, some_questions

from seekgraph import __version__
from seekgraph.demo import questions

IN_FLIGHT = 16
"""How many rollouts a compile has running: those of an interrupted one are not finished, and may run again."""

SLOW = """
import asyncio

import seekgraph as sg
from seekgraph.nodes import Answer, Retrieve


class Kept(sg.Writes):
    context: tuple[sg.Passage, ...]


class Slow(sg.Node):
    keep: int = sg.Int(2, low=1, high=8)

    async def run(self, question: str, passages: tuple[sg.Passage, ...]) -> Kept:
        await asyncio.sleep(0.05)
        with open("ran.log", "a") as log:
            log.write(f"{question} {self.keep} {[(each.id, each.score) for each in passages]}\\n")
        return Kept(context=passages[: self.keep])


flow = sg.Flow(Retrieve("corpus") >> Slow() >> Answer(), name="slow")
"""


def test_both_ways_in() -> None:
    script = shutil.which("seekgraph", path=sysconfig.get_path("scripts"))
    assert script is not None
    ran = subprocess.run([script, "--version"], capture_output=True, text=True)
    assert ran.stdout == process("--version").out == f"seekgraph {__version__}\n"


def test_help_loads_nothing_heavy() -> None:
    code = "import sys\nfrom seekgraph.cli import main\ntry:\n    main(['--help'])\nfinally:\n    print(sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in json.loads(ran.stdout.splitlines()[-1].replace("'", '"'))}
    assert not loaded & {"numpy", "pydantic", "networkx", "optuna", "torch"}


def test_json_is_alone_on_standard_output_and_the_rest_on_the_other(notes: Path) -> None:
    (notes / "latin.txt").write_bytes("Zürich".encode("latin-1"))
    ran = process("run", SINGLE, "Which river flows through Vienna?", "--docs", notes, "--steps", "--json")
    assert ran.code == 0
    assert ran.json["status"] == "ok"
    assert "latin.txt: read as windows-1252" in ran.err
    assert "retrieve" in ran.err


def test_what_is_piped_is_not_broken_into_lines_and_has_no_colour(notes: Path) -> None:
    ran = process("check", "seekgraph.flows.bridge:flow", COLUMNS="40")
    assert ran.out.count("\n") == 1
    assert "\x1b" not in process("run", SINGLE, "Which river?", "--docs", notes).out


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    started = subprocess.Popen(
        command("draw", "seekgraph.flows.bridge:flow", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stderr is not None
    started.stdout.close()
    assert "Traceback" not in started.stderr.read()
    started.stderr.close()
    started.wait(timeout=PATIENCE)


def test_a_narrow_terminal_is_kept_to(notes: Path) -> None:
    asked = ("evaluate", SINGLE, "--corpus", CORPUS, "--questions", questions("test"), "--limit", "3")
    ran = process(*asked, COLUMNS="60")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 60


def test_a_compile_that_is_interrupted_says_how_to_go_on_and_repeats_nothing(folder: Path) -> None:
    (folder / "mine.py").write_text(SLOW)
    train = some_questions(folder / "train.jsonl", "train", 24)
    log = folder / "ran.log"
    asked = ("compile", "mine:flow", "--corpus", CORPUS, "--train", train, "--trials", "4", "--metric", "support_recall@5")

    def busy() -> bool:
        return log.exists() and len(log.read_text().splitlines()) >= 30

    ran = interrupted(busy, *asked, "--out", "A.flow.json")
    ran.refused(130, "A.flow.json.journal: the same command with --resume goes on from there", "seekgraph: interrupted")
    assert ran.out == ""
    assert not (folder / "A.flow.json").exists()
    first = log.read_text().splitlines()
    log.write_text("")  # not removed: on a slow machine nothing may be left to run

    ran = process(*asked, "--out", "A.flow.json", "--resume", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["spent"]["resumed"] > 0
    assert f"going on from {ran.json['spent']['resumed']} results of earlier sessions" in ran.err
    assert not set(first[:-IN_FLIGHT]) & set(log.read_text().splitlines())

    whole = process(*asked, "--out", "B.flow.json", "--json")
    assert whole.json["changes"] == ran.json["changes"]
    assert whole.json["after"] == ran.json["after"]


def test_an_interrupt_with_json_is_said_as_json(folder: Path) -> None:
    (folder / "mine.py").write_text(SLOW)
    log = folder / "ran.log"
    ran = interrupted(
        log.exists, "evaluate", "mine:flow", "--corpus", CORPUS, "--questions", questions("train"), "--parallel", "1", "--json"
    )
    assert ran.code == 130
    assert json.loads(ran.out) == {"error": "interrupted"}


def test_a_compile_that_is_terminated_says_how_to_go_on_too(folder: Path) -> None:
    (folder / "mine.py").write_text(SLOW)
    train = some_questions(folder / "train.jsonl", "train", 24)
    asked = ("compile", "mine:flow", "--corpus", CORPUS, "--train", train, "--metric", "support_recall@5", "--out", "A.flow.json")
    ran = interrupted((folder / "ran.log").exists, *asked, by=signal.SIGTERM)
    ran.refused(143, "A.flow.json.journal: the same command with --resume goes on from there", "seekgraph: terminated")


def test_a_reader_that_has_enough_ends_a_list_without_a_word() -> None:
    for arguments in (("flows",), ("rewards", "list", "--json")):
        started = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert started.stdout is not None
        started.stdout.close()  # as `head` does, at once
        _, err = started.communicate(timeout=PATIENCE)
        assert (started.returncode, err) == (141, b"")
