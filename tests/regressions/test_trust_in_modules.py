"""A file in the current folder never runs in the place of what is installed, and a damaged artifact imports nothing."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from amounts import PATIENCE

import seekgraph as sg
from seekgraph import lms, tools
from seekgraph.core.artifact import load, save
from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.base.extras import MissingExtra, need
from seekgraph.flows import single

SHELL = [sys.executable, "-c", "import sys; sys.path.pop(0); from seekgraph.cli import main; main()"]
FLOW = "import seekgraph as sg\nfrom seekgraph.nodes import Retrieve, Answer\nflow = sg.Flow(Retrieve() >> Answer(), name='m')\n"


def shell(folder: Path, *arguments: str, command: list[str] = SHELL) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(sg.__file__).parents[1])}
    return subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize("command", [SHELL, [sys.executable, "-m", "seekgraph"]], ids=["script", "-m"])
def test_what_is_installed_is_imported_before_a_file_of_the_same_name_in_the_current_folder(
    tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "Stemmer.py").write_text("open('ran', 'w').write('Stemmer')\n")
    (tmp_path / "bm25s.py").write_text("open('ran', 'w').write('bm25s')\n")
    (tmp_path / "mine.py").write_text(FLOW)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "rhine.md").write_text("# Rhine\n\nThe Rhine flows through Basel and Bonn.\n")
    done = shell(tmp_path, "run", "mine:flow", "Which river flows through Basel?", "--docs", "docs", command=command)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_damaged_artifact_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil_here.py").write_text("import os\nos.environ['EVIL'] = 'ran'\n" + FLOW)
    monkeypatch.delenv("EVIL", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    file = save(single.flow, tmp_path / "a.flow.json")
    whole = json.loads(file.read_text())
    for change in (
        {"artifact": 99},
        {"params": {}},
        {"params": {**whole["params"], "retrieve.kk": 3}},
        {"params": "many"},
        {"fingerprint": None},
    ):
        file.write_text(json.dumps({**whole, "flow": "evil_here:flow", **change}))
        with pytest.raises(ArtifactError):
            load(file)
        assert "EVIL" not in os.environ


def test_one_error_for_a_missing_extra_says_what_works_in_a_clone_too() -> None:
    assert lms.MissingExtra is tools.MissingExtra is MissingExtra
    with pytest.raises(MissingExtra) as refused:
        need("no_such_package.part", "local", "a local model")
    told = str(refused.value)
    assert told.startswith(
        'a local model needs no_such_package: pip install "seekgraph[local]", '
        'or, in a clone of Seekgraph, pip install -e ".[local]"'
    )
    again = pickle.loads(pickle.dumps(refused.value))
    assert (str(again), again.extra) == (told, "local")
