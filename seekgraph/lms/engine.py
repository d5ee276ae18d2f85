"""llama.cpp in the process: one set of weights, several slots that share it, and a clean end.

There is a worker thread for each slot; a request goes to the free slot that has read most of its beginning (`slots`), and
llama.cpp batches what the slots do. What a slot has read of the fixed part of its prompts is kept over processes
(`kept_prompts`). A request that is cancelled while it waits is never started; one that runs stops at its next token.

llama.cpp also listens on a port of the loopback address while it runs. It is given a random key, so that nothing else on the
machine can use it.
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import secrets
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from seekgraph.core.base.folders import user_cache
from seekgraph.lms.extras import need
from seekgraph.lms.kept_prompts import KeptPrompts
from seekgraph.lms.slots import Slots, as_text

Chunk = dict[str, Any]
Started = Callable[[], None]


class Size(NamedTuple):
    """How an engine is laid out: requests at once, tokens of prompt and reply together for each, threads."""

    slots: int
    context: int
    threads: int


class Job:
    """One request. `chunks` is called in the worker's thread with each piece of the answer; the first `fixed` of its messages are
    the same for other questions."""

    __slots__ = ("chunks", "done", "fixed", "request", "started", "stop")

    def __init__(self, request: dict[str, Any], started: Started, chunks: Callable[[Chunk], None], fixed: int = 0) -> None:
        self.request = request
        self.fixed = fixed
        self.started = started
        self.chunks = chunks
        self.stop = threading.Event()
        self.done: Future[None] = Future()

    def cancel(self) -> None:
        """Never start, or stop at the next token."""
        self.stop.set()
        self.done.cancel()


class Engine:
    """Weights that are loaded. Engines of the same file and size are one, for as long as somebody holds it: see `engine`."""

    def __init__(self, path: Path, size: Size, cache: Path, model: Any = None) -> None:
        self.path = path
        self.size = size
        key, scratch = secrets.token_urlsafe(32), Path(tempfile.mkdtemp(prefix="seekgraph-"))
        try:
            server = _server(path, size, key, scratch)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        self.address: str = server.listening_address
        self._ask = _Loopback(self.address, key)
        place = Place(server, Slots(size.slots), KeptPrompts(cache / "read", model or path.name, self._ask, scratch))
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._running: set[Job] = set()
        workers = [
            threading.Thread(target=_work, args=(place, self._jobs, self._running), name=f"llama-{n}", daemon=True)
            for n in range(size.slots)
        ]
        for worker in workers:
            worker.start()
        # Runs when the engine is dropped or closed, and else before the interpreter ends: llama.cpp must not outlive it.
        self.close = weakref.finalize(self, _close, [place], self._jobs, self._running, workers)

    def speed(self) -> float:
        """Tokens of a prompt that are read in a second, measured on a short one; blocks for half a second or so. As many as one
        likes, where this build of llama.cpp does not say it."""
        try:
            answer = self._ask("/completion", {"prompt": _READING, "n_predict": 0, "cache_prompt": False})
            return float(answer["timings"]["prompt_per_second"])
        except (ValueError, KeyError, TypeError):
            return _UNKNOWN_SPEED

    def submit(self, job: Job) -> Job:
        """Queue a request for the next free slot. Raises `RuntimeError` after the end."""
        if not self.close.alive:
            raise RuntimeError(f"the model {self.path.name} is closed")
        self._jobs.put(job)
        return job


_engines: weakref.WeakValueDictionary[tuple[Path, Size, int], Engine] = weakref.WeakValueDictionary()
_loading = threading.Lock()


def engine(path: Path, size: Size, cache: Path | None = None, model: Any = None) -> Engine:
    """The engine of this file and size in this process, loaded if nobody holds it. Blocks while it loads.

    `model` is plain data that tells the weights from others, for what is kept of it over processes, in the folder `cache` or in
    the user's own.
    """
    with _loading:
        key = (path, size, os.getpid())
        found = _engines.get(key)
        if found is None or not found.close.alive:
            found = _engines[key] = Engine(path, size, cache or user_cache(), model)
        return found


def default_threads() -> int:
    """Half of the processors that this process may use: llama.cpp's threads wait for one another, and one that gets no processor
    holds up all of them. On two processors a second thread is 1.7 times as fast where nothing else runs, and writes less than two
    tokens a second, in the place of 30, beside one busy process."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return max(1, min(8, usable // 2))


class Place(NamedTuple):
    """What the workers of an engine share."""

    server: Any
    slots: Slots
    kept: KeptPrompts


_UNKNOWN_SPEED = 100_000.0
_READING = " ".join(f"Line {number} says which river flows through which town." for number in range(12))
"""A text of about 150 tokens."""


class _Loopback:
    """llama.cpp's own interface for what the binding has no function for. See `kept_prompts.Ask`."""

    def __init__(self, address: str, key: str) -> None:
        self._where = urlsplit(address).netloc
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def __call__(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._where, timeout=120)
        try:
            connection.request("POST", path, json.dumps(body), self._headers)
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from None
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}: {text[:200]!r}")
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("no JSON object came back")
        return found


def _server(path: Path, size: Size, key: str, scratch: Path) -> Any:
    xllamacpp = need("xllamacpp", "local", "a local model")
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_parallel = size.slots
    params.n_ctx = size.slots * size.context
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = size.threads
    params.cache_ram_mib = 0  # prompts are kept in their slots, not in gigabytes beside them
    params.verbosity = -1
    params.ui = params.endpoint_slots = False
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.slot_save_path = f"{scratch}{os.sep}"
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise OSError(f"{path.name} cannot be loaded by llama.cpp ({error}): is it a whole GGUF file?") from None


def _work(place: Place, jobs: queue.SimpleQueue[Job | None], running: set[Job]) -> None:
    while (job := jobs.get()) is not None:
        if not job.done.set_running_or_notify_cancel():
            continue
        running.add(job)
        try:
            if not job.stop.is_set():
                job.started()
                _run(place, job)
        except BaseException as error:  # whatever it is, it belongs to who waits for the job
            job.done.set_exception(error)
        else:
            job.done.set_result(None)
        finally:
            running.discard(job)
        del job


def _run(place: Place, job: Job) -> None:
    """Run a request in the slot that fits it, and keep what was read of its fixed part."""
    messages = job.request["messages"]
    fixed, text = messages[: job.fixed], as_text(messages)
    slot, known = place.slots.take(text)
    try:
        if known < len(as_text(fixed)):
            place.kept.restore(slot, fixed)
        _hear(place.server, job, slot)
        if not job.stop.is_set():
            place.kept.keep(slot, fixed)
    finally:
        place.slots.give_back(slot, text)


def _hear(server: Any, job: Job, slot: int) -> None:
    failed: list[BaseException] = []

    def on_chunk(chunk: Chunk) -> bool:
        try:
            job.chunks(chunk)
        except BaseException as error:  # must not pass through llama.cpp
            failed.append(error)
        return bool(failed) or job.stop.is_set()

    server.handle_chat_completions(job.request | {"id_slot": slot}, on_chunk)
    if failed:
        raise failed[0]


def _close(place: list[Place], jobs: queue.SimpleQueue[Job | None], running: set[Job], workers: list[threading.Thread]) -> None:
    for job in list(running):
        job.stop.set()
    while True:
        try:
            waiting = jobs.get_nowait()
        except queue.Empty:
            break
        if waiting is not None:
            waiting.cancel()
    for _ in workers:
        jobs.put(None)
    for worker in workers:
        worker.join(timeout=30)
    place.pop().kept.close()  # the last reference: llama.cpp ends its own threads here
