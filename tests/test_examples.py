"""The examples run, and what users write is checked by their editors: mypy and, where it is installed, pyright."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from amounts import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PLANNER = ROOT / "examples" / "large_planner.py"
ARGUMENTS = {PLANNER: ("--small", "script", "--large", "script")}  # what it asks else is slow, and is tested below

MISTAKES = """
import seekgraph as sg
from seekgraph.nodes import Answer, Rerank, Retrieve

Retrieve("corpus", k="ten")  # wrong: the setting's type
Rerank(kepe=3)  # wrong: the setting's name
flow = sg.Flow(Retrieve("corpus", k=sg.Int(8, 2, 30)) >> Answer(), name="flow")
flow.bind(concurency=3).evaluate([]).metric  # wrong: a report's field
result = flow.bind()(question="Who?")
print(result.anwser)  # wrong: a result's field
print(result.answer.text)  # wrong: there may be no answer
sg.Budget(minutes=3)  # wrong: a budget's line
"""


def python(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    given = [sys.executable, *map(str, arguments)]
    return subprocess.run(given, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, encoding="utf-8")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs_in_an_empty_folder(example: Path, tmp_path: Path) -> None:
    done = python(example, *ARGUMENTS.get(example, ()), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_a_large_model_plans_and_a_small_one_does_the_rest(tmp_path: Path) -> None:
    told = python(PLANNER, *ARGUMENTS[PLANNER], cwd=tmp_path).stdout
    assert "answer: Bonn\ncites: [d056] Ludwig van Beethoven\n" in told
    assert re.search(r"^large, script: 1 calls, \d+ tokens in, \d+ out, 0\.0+ US dollars$", told, re.MULTILINE)
    assert re.search(r"^small, script: 5 calls", told, re.MULTILINE)


@pytest.mark.local
def test_the_local_model_plans_and_does_the_rest(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason='the extra "local" is not installed: pip install "seekgraph[local]"')
    done = python(PLANNER, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^(answer|refused): \S", done.stdout, re.MULTILINE)
    assert re.search(r"^large, local/smollm2-135m: [1-9]", done.stdout, re.MULTILINE)
    assert re.search(r"^small, local/smollm2-135m: [1-9]", done.stdout, re.MULTILINE)


def wrong_lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), start=1) if "# wrong" in line]


def test_mypy_accepts_the_examples_and_sees_mistakes(tmp_path: Path) -> None:
    assert EXAMPLES
    mistakes = tmp_path / "mistakes.py"
    mistakes.write_text(MISTAKES)
    done = python("-m", "mypy", "--strict", *EXAMPLES, mistakes)
    found = re.findall(r"^(.+?):(\d+): error", done.stdout, re.MULTILINE)
    assert sorted({int(number) for file, number in found if file.endswith("mistakes.py")}) == wrong_lines(MISTAKES), done.stdout
    assert [file for file, _ in found if not file.endswith("mistakes.py")] == [], done.stdout


def pyright() -> str:
    """The pyright that is installed and can start; skips the test where there is none."""
    scripts = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ.get('PATH', '')}"
    for name in ("pyright", "basedpyright"):
        if found := shutil.which(name, path=scripts):
            try:  # its wheel from PyPI is a launcher that loads the program when it is first used
                started = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                continue
            if started.returncode == 0:
                return found
    pytest.skip("pyright is not installed, or cannot load its program without a network")


def test_pyright_accepts_the_examples_and_sees_mistakes(tmp_path: Path) -> None:
    program = pyright()
    mistakes, config = tmp_path / "mistakes.py", tmp_path / "pyrightconfig.json"
    mistakes.write_text(MISTAKES)
    files = [str(path) for path in (*EXAMPLES, mistakes)]
    config.write_text(json.dumps({"include": files, "typeCheckingMode": "standard", "extraPaths": [str(ROOT)]}))
    given = [program, "--outputjson", "-p", str(config), "--pythonpath", sys.executable]
    done = subprocess.run(given, capture_output=True, text=True, timeout=PATIENCE, encoding="utf-8")
    errors = [each for each in json.loads(done.stdout)["generalDiagnostics"] if each["severity"] == "error"]
    seen = {Path(each["file"]).name: set[int]() for each in errors}
    for each in errors:
        seen[Path(each["file"]).name].add(each["range"]["start"]["line"] + 1)
    assert seen == {"mistakes.py": set(wrong_lines(MISTAKES))}, errors
