"""What files of Office have in common: they are zip archives, which may be encrypted, damaged, or a bomb."""

from __future__ import annotations

import io
import zipfile

from seekgraph.tools.decoding import Unreadable

MAX_UNPACKED = 200_000_000  # bytes of all members together
_CHUNK = 1_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def checked(data: bytes) -> io.BytesIO:
    """The bytes of a zip archive that unpacks to at most 200 MB, measured and not believed. Raises `Unreadable`."""
    if data.startswith(_OLE):
        raise Unreadable("encrypted, or of a format of before 2007")
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                with archive.open(member) as opened:
                    while read := len(opened.read(_CHUNK)):
                        unpacked += read
                        if unpacked > MAX_UNPACKED:
                            raise Unreadable(f"unpacks to over {MAX_UNPACKED // 1_000_000} MB")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError):
        raise Unreadable("damaged, or not of the kind that its name says") from None
    return io.BytesIO(data)
