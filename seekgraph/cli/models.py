"""`seekgraph models`: list, pull, and asking one thing. What a model can do is in `trying`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import Misuse
from seekgraph.cli.config import use_hosts
from seekgraph.cli.output import say, show, write_json

if TYPE_CHECKING:
    from seekgraph.core.language.lm import Completion
    from seekgraph.lms.client import BackedLM


def list_command(folder: Path | None, as_json: bool) -> None:
    """Show the models that a flow can use: local ones with their weights, and hosts with whether their key is set."""
    from rich.table import Table

    from seekgraph.evaluation.terminal import Fitting
    from seekgraph.lms.prices import as_of
    from seekgraph.lms.store import models_dir

    local, hosts = local_models(folder), hosts_and_keys()
    if as_json:
        write_json({"local": local, "hosts": hosts, "prices": as_of(), "folder": str(models_dir(folder))})
        return
    table = Table(title="local, in the process", title_justify="left")
    for column in ("name", "weights", "MB", "what it is"):
        table.add_column(column, no_wrap=column != "what it is")
    for each in local:
        table.add_row(str(each["name"]), "here" if each["here"] else "to be pulled", str(each["megabytes"]), str(each["about"]))
    hosted = Table(title="hosts", title_justify="left")
    for column in ("a model's name", "key", "what it is"):
        hosted.add_column(column, no_wrap=column == "key", overflow="fold")
    for one in hosts:
        hosted.add_row(one["example"], _key(one), one["about"])
    show(
        Fitting(table),
        Fitting(hosted),
        "and any server that speaks as OpenAI does: http://127.0.0.1:8080/v1#model",
        "`seekgraph models try NAME` says what a model can do",
    )


def _key(one: dict[str, Any]) -> str:
    if one["key"] is None:
        return "none needed"
    return "set" if one["key"] else f"set {one['variables'][0]}"


def local_models(folder: Path | None = None) -> list[dict[str, Any]]:
    """Models that run in the process, with whether their weights are here."""
    from seekgraph.lms.store import CATALOG, present

    here = present(folder)
    return [
        {
            "name": f"local/{name}",
            "here": name in here,
            "megabytes": round(here[name].stat().st_size / 1e6) if name in here else CATALOG[name].megabytes,
            "about": f"{CATALOG[name].about} ({CATALOG[name].license})" if name in CATALOG else "",
        }
        for name in sorted({*CATALOG, *here})
    ]


def hosts_and_keys() -> list[dict[str, Any]]:
    """Every host: an example of a name, its variables, whether one of them holds a key (None: it needs none), never the key."""
    from seekgraph.lms.host_table import known_hosts

    use_hosts()
    return [
        {
            "name": entry.name,
            "example": f"{entry.name}/{entry.example}",
            "key": entry.key_is_set,
            "variables": list(entry.keys),
            "about": entry.about or entry.url,
        }
        for entry in known_hosts().values()
    ]


def pull_command(name: str, folder: Path | None, as_json: bool) -> None:
    """Fetch the weights of a local model."""
    from seekgraph.lms.store import pull

    path = pull(name.removeprefix("local/"), folder)
    if as_json:
        write_json({"name": f"local/{name.removeprefix('local/')}", "path": str(path), "bytes": path.stat().st_size})
    else:
        show(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB in {path.parent}")


def options_for(name: str, folder: Path | None, key: str | None) -> dict[str, Any]:
    """--folder and --key as options of a model. Raises `Misuse` for a folder that the model has no use for."""
    options: dict[str, Any] = {}
    if name == "local" or name.startswith(("local/", "local:")):
        options["folder"] = folder
    elif folder is not None:
        raise Misuse(f"--folder is for local models, not for {name}")
    if key is not None:
        options["key"] = key
    return options


def ask_command(
    name: str, prompt: str, folder: Path | None, key: str | None, max_tokens: int, temperature: float, as_json: bool
) -> None:
    """Ask a model one thing and show what comes, as it comes, and what it cost."""
    from seekgraph.core.language.lm import Settings
    from seekgraph.lms.resolving import resolve

    use_hosts()
    settings = Settings(max_tokens=max_tokens, temperature=temperature)
    done = asyncio.run(_asked(resolve(name, settings=settings, **options_for(name, folder, key)), prompt, not as_json))
    usage = {**done.usage.spent(), "attempts": done.attempts}
    if as_json:
        write_json({"model": name, "text": done.value.text, "ended": done.ended, "usage": usage, "notes": list(done.notes)})
        return
    sys.stdout.write("\n")
    say(
        f"{done.usage.tokens_in} tokens in, {done.usage.tokens_out} out, {done.usage.usd:.6f} US dollars; ended: {done.ended}"
        + (f"; {done.attempts} attempts" if done.attempts > 1 else "")
        + "".join(f"; {note}" for note in done.notes)
    )


async def _asked(lm: BackedLM, prompt: str, aloud: bool) -> Completion[Any]:
    from pydantic import create_model

    from seekgraph.core.language.lm import Message

    shown = 0

    def on_text(piece: str, attempt: int) -> None:
        nonlocal shown
        if shown and attempt != shown:
            sys.stdout.write("\n")
        shown = attempt
        sys.stdout.write(piece)
        sys.stdout.flush()

    reply = create_model("Reply", text=(str, ...))
    async with lm:
        return await lm.complete([Message(role="user", content=prompt)], reply, on_text=on_text if aloud else None)
