"""`[tool.seekgraph]` of pyproject.toml: what need not be written on every command line; and `seekgraph config`.

[tool.seekgraph]
flow = "mypackage.flows:flow"
docs = ["notes"]             # or corpus = "corpus.jsonl"; several of both are one corpus
exclude = ["/drafts/"]       # files of folders that are left out, as in .gitignore; include: the only ones that are read
language = "es"              # of the documents; without it each passage is looked at
loaders = { ".adoc" = "mine:adoc" }   # what reads other kinds of files, or these differently
lm = "openai/gpt-4.1-mini"
memo = ".seekgraph/memo.db"
questions = "dev.jsonl"      # of evaluate and diagnose

[tool.seekgraph.hosts.mine]  # a host of models, for names such as mine/llama: see `lms.hosts.HostEntry` for the rest
url = "https://models.example.org/v1"
key = "MY_KEY"               # the environment variable that holds the key

[tool.seekgraph.models."mine/tiny*"]  # what is known of small models: see `lms.profiles.Profile`
rules = ["plan", "refine"]   # the roles that rules do better

The file is looked for in the current folder and upwards; the nearest with such a table counts, and paths are relative to it. The
command line wins.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seekgraph.cli.common import Misuse, checked_suffix, similar
from seekgraph.cli.output import detail, show, write_json

TEXTS, PATHS, LISTS = ("flow", "lm", "language"), ("memo", "questions"), ("docs", "corpus")
PATTERNS = ("include", "exclude")
TABLES = {
    "hosts": "[tool.seekgraph.hosts.mine] with a url",
    "models": '[tool.seekgraph.models."mine/tiny"] with rules',
}
KEYS = ("flow", "docs", "corpus", "include", "exclude", "language", "loaders", "lm", "memo", "questions", "hosts", "models")


@dataclass(frozen=True)
class Config:
    """What a configuration file says, by key, with its paths made whole; empty where there is none."""

    file: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """The folder of the file, in which a flow's module may be."""
        return None if self.file is None else self.file.parent

    def text(self, key: str) -> str | None:
        """`flow`, `lm` or `language`."""
        found: str | None = self._used(key)
        return found

    def path(self, key: str) -> Path | None:
        """`memo` or `questions`."""
        found: Path | None = self._used(key)
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """`include` or `exclude`."""
        return tuple(self._used(key) or ())

    @property
    def loaders(self) -> dict[str, str]:
        """`loaders`: where each is, by suffix."""
        return dict(self._used("loaders") or {})

    def _used(self, key: str) -> Any:
        value = self.values.get(key)
        if value:
            plain = _plain(value)
            detail(f"{key} = {', '.join(plain) if isinstance(plain, list) else plain} (from {self.file})")
        return value

    @property
    def sources(self) -> tuple[Path, ...]:
        """`corpus` and `docs`. Raises `Misuse` for one that does not exist."""
        found = (*(self._used("corpus") or ()), *(self._used("docs") or ()))
        if missing := [str(each) for each in found if not each.exists()]:
            raise Misuse(f"{self.file}, [tool.seekgraph]: there is no {', '.join(missing)}")
        return found


def use_hosts() -> None:
    """Let names of models begin with the hosts of the configuration file, and its profiles of models hold.

    Raises `ModelOption` for one that cannot be.
    """
    if found := read_config().values.get("hosts"):
        from seekgraph.lms.host_table import register_host
        from seekgraph.lms.hosts import entry_of

        for name, table in found.items():
            register_host(entry_of(name, table))
    if models := read_config().values.get("models"):
        from seekgraph.lms.profiles import profile_from, register_profile

        for pattern, table in models.items():
            register_profile(profile_from(pattern, table))


def read_config(start: Path | None = None) -> Config:
    """The configuration that holds in a folder, the current one unless another is given.

    Raises `Misuse` for a key that is not known, naming the one that is like it, and for a value of another type.
    """
    folder = (start or Path.cwd()).resolve()
    for file in (each / "pyproject.toml" for each in (folder, *folder.parents)):
        if file.is_file() and (table := _table(file)) is not None:
            return Config(file, {key: _value(file, key, value) for key, value in table.items()})
    return Config()


def _table(file: Path) -> dict[str, Any] | None:
    try:
        text = file.read_text(encoding="utf-8")
        if "seekgraph" not in text:
            return None  # somebody else's file, which may be as it likes
        table = tomllib.loads(text).get("tool", {}).get("seekgraph")
    except (OSError, UnicodeDecodeError):
        return None
    except tomllib.TOMLDecodeError as error:
        raise Misuse(f"{file} is not TOML: {error}") from None
    if table is not None and not isinstance(table, dict):
        raise Misuse(f"{file}: [tool.seekgraph] is a table of {', '.join(KEYS)}")
    return table


def _value(file: Path, key: str, value: Any) -> Any:
    where = f"{file}, [tool.seekgraph]"
    if key not in KEYS:
        raise Misuse(f"{where}: {key!r} is not known{similar(key, KEYS)}; there are {', '.join(KEYS)}")
    if key in TABLES:
        if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
            raise Misuse(f"{where}: {key} are tables, such as {TABLES[key]}, not {value!r}")
        return value
    if key in (*LISTS, *PATTERNS):
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(each, str) and each for each in texts):
            what = "path" if key in LISTS else "pattern"
            raise Misuse(f"{where}: {key} is a {what}, or a list of {what}s, not {value!r}")
        if key in PATTERNS:
            return tuple(texts)
        return tuple(_path(file, each) for each in texts)
    if key == "loaders":
        return _loaders(value, where)
    if not isinstance(value, str) or not value:
        raise Misuse(f"{where}: {key} is a text, not {value!r}")
    if key in PATHS:
        return _path(file, value)
    return str(_path(file, value)) if key == "flow" and value.endswith(".json") else value


def _loaders(value: Any, where: str) -> dict[str, str]:
    texts = value.items() if isinstance(value, dict) else [("", "")]
    if not all(isinstance(each, str) and each for pair in texts for each in pair):
        raise Misuse(f'{where}: loaders is a table such as {{ ".adoc" = "package.module:function" }}, not {value!r}')
    return {checked_suffix(suffix, f"{where}, loaders"): spec for suffix, spec in value.items()}


def _path(file: Path, text: str) -> Path:
    """A path of the file, as one would write it in the current folder."""
    whole = file.parent / Path(text).expanduser()
    try:
        return whole.relative_to(Path.cwd())
    except ValueError:
        return Path(os.path.relpath(whole)) if whole.anchor == Path.cwd().anchor else whole


def config_command(as_json: bool) -> None:
    """Show every setting, its value, and where that comes from."""
    config = read_config()
    plain = {key: _plain(config.values.get(key)) for key in KEYS}
    if as_json:
        write_json({"file": None if config.file is None else str(config.file), "values": plain})
        return
    show(f"from {config.file}" if config.file else "no pyproject.toml with [tool.seekgraph] here or above")
    for key, value in plain.items():
        show(f"  {key} = {', '.join(value) if isinstance(value, list) else value}" if value else f"  {key} is not set")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [f"{name}={each}" if isinstance(each, str) else name for name, each in value.items()]
    return [str(each) for each in value] if isinstance(value, tuple) else None if value is None else str(value)
