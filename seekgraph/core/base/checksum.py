"""A checksum beside each stored value, so that damage is found out and not believed. Not against anyone who means harm."""

from __future__ import annotations

import zlib

SIZE = 4
"""Bytes of a checksum: CRC-32, which one flipped bit, or a run of up to 32, always changes."""


class Damaged(ValueError):
    """What is stored is not what was stored."""

    def __init__(self) -> None:
        super().__init__("its checksum is not that of its content")


def sealed(data: bytes, *about: bytes) -> bytes:
    """`data` with a checksum at its end, of it and of what stands beside it in other places."""
    return data + _sum(data, about)


def unsealed(data: bytes, *about: bytes) -> bytes:
    """What `sealed` was given. Raises `Damaged`."""
    content, found = data[:-SIZE], data[-SIZE:]
    if len(data) < SIZE or _sum(content, about) != found:
        raise Damaged
    return content


def _sum(data: bytes, about: tuple[bytes, ...]) -> bytes:
    total = zlib.crc32(data)
    for each in about:
        total = zlib.crc32(each, zlib.crc32(len(each).to_bytes(8, "big"), total))
    return total.to_bytes(SIZE, "big")
