"""Each test of the command line runs in an empty folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTES = {
    "rivers.md": "# Rivers\n\n## Danube\n\nThe Danube flows through Vienna.\n\n## Rhine\n\nThe Rhine flows through Basel.\n",
    "music.txt": "Beethoven composed Fidelio. He died in Vienna.\n",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one; output as wide as a plain terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def notes(folder: Path) -> Path:
    """A folder of a person's own notes."""
    place = folder / "notes"
    place.mkdir()
    for name, text in NOTES.items():
        (place / name).write_text(text, encoding="utf-8")
    return place
