"""Weights stored again in a form that llama.cpp reads prompts with faster.

On processors without a matrix unit llama.cpp has fast loops for 8-bit blocks (Q8_0) and none for the 4-bit blocks with an offset
(Q4_1) that a wheel may hold. The values stay those of the 4 bits, but for the rounding of each to 8 bits: less than half a
percent of the largest of its block.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seekgraph.lms.extras import need

_FILE_TYPE = "general.file_type"


def repack(source: Path, target: Path) -> None:
    """Write the GGUF file `source` to `target` with every quantized tensor in blocks of 8 bits (Q8_0).

    Raises `ModelMissing`, with what to install, where the `gguf` package is missing.
    """
    gguf = need("gguf", "local", "storing the weights of a local model")
    kind = gguf.GGMLQuantizationType
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, reader.fields["general.architecture"].contents())
    for name, value, types in _fields(reader):
        if name == _FILE_TYPE:
            writer.add_file_type(int(gguf.LlamaFileType.MOSTLY_Q8_0))
        else:
            writer.add_key_value(name, value, *types)
    for tensor in reader.tensors:
        stored, data = tensor.tensor_type, tensor.data
        if stored not in (kind.F32, kind.F16, kind.BF16, kind.Q8_0):
            stored, data = kind.Q8_0, gguf.quants.quantize(gguf.quants.dequantize(data, stored), kind.Q8_0)
        writer.add_tensor(tensor.name, data, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _fields(reader: Any) -> Iterator[tuple[str, Any, tuple[Any, Any]]]:
    """The metadata of a model: name, value, and its type with that of its parts."""
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":  # the writer's own
            yield field.name, field.contents(), (field.types[0], field.types[-1] if len(field.types) > 1 else None)
