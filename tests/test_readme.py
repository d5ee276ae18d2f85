"""The README runs as pasted, what it shows is what is printed, and its commands and links exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from blocks import Block, blocks, outputs

from seekgraph.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
SHELL = [line.strip().partition("#")[0] for line in TEXT.splitlines() if line.startswith("    seekgraph ")]


@pytest.fixture(scope="module")
def pasted(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Block], list[str]]:
    """The blocks of Python, and what each prints in an empty folder, all in one process."""
    code = [each for each in blocks(README) if each.language == "python"]
    return code, outputs(code, tmp_path_factory.mktemp("readme"))


def test_every_block_runs_as_pasted(pasted: tuple[list[Block], list[str]]) -> None:
    code, printed = pasted
    assert len(printed) == len(code) >= 3


def test_the_first_flow_prints_what_stands_below_it(pasted: tuple[list[Block], list[str]]) -> None:
    shown = TEXT.partition("<!-- first flow -->\n```\n")[2].partition("```")[0]
    if not shown:
        pytest.skip("the README does not show yet what the first flow prints")
    assert re.sub(r"\s+", " ", shown).strip() == re.sub(r"\s+", " ", pasted[1][0]).strip()


def test_the_first_flow_is_ten_lines_or_so(pasted: tuple[list[Block], list[str]]) -> None:
    assert len([line for line in pasted[0][0].text.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("line", SHELL)
def test_a_shell_line_is_a_command_with_these_options(line: str) -> None:
    names, options = line.split()[1:], re.findall(r"--[a-z-]+", line)
    command: Any = typer.main.get_command(app)
    command = command.commands[names[0]]
    if hasattr(command, "commands"):
        shown, _, _ = line.partition("#")
        alternatives = " ".join(shown.split()[2:]).split(" | ")
        assert {each.split()[0] for each in alternatives} <= set(command.commands)
    known = {name for each in command.params for name in each.opts}
    assert set(options) <= known


def test_there_are_shell_lines_and_all_commands_are_among_them() -> None:
    shown = {line.split()[1] for line in SHELL}
    assert shown >= {"check", "draw", "run", "evaluate", "compile", "memo", "demo"}


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)`", TEXT) + re.findall(r"    make ([a-z-]+)", TEXT))))
def test_a_make_target_exists(target: str) -> None:
    assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT))))
def test_a_link_leads_somewhere(link: str) -> None:
    if link.startswith("benchmarks/") and (ROOT / link).with_suffix(".py").exists():
        return  # written by the script of the same name
    assert (ROOT / link).exists()
