"""Asking a folder, with nothing said about how."""

from __future__ import annotations

from pathlib import Path

from shell import seekgraph


def test_a_folder_is_asked_without_naming_a_flow(tmp_path: Path) -> None:
    (tmp_path / "cors.md").write_text("# CORS\n\nAdd the `CORSMiddleware` to the app. Its `allow_origins` lists other origins.\n")
    found = seekgraph("run", "--docs", tmp_path, "--json", "Where are other origins listed?")
    assert found.code == 0
    assert "`allow_origins`" in found.json["answer"]["text"]
    assert found.json["answer"]["citations"] == [found.json["passages"][0]["id"]]


def test_a_flow_alone_is_still_a_missing_question() -> None:
    seekgraph("run", "single").refused(2, "Missing argument 'QUESTION'")


def test_the_style_is_chosen_on_the_shell(tmp_path: Path) -> None:
    (tmp_path / "mail.md").write_text("# Mail\n\n## Limits\n\nA mail may have ten attachments. It may be of any length.\n")
    asked = ("run", "--docs", tmp_path, "--json", "How many attachments may a mail have?")
    long, short = (seekgraph(*asked, "--style", style).json["answer"]["text"] for style in ("prose", "short"))
    assert len(short.split()) <= 3 < len(long.split())
    seekgraph(*asked, "--style", "long").refused(2, "--style is one of auto, short, prose, list")
    seekgraph("run", "single", "--docs", tmp_path, "--style", "short", "Why?").refused(2, "has no param 'style'")
