"""`seekgraph doctor`: what is installed, which keys are set, whether what is configured here can be used, and the next step."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from seekgraph.cli.common import FAILED, find_flow
from seekgraph.cli.config import Config, read_config
from seekgraph.cli.environment import file_of_variables
from seekgraph.cli.models import hosts_and_keys, local_models
from seekgraph.cli.output import say, show, write_json
from seekgraph.cli.wrapping import write
from seekgraph.core.base.errors import SeekgraphError

State = Literal["ok", "missing", "wrong"]
"""`missing` is something that is not there and need not be; `wrong` something that is there and cannot be used."""

NOT_FOR_USERS = frozenset({"dev", "benchmarks", "browser"})
ENOUGH = 30
"""Questions below which hardly any gain can be proved."""
TIMEOUT = 10.0
_REQUIREMENT = re.compile(r"""(?P<package>[\w.-]++).*extra\s*==\s*['"](?P<extra>[\w-]+)['"]""")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `step` is what to do about it, for what is missing or wrong."""

    area: str
    name: str
    state: State
    text: str
    step: str = ""


def doctor_command(ask_models: bool, as_json: bool) -> None:
    """Show what was found, and the next step; exit code 1 where something here cannot be used."""
    found = list(findings(ask_models))
    after = next_step(found)
    if as_json:
        write_json({"findings": [asdict(each) for each in found], "next": after})
    else:
        _show(found, after)
    if any(each.state == "wrong" for each in found):
        raise SystemExit(FAILED)


def findings(ask_models: bool) -> Iterator[Finding]:
    """What is to be said, area by area."""
    yield Finding("installed", "seekgraph", "ok", f"{_version()} on Python {platform.python_version()}")
    yield from _extras()
    yield from _keys()
    try:
        config = read_config()
    except SeekgraphError as error:
        yield Finding("project", "pyproject.toml", "wrong", str(error), "correct pyproject.toml")
        return
    yield from _models(config, ask_models)
    yield from _project(config)


def next_step(found: list[Finding]) -> str:
    """What to do first: what is wrong before what is missing."""
    steps = [each.step for state in ("wrong", "missing") for each in found if each.state == state and each.step]
    return steps[0] if steps else "seekgraph evaluate, then seekgraph diagnose and seekgraph compile"


def _version() -> str:
    from seekgraph import __version__

    return __version__


def _extras() -> Iterator[Finding]:
    """Each extra, with the packages of it that are not installed."""
    try:
        required = importlib.metadata.requires("seekgraph") or []
    except importlib.metadata.PackageNotFoundError:
        return
    packages: dict[str, list[str]] = {}
    for each in required:
        if match := _REQUIREMENT.match(each):
            packages.setdefault(match["extra"], []).append(match["package"])
    for extra in sorted(set(packages) - NOT_FOR_USERS):
        missing = [package for package in packages[extra] if not _installed(package)]
        text = f"without {', '.join(missing)}: pip install 'seekgraph[{extra}]'" if missing else "installed"
        yield Finding("installed", f"extra {extra}", "missing" if missing else "ok", text)


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _keys() -> Iterator[Finding]:
    """Which keys are set, by host; never a key."""
    file = file_of_variables()
    if file is not None:
        yield Finding("keys", ".env", "ok", f"read from {file}")
    hosts = [each for each in hosts_and_keys() if each["key"] is not None]
    for each in (each for each in hosts if each["key"]):
        yield Finding("keys", each["name"], "ok", "set")
    unset = [each["name"] for each in hosts if not each["key"]]
    if unset:
        yield Finding("keys", "not set", "missing", ", ".join(unset))


def _models(config: Config, ask_models: bool) -> Iterator[Finding]:
    here = [each["name"] for each in local_models() if each["here"]]
    runs = importlib.util.find_spec("xllamacpp") is not None
    text = ", ".join(here) if here else "none; seekgraph models pull smollm2-135m"
    if here and not runs:
        text += ": the weights are here, and running them needs the extra `local`"
    yield Finding("models", "in the process", "ok" if here and runs else "missing", text)
    name = config.values.get("lm")
    names = [name] if name else []
    if not ask_models:
        if name:
            yield Finding("models", name, "ok", "configured; --models asks whether it answers")
        return
    if importlib.util.find_spec("aiohttp") is None:
        yield Finding("models", "hosts", "missing", "not asked: they need the extra lm")
        return
    names += [each["example"] for each in hosts_and_keys() if each["key"]]
    for each in dict.fromkeys(names):
        yield _asked(each, configured=each == name)


def _asked(name: str, configured: bool) -> Finding:
    """Whether a model answers, asked one short thing within `TIMEOUT` seconds."""
    from time import perf_counter

    from pydantic import create_model

    from seekgraph.core.language.lm import Message, Settings
    from seekgraph.lms.resolving import resolve

    async def ask() -> None:
        quick: dict[str, Any] = {} if name.startswith("local") else {"timeout": TIMEOUT, "retries": 0}
        async with resolve(name, settings=Settings(max_tokens=64), **quick) as lm:
            await lm.complete([Message(role="user", content="Say hello.")], create_model("Reply", text=(str, ...)))

    began = perf_counter()
    try:
        asyncio.run(ask())
    except SeekgraphError as error:
        step = f"seekgraph models try {name}" if configured else ""
        return Finding("models", name, "wrong" if configured else "missing", f"does not answer: {error}", step)
    return Finding("models", name, "ok", f"answers, in {perf_counter() - began:.1f} s")


def _project(config: Config) -> Iterator[Finding]:
    if config.file is None:
        text = "no pyproject.toml with [tool.seekgraph] here or above"
        step = "seekgraph new NAME begins a project; or seekgraph run --docs FOLDER 'question'"
        yield Finding("project", "configuration", "missing", text, step)
        return
    yield Finding("project", "configuration", "ok", str(config.file))
    yield _flow(config)
    documents, ids = _documents(config)
    yield documents
    yield _questions(config, ids)


def _flow(config: Config) -> Finding:
    from seekgraph.cli.arguments import flow_of

    if "flow" not in config.values:
        return Finding("project", "flow", "missing", "none is named; commands without FLOW take `ask` or ask for one")
    try:
        flow = find_flow(flow_of(None))
        wrong = [each for each in flow.check() if each.severity == "error"]
    except SeekgraphError as error:
        return Finding("project", "flow", "wrong", str(error), "correct flow in pyproject.toml, or the module that it names")
    if wrong:
        return Finding("project", "flow", "wrong", f"{len(wrong)} errors: {wrong[0].message}", "seekgraph check")
    return Finding("project", "flow", "ok", f"{config.values['flow']}, well formed")


def _documents(config: Config) -> tuple[Finding, frozenset[str] | None]:
    """What is to be said of the documents, and the ids of their passages; None where there are none."""
    from seekgraph.cli.arguments import Reading, Sources, documents_of

    if not config.values.get("docs") and not config.values.get("corpus"):
        text = 'none are named: docs = ["FOLDER"] in [tool.seekgraph]'
        return Finding("project", "documents", "missing", text, "name your documents in pyproject.toml, docs = [...]"), None
    try:
        read = documents_of(Sources(), Reading()).read()
        ids = frozenset(passage.id for passage in read.passages())
    except (SeekgraphError, OSError) as error:
        return Finding("project", "documents", "wrong", str(error), "correct docs in pyproject.toml"), None
    if not ids:
        return Finding("project", "documents", "wrong", "no passage in them", "seekgraph passages --skipped"), None
    failed = sum(not each.expected for each in read.skipped)
    skipped = f"; {failed} files not read: seekgraph passages --skipped" if failed else ""
    return Finding("project", "documents", "ok", f"{len(ids)} passages{skipped}"), ids


def _questions(config: Config, ids: frozenset[str] | None) -> Finding:
    from seekgraph.evaluation.examples import check_gold, read_examples

    path = config.values.get("questions")
    if path is None or not path.is_file():
        text = "none are named" if path is None else f"there is no {path}"
        return Finding("project", "dev set", "missing", text, "seekgraph chat: /wrong writes rows of a dev set")
    try:
        rows = read_examples(path)
        if ids is not None:
            check_gold(rows, ids)
    except SeekgraphError as error:
        return Finding("project", "dev set", "wrong", str(error), f"correct {path}; seekgraph passages WORDS finds ids")
    gold = sum(bool(row.supporting_ids) for row in rows)
    text = f"{len(rows)} questions, {gold} with gold passages, {sum(bool(row.answers) for row in rows)} with answers"
    if len(rows) < ENOUGH:
        step = f"add questions to {path}, by hand, with /wrong of chat, or seekgraph questions draft: {ENOUGH} prove a gain"
        return Finding("project", "dev set", "missing", f"{text}: too few to prove a gain", step)
    return Finding("project", "dev set", "ok", text)


def _show(found: list[Finding], after: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from seekgraph.evaluation.terminal import Fitting

    for area in dict.fromkeys(each.area for each in found):
        table = Table(title=area, title_justify="left", show_header=False, show_edge=False, pad_edge=False)
        for width in (16, 7, None):
            table.add_column(overflow="fold", min_width=width)
        for each in found:
            if each.area == area:
                table.add_row(Text(each.name), each.state, Text(each.text))
        show(Fitting(table), "")
    write(f"next: {after}")
    if any(each.state == "wrong" for each in found):
        say("something here cannot be used: see above")
