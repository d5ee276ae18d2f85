"""`seekgraph new`: a folder to begin a project in."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from string import Template
from typing import NamedTuple

from seekgraph.cli.common import FLOW, Misuse, find_flow, imported, location
from seekgraph.cli.output import show, write_json

TEMPLATES = Path(__file__).parent / "project"
EXAMPLE = "docs/example.md"


class Source(NamedTuple):
    """The code of a flow to begin with, and its name in there."""

    text: str
    attribute: str


def new_command(name: str, like: str, as_json: bool) -> None:
    """Write the project's files. Raises `Misuse` for a name that no module can have, and for a folder that is not empty."""
    package = re.sub(r"\W+", "_", Path(name).name).strip("_").lower()
    if not package.isidentifier():
        raise Misuse(f"NAME {name!r} makes no name of a Python module: begin it with a letter")
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
    steps = [f"cd {name}", "pytest", "seekgraph chat"]
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
