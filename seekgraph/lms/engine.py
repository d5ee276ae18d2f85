"""llama.cpp in the process: one set of weights, several slots that share it, and a clean end.

Each slot has a worker thread that hands it one request after the other; llama.cpp batches what the slots do. A request that is
cancelled while it waits is never started; one that runs stops at its next token.

llama.cpp also listens on a port of the loopback address while it runs. It is given a random key, so that nothing else on the
machine can use it.
"""

from __future__ import annotations

import os
import queue
import secrets
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from seekgraph.lms.extras import need

Chunk = dict[str, Any]
Started = Callable[[], None]


class Size(NamedTuple):
    """How an engine is laid out: requests at once, tokens of prompt and reply together for each, threads."""

    slots: int
    context: int
    threads: int


class Job:
    """One request. `chunks` is called in the worker's thread with each piece of the answer."""

    __slots__ = ("chunks", "done", "request", "started", "stop")

    def __init__(self, request: dict[str, Any], started: Started, chunks: Callable[[Chunk], None]) -> None:
        self.request = request
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

    def __init__(self, path: Path, size: Size) -> None:
        self.path = path
        self.size = size
        server = _server(path, size)
        self.address: str = server.listening_address
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._running: set[Job] = set()
        workers = [
            threading.Thread(target=_work, args=(server, self._jobs, self._running), name=f"llama-{n}", daemon=True)
            for n in range(size.slots)
        ]
        for worker in workers:
            worker.start()
        # Runs when the engine is dropped or closed, and else before the interpreter ends: llama.cpp must not outlive it.
        self.close = weakref.finalize(self, _close, [server], self._jobs, self._running, workers)

    def submit(self, job: Job) -> Job:
        """Queue a request for the next free slot. Raises `RuntimeError` after the end."""
        if not self.close.alive:
            raise RuntimeError(f"the model {self.path.name} is closed")
        self._jobs.put(job)
        return job


_engines: weakref.WeakValueDictionary[tuple[Path, Size, int], Engine] = weakref.WeakValueDictionary()
_loading = threading.Lock()


def engine(path: Path, size: Size) -> Engine:
    """The engine of this file and size in this process, loaded if nobody holds it. Blocks while it loads."""
    with _loading:
        key = (path, size, os.getpid())
        found = _engines.get(key)
        if found is None or not found.close.alive:
            found = _engines[key] = Engine(path, size)
        return found


def default_threads() -> int:
    """Half of the processors that this process may use: llama.cpp's threads wait for one another, and one that gets no processor
    holds up all of them."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return max(1, min(8, usable // 2))


def _server(path: Path, size: Size) -> Any:
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
    params.api_keys = [secrets.token_urlsafe(32)]
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise OSError(f"{path.name} cannot be loaded by llama.cpp ({error}): is it a whole GGUF file?") from None


def _work(server: Any, jobs: queue.SimpleQueue[Job | None], running: set[Job]) -> None:
    while (job := jobs.get()) is not None:
        if not job.done.set_running_or_notify_cancel():
            continue
        running.add(job)
        try:
            if not job.stop.is_set():
                job.started()
                _run(server, job)
        except BaseException as error:  # whatever it is, it belongs to who waits for the job
            job.done.set_exception(error)
        else:
            job.done.set_result(None)
        finally:
            running.discard(job)
        del job


def _run(server: Any, job: Job) -> None:
    failed: list[BaseException] = []

    def on_chunk(chunk: Chunk) -> bool:
        try:
            job.chunks(chunk)
        except BaseException as error:  # must not pass through llama.cpp
            failed.append(error)
        return bool(failed) or job.stop.is_set()

    server.handle_chat_completions(job.request, on_chunk)
    if failed:
        raise failed[0]


def _close(server: list[Any], jobs: queue.SimpleQueue[Job | None], running: set[Job], workers: list[threading.Thread]) -> None:
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
    server.clear()  # the last reference: llama.cpp ends its own threads here
