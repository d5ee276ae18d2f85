"""`seekgraph new` makes a project whose test passes, and `seekgraph doctor` says what is there and what to do next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shell import lines, seekgraph

SECRET = "sk-sentinel-8c1f0a7d3e5b9264"


def states(*arguments: object, code: int = 0) -> dict[str, str]:
    ran = seekgraph("doctor", "--json", *arguments)
    assert ran.code == code, ran
    return {each["name"]: each["state"] for each in ran.json["findings"]}


def test_the_test_of_a_new_project_passes_as_it_was_made(folder: Path) -> None:
    shown = seekgraph("new", "My-Search", "--like", "single")
    assert shown.code == 0
    assert shown.out.splitlines()[-4:] == [
        *("  cd My-Search", "  pytest", "  seekgraph chat"),
        "  seekgraph questions draft --out drafts.jsonl",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder / "My-Search", capture_output=True, text=True, timeout=110, env={**os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_the_commands_of_a_new_project_need_no_options(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seekgraph("new", "books")
    assert sorted(path.name for path in (folder / "books").iterdir()) == [
        ".gitignore", "README.md", "books.py", "dev.jsonl", "docs", "pyproject.toml", "test_books.py",
    ]  # fmt: skip
    monkeypatch.chdir(folder / "books")
    assert seekgraph("check").code == 0
    assert "four weeks" in seekgraph("run", "For how long are books lent?", "--json").json["answer"]["text"]
    found = states()
    assert (found["flow"], found["documents"], found["dev set"]) == ("ok", "ok", "missing")  # three questions prove nothing
    assert "add questions to dev.jsonl" in seekgraph("doctor", "--json").json["next"]
    lines(folder / "books" / "dev.jsonl", {"id": "q", "question": "?", "supporting_ids": ["nowhere.md"]})
    assert states(code=1)["dev set"] == "wrong"
    (folder / "books" / "books.py").write_text("import no_such_module_here\n", encoding="utf-8")
    assert states(code=1)["flow"] == "wrong"


def test_a_name_or_a_flow_that_a_project_cannot_have_is_refused(folder: Path) -> None:
    (folder / "full").mkdir()
    (folder / "full" / "x.txt").write_text("x", encoding="utf-8")
    seekgraph("new", "full").refused(2, "is there already, and not empty")
    seekgraph("new", "json").refused(2, "there is a module 'json' already")
    for name in ("2", "bad name/x", "../up", "/tmp/x", "a b", "a.b", "", "-x", "x-", "c:\\x", "naïve", "a\n"):
        seekgraph("new", "--", name).refused(2, "begins with a letter")
    seekgraph("new", "class").refused(2, "a word of Python")
    assert [path.name for path in folder.iterdir()] == ["full"]
    seekgraph("new", "mine", "--like", "brigde").refused(2, "did you mean 'bridge'?")
    seekgraph("new", "mine", "--like", "a.flow.json").refused(2, "an artifact has no code")
    assert not (folder / "mine").exists()


def test_doctor_says_what_is_installed_and_which_keys_are_set_and_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    ran = seekgraph("doctor", "--json")
    found = {each["name"]: each for each in ran.json["findings"]}
    assert found["openai"]["state"] == "ok"
    assert "groq" in found["not set"]["text"]
    assert found["extra lm"]["state"] in ("ok", "missing")
    assert found["configuration"]["state"] == "missing"
    assert ran.json["next"].startswith("seekgraph new NAME")
    shown = seekgraph("doctor")
    assert SECRET not in shown.out + shown.err + json.dumps(ran.json)
    assert max(map(len, shown.out.splitlines())) <= 80


@pytest.mark.lm
def test_doctor_asks_the_model_that_is_configured(folder: Path) -> None:
    pytest.importorskip("aiohttp")
    (folder / "pyproject.toml").write_text('[tool.seekgraph]\nlm = "http://127.0.0.1:9/v1#m"\n', encoding="utf-8")
    assert states()["http://127.0.0.1:9/v1#m"] == "ok"  # not asked
    ran = seekgraph("doctor", "--models", "--json")
    assert ran.code == 1
    assert ran.json["next"] == "seekgraph models try http://127.0.0.1:9/v1#m"
