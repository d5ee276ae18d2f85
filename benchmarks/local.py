"""What the local model does on this machine: load time, memory, tokens a second at 1, 4 and 8 requests at once, with and
without a shared prefix, and how its process ends.

    python benchmarks/local.py [--model smollm2-135m] [--threads N] [--rounds 3] [--out benchmarks/local.md]
    python benchmarks/local.py --kept     # only what keeping the fixed part of a prompt over processes brings

Each number of slots runs in a process of its own, which loads the weights and then sends rounds of requests: about 400 tokens of
prompt, of which the first 350 are the same for all requests or different for each, and at most 48 tokens of reply, held to a JSON
schema. It ends without closing the model, and with a reply half written that nobody waits for.

Needs `pip install -e ".[local]"` and `seekgraph models pull smollm2-135m`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from seekgraph.core.language.lm import Message, PlainText, Settings
from seekgraph.lms import ModelMissing, local_model
from seekgraph.lms.engine import default_threads

SLOTS = (1, 4, 8)
PASSAGE = "The river Rhine rises in the Alps, flows past Basel, Strasbourg, Cologne and Bonn, and ends in the North Sea. " * 13


class Reply(BaseModel):
    text: str


class Loose(BaseModel):
    text: str


def prompt(number: int, shared: bool) -> list[Message]:
    head = PASSAGE if shared else f"{number} " + PASSAGE
    return [
        Message(role="system", content=head),
        Message(role="user", content=f"Question {number}: tell what you know of the river."),
    ]


async def round_of(lm: Any, slots: int, start: int, shared: bool) -> dict[str, float]:
    numbers = iter(range(start, start + max(6, slots * 3)))
    done: list[Any] = []
    first: list[float] = []

    async def worker() -> None:
        for number in numbers:
            began, heard = time.perf_counter(), []
            settings = Settings(max_tokens=48, temperature=0.7, seed=number)
            reply = await lm.complete(
                prompt(number, shared), Reply, settings, on_text=lambda *_, h=heard: h.append(time.perf_counter())
            )
            done.append(reply)
            if heard:
                first.append(heard[0] - began)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(slots)))
    seconds = time.perf_counter() - began
    return {
        "out": sum(each.usage.tokens_out for each in done) / seconds,
        "in": sum(each.usage.tokens_in for each in done) / seconds,
        "requests": len(done) / seconds,
        "first": statistics.median(first) * 1000,
        "cached": sum(each.cached for each in done) / sum(each.usage.tokens_in for each in done),
    }


def megabytes() -> float:
    """Memory in use now."""
    if sys.platform == "linux":
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


async def child(model: str, slots: int, threads: int, rounds: int) -> None:
    __import__("xllamacpp")
    before = megabytes()
    lm = local_model(model, slots=slots, context=2048, threads=threads, reasks=0)
    began = time.perf_counter()
    await lm.complete([Message(role="user", content="Hi")], Reply, Settings(max_tokens=1))
    found: dict[str, Any] = {"load": time.perf_counter() - began, "slots": slots}
    for shared in (True, False):
        await round_of(lm, slots, 0, shared)
        results = [await round_of(lm, slots, number * 1000, shared) for number in range(1, rounds + 1)]
        found["shared" if shared else "own"] = {key: statistics.median(each[key] for each in results) for key in results[0]}
    found["memory"] = megabytes() - before
    left = asyncio.ensure_future(lm.complete(prompt(0, True), Reply, Settings(max_tokens=400)))
    await asyncio.sleep(0.2)
    left.cancel()
    print(json.dumps(found), flush=True)


async def spacing(model: str, threads: int) -> dict[str, float]:
    """Tokens of a reply whose JSON is compact, and of one that may be indented as the model likes."""
    from seekgraph.lms import grammar

    loose = {"response_format": {"type": "json_schema", "json_schema": {"schema": Loose.model_json_schema()}}}
    grammar._held[Loose] = loose
    lm = local_model(model, slots=1, context=2048, threads=threads, reasks=0)
    found = {}
    for name, output in (("compact", Reply), ("indented", Loose)):
        replies = []
        for number in range(12):
            messages = [Message(role="user", content=f"Name {number + 2} European cities.")]
            replies.append(await lm.complete(messages, output, Settings(max_tokens=96)))
        marks = [len(each.text) - len(each.value.text) for each in replies if not each.fallback]
        found[name] = sum(marks) / max(1, len(marks))
    await lm.aclose()
    return found


def measured(command: list[str]) -> dict[str, Any]:
    """What a child prints, with the exit code and the seconds that it took to end after it had printed it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            printed = time.perf_counter()
            code = process.wait(timeout=60)
        except BaseException:
            process.kill()
            raise
    if not line:
        sys.exit(f"the process ended with {code} before it had measured anything")
    return {**json.loads(line), "code": code, "ending": time.perf_counter() - printed}


