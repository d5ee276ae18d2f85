"""`seekgraph new`: a folder to begin a project in."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import keyword
import re
from pathlib import Path
from string import Template
from typing import NamedTuple

from seekgraph.cli.common import FLOW, Misuse, find_flow, imported, location
from seekgraph.cli.output import show, write_json

TEMPLATES = Path(__file__).parent / "project"
_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")  # also a name that packages may have (PEP 508)
EXAMPLE = "docs/example.md"


class Source(NamedTuple):
    """The code of a flow to begin with, and its name in there."""

    text: str
    attribute: str


def new_command(name: str, like: str, as_json: bool) -> None:
    """Write the project's files. Raises `Misuse` for a name that no module can have, and for a folder that is not empty."""
    if not _NAME.fullmatch(name):
        raise Misuse(
            f"NAME {name!r}: a project's name has letters of the alphabet, digits, '-' and '_', and begins with a letter; "
            "it is made in the current folder"
        )
    package = name.replace("-", "_").lower()
    if keyword.iskeyword(package):
        raise Misuse(f"NAME {name!r} is a word of Python and no name of a module: take another name")
    if importlib.util.find_spec(package) is not None:
        raise Misuse(f"NAME {name!r}: there is a module {package!r} already: take another name, such as {package}_search")
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misuse(f"{folder} is there already, and not empty: give another NAME")
    source = source_of(like)
    values = {"name": folder.name, "package": package, "attribute": source.attribute, "example": Path(EXAMPLE).name}
    files = {f"{package}.py": source.text}
    for target, template in (
        ("pyproject.toml", "pyproject.toml.txt"),
        ("README.md", "README.md.txt"),
        (".gitignore", "gitignore.txt"),
        ("dev.jsonl", "dev.jsonl.txt"),
        (f"test_{package}.py", "test.py.txt"),
        (EXAMPLE, "example.md.txt"),
    ):
        files[target] = Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)
    for target, text in files.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    steps = [f"cd {name}", "seekgraph chat", "seekgraph questions draft --out drafts.jsonl"]
    if importlib.util.find_spec("pytest") is not None:
        steps.insert(1, "pytest")
    if as_json:
        write_json({"folder": str(folder), "files": sorted(files), "like": like, "next": steps})
        return
    for target in sorted(files):
        show(f"  {folder / target}")
    show("", "next:", *(f"  {step}" for step in steps))


def source_of(like: str) -> Source:
    """The code of the module in which a flow stands, as the beginning of another. Raises `Misuse` for an artifact."""
    if like.endswith(".json"):
        raise Misuse(f"--like {like}: an artifact has no code; name the flow that it was compiled from, module:attribute")
    find_flow(like)
    place, _, attribute = location(like).partition(":")
    try:
        text = inspect.getsource(imported(place, like, FLOW))
    except OSError:
        raise Misuse(f"--like {like}: the code of {place} is not to be had") from None
    return Source(text, attribute)
