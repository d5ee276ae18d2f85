"""The interface of loaders: a file goes in, its title and sections come out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from seekgraph.core.base.extras import MissingExtra
from seekgraph.tools import decoding
from seekgraph.tools.decoding import Unreadable as Unreadable
from seekgraph.tools.markup import Include
from seekgraph.tools.sections import Content as Content
from seekgraph.tools.sections import Section as Section
from seekgraph.tools.sections import sections_of


class File(NamedTuple):
    """A file to be read: its path relative to the folder, its bytes, and the files that it may include.

    `include` gives the text of a file inside the folder by a path relative to this file, None where there is none.
    """

    name: str
    data: bytes
    include: Include | None = None

    @property
    def suffix(self) -> str:
        """In lower case, with the dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def text(self) -> str:
        """The bytes as text, see `decoding.decoded`. Raises `Unreadable` for bytes that are none, or over 20 MB of them."""
        if len(self.data) > decoding.MAX_BYTES:
            raise decoding.Unreadable(f"over {decoding.MAX_BYTES // 1_000_000} MB")
        return decoding.decoded(self.data)


class Loader(Protocol):
    """Reads one kind of file: a function of the file that returns its content, or simply its text as Markdown.

    For a file that it cannot read it raises `Unreadable` with the reason in a few words; whatever else it raises becomes the
    reason, too. It reads the bytes that it is given and nothing else.
    """

    def __call__(self, file: File, /) -> Content | str: ...


def load(loader: Loader, file: File) -> Content:
    """What the loader reads from the file. Raises `Unreadable`, and nothing else."""
    try:
        found = loader(file)
        return sections_of(found, ".md", file.include) if isinstance(found, str) else found
    except decoding.Unreadable:
        raise
    except MissingExtra as error:
        raise decoding.Unreadable(str(error), lasting=False) from None
    except Exception as error:  # a parser of a foreign format, on a file that anyone may have written, raises anything
        said = " ".join(str(error).split())
        raise decoding.Unreadable(f"{type(error).__name__}{': ' if said else ''}{said[:200]}") from None