async def first_reply(model: str, threads: int, cache: Path) -> None:
    """In a process of its own: the first reply to the prompt of a short answer, with what others have kept in `cache`."""
    from seekgraph.nodes import Answer
    from seekgraph.types import Passage

    lm = local_model(model, slots=1, threads=threads, cache=cache, reasks=0)
    await lm.complete([Message(role="user", content="Hi")], Reply, Settings(max_tokens=1))
    context = tuple(Passage(id=str(number), title="Rhine", text=PASSAGE[:300]) for number in range(4))
    messages = Answer().messages({"question": "Which river flows past Bonn?", "context": context})
    began = time.perf_counter()
    done = await lm.complete(messages, PlainText, Settings(max_tokens=1))
    print(json.dumps({"seconds": time.perf_counter() - began, "read": done.usage.tokens_in, "known": done.cached}), flush=True)


def kept(arguments: list[str]) -> list[str]:
    """What the first reply of a process takes, without and with what a process before it has kept."""
    lines = ["| the fixed part is | tokens of the prompt | known | first token after, s |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("read by this process", "kept by one before it", "kept, once more"):
            command = [sys.executable, __file__, "--first", folder, *arguments]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
            lines.append(f"| {name} | {found['read']} | {found['known']} | {found['seconds']:.2f} |")
    return lines


def table(found: list[dict[str, Any]]) -> list[str]:
    lines = ["| slots | prefix | tokens a second, written | read or known | requests a second | first text, ms | known already |"]
    lines.append("|---|---|---|---|---|---|---|")
    for each in found:
        for kind, name in (("shared", "shared"), ("own", "its own")):
            of = each[kind]
            lines.append(
                f"| {each['slots']} | {name} | {of['out']:.0f} | {of['in']:.0f} | {of['requests']:.1f} | {of['first']:.0f} "
                f"| {of['cached']:.0%} |"
            )
    lines += ["", "| slots | load, s | memory with the weights and all slots, MB | end, s | exit code |", "|---|---|---|---|---|"]
    for each in found:
        lines.append(f"| {each['slots']} | {each['load']:.2f} | {each['memory']:.0f} | {each['ending']:.2f} | {each['code']} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    parser.add_argument("--kept", action="store_true", help="print that table alone")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        asyncio.run(child(options.model, options.child, options.threads, options.rounds))
        return
    if options.first:
        asyncio.run(first_reply(options.model, options.threads, options.first))
        return
    try:
        local_model(options.model)
    except (ModelMissing, ImportError) as error:
        sys.exit(str(error))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    arguments = ["--model", options.model, "--threads", str(options.threads), "--rounds", str(options.rounds)]
    if options.kept:
        print("\n".join(kept(arguments)))
        return
    results = []
    for slots in SLOTS:
        results.append(measured([sys.executable, __file__, "--child", str(slots), *arguments]))
        print(f"{slots} slots: {results[-1]}", file=sys.stderr)
    marks = asyncio.run(spacing(options.model, options.threads))
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    lines = [
        "# What the local model does",
        "",
        f"Made by `python benchmarks/local.py {' '.join(arguments)}` on {ran_on}; medians of the rounds. A prompt has about 400",
        "tokens; with a shared prefix all but the last 50 are the same for every request. Load is until the first token.",
        "Each process ended with the model open and a reply half written; the time is from its last word to its end.",
        f"The load of the machine was {load:.1f} when it began: what else runs takes from the speed.",
        "",
        *table(results),
        "",
        "The first reply of a process to the prompt of a short answer, whose instruction the process before it has read:",
        "",
        *kept(arguments),
        "",
        f"Characters of a reply that are not its text: {marks['compact']:.0f} with the grammar for compact JSON, "
        f"{marks['indented']:.0f} with llama.cpp's own form of the schema.",
        "",
    ]
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
