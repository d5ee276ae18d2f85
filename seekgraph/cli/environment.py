"""`.env`: variables of the environment in a file, keys of models above all. Only the command line reads it, never the library.

It is looked for in the current folder, and beside the nearest pyproject.toml. A variable that is set already stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def file_of_variables() -> Path | None:
    """The `.env` that is read, if there is one."""
    here = Path.cwd()
    project = next((each for each in (here, *here.parents) if (each / "pyproject.toml").is_file()), here)
    return next((path for folder in (here, project) if (path := folder / ".env").is_file()), None)


@contextmanager
def variables_of_file() -> Iterator[None]:
    """The variables of the file for as long as a command runs."""
    file = file_of_variables()
    added: dict[str, str] = {}
    if file is not None:
        from dotenv import dotenv_values

        found = dotenv_values(file, encoding="utf-8")
        added = {name: value for name, value in found.items() if value is not None and name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
