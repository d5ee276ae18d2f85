"""`seekgraph models`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import Misuse
from seekgraph.cli.output import say, show, write_json

if TYPE_CHECKING:
    from seekgraph.core.language.lm import Completion
    from seekgraph.lms.client import BackedLM

HOSTS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


def list_command(folder: Path | None, as_json: bool) -> None:
    """Show the models that a flow can use: local ones with their weights, hosted ones with their prices."""
    from rich.table import Table

    from seekgraph.evaluation.terminal import Fitting
    from seekgraph.lms.prices import AS_OF, TABLE
    from seekgraph.lms.store import CATALOG, models_dir, present

    here = present(folder)
    local = [
        {
            "name": f"local/{name}",
            "here": name in here,
            "megabytes": round(here[name].stat().st_size / 1e6) if name in here else CATALOG[name].megabytes,
            "about": f"{CATALOG[name].about} ({CATALOG[name].license})" if name in CATALOG else "",
        }
        for name in sorted({*CATALOG, *here})
    ]
    hosted = [
        {"name": name, "key": bool(os.environ.get(HOSTS[name.partition("/")[0]])), "input": price.input, "output": price.output}
        for name, price in TABLE.items()
    ]
    if as_json:
        write_json({"local": local, "hosted": hosted, "prices_as_of": AS_OF, "folder": str(models_dir(folder))})
        return
    table = Table(title="local, in the process", title_justify="left")
    for column in ("name", "weights", "MB", "what it is"):
        table.add_column(column, no_wrap=column != "what it is")
    for each in local:
        table.add_row(str(each["name"]), "here" if each["here"] else "to be pulled", str(each["megabytes"]), str(each["about"]))
    prices = Table(title=f"hosted; US dollars a million tokens as of {AS_OF}, any other name works too", title_justify="left")
    for column in ("name", "in", "out", "key"):
        prices.add_column(column, no_wrap=True)
    for one in hosted:
        variable = HOSTS[str(one["name"]).partition("/")[0]]
        prices.add_row(str(one["name"]), f"{one['input']:g}", f"{one['output']:g}", "set" if one["key"] else f"set {variable}")
    show(
        Fitting(table),
        Fitting(prices),
        "and any server that speaks as OpenAI does: http://127.0.0.1:8080/v1#model",
    )


def pull_command(name: str, folder: Path | None, as_json: bool) -> None:
    """Fetch the weights of a local model."""
    from seekgraph.lms.store import pull

    path = pull(name.removeprefix("local/"), folder)
    if as_json:
        write_json({"name": f"local/{name.removeprefix('local/')}", "path": str(path), "bytes": path.stat().st_size})
    else:
        show(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB in {path.parent}")


def try_command(
    name: str, prompt: str, folder: Path | None, key: str | None, max_tokens: int, temperature: float, as_json: bool
) -> None:
    """Ask a model one thing and show what comes, as it comes, and what it cost."""
    from seekgraph.core.language.lm import Settings
    from seekgraph.lms.resolving import resolve

    options: dict[str, Any] = {"settings": Settings(max_tokens=max_tokens, temperature=temperature)}
    if name == "local" or name.startswith("local/"):
        options["folder"] = folder
    elif folder is not None:
        raise Misuse(f"--folder is for local models, not for {name}")
    if key is not None:
        options["key"] = key
    done = asyncio.run(_tried(resolve(name, **options), prompt, not as_json))
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


async def _tried(lm: BackedLM, prompt: str, aloud: bool) -> Completion[Any]:
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
