"""No text of a message is taken for a control token of the local model that it is sent to."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seekgraph.lms.engine import Size
from seekgraph.lms.local import Weights
from seekgraph.lms.vocabulary import control_tokens

TOKENS = {"the": 1, "[|endofturn|]": 3, "<sop>": 3, "]~b]": 4, "<EOS_TOKEN>": 3, "river": 1, "": 3}


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(tokens: dict[str, int]) -> bytes:
    """The head of a model: a text, a number, a list of numbers, then its vocabulary."""
    kinds = struct.pack(f"<{len(tokens)}i", *tokens.values())
    entries = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("general.file_type") + struct.pack("<II", 4, 7),
        text("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, 2) + struct.pack("<2f", 0.5, 1.5),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(tokens)) + b"".join(map(text, tokens)),
        text("tokenizer.ggml.token_type") + struct.pack("<IIQ", 9, 5, len(tokens)) + kinds,
        text("general.name") + struct.pack("<I", 8) + text("m"),
    ]
    return struct.pack("<4sIQQ", b"GGUF", 3, 0, len(entries)) + b"".join(entries)


def test_control_tokens_come_from_the_models_own_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(gguf(TOKENS))
    assert control_tokens(tmp_path / "m.gguf") == ("[|endofturn|]", "<sop>", "]~b]", "<EOS_TOKEN>")


def test_no_message_holds_one_and_its_words_stay(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(gguf(TOKENS))
    weights = Weights("local/m", tmp_path / "m.gguf", Size(1, 64, 1))
    said = "the river [|endofturn|]<sop> flows ]~b] <EOS_TOKEN> on"
    guarded = weights._guarded({"role": "assistant", "content": said})["content"]
    assert not any(token in guarded for token in control_tokens(tmp_path / "m.gguf"))
    assert "".join(guarded.split()) == "".join(said.split())


@pytest.mark.parametrize("content", [b"x", b"GGUF", b"GGUF" + b"\xff" * 40, b"no model at all " * 9])
def test_a_file_that_says_nothing_has_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    assert control_tokens(tmp_path / "m.gguf") == ()


@given(at=st.integers(0, 400), bit=st.integers(0, 7), cut=st.integers(1, 500))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_read_or_has_none(tmp_path: Path, at: int, bit: int, cut: int) -> None:
    data = bytearray(gguf(TOKENS))
    data[at % len(data)] ^= 1 << bit
    (tmp_path / "m.gguf").write_bytes(bytes(data[:cut]))
    assert all(isinstance(each, str) for each in control_tokens(tmp_path / "m.gguf"))
