"""The encoding of a text that is not UTF-8 and does not say what it is, where it can be told."""

from __future__ import annotations

import re
import unicodedata

_LOOKED_AT = 200_000  # bytes
# What documents are really in. Any other answer for a short text is chance: charset-normalizer knows a hundred encodings.
_COMMON = (
    "cp1252 cp1250 cp1251 koi8_r cp1253 cp1254 cp1255 cp1256 cp1257 cp874 iso8859_2 iso8859_5 iso8859_7 iso8859_9 iso8859_15"
    " cp932 euc_jp iso2022_jp gb18030 big5 cp949"
).split()
_EAST = frozenset({"cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "cp949"})
_SURE = 0.2  # coherence from which a language was recognised
_FEW, _SHORT, _LEAST = 0.15, 64, 8  # share of letters beside ASCII, bytes, and characters
_MARKS = frozenset("\u2018\u2019\u201a\u201c\u201d\u201e\u2013\u2014\u2026\u20ac\u2022\u2122\xab\xbb\xb0\xa9\xae\xa7\xa3\xb7\xa0")
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffd]")


def told(raw: bytes) -> tuple[str, str] | None:
    """(text, encoding) of bytes that are no UTF-8, or None where it is not certain.

    It is certain where charset-normalizer recognises the language, where most of the text is Chinese, Japanese or Korean, and
    where there are few letters beside ASCII and all of them make sense in windows-1252, which browsers assume, too. Text that is
    UTF-8 but for some damage is not taken for anything else.
    """
    high = sum(byte > 127 for byte in raw[:_LOOKED_AT])
    if 2 * sum(map(len, _SEQUENCE.findall(raw[:_LOOKED_AT]))) > high:
        return None
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_LOOKED_AT], cp_isolation=_COMMON).best()
    if best is not None and best.coherence >= _SURE and (text := _strictly(raw, best.encoding)) is not None:
        return text, best.encoding
    few = high <= _FEW * len(raw[:_LOOKED_AT]) or len(raw) < _SHORT
    if few and (text := _strictly(raw, "cp1252")) is not None and all(map(_western, filter(_beyond_ascii, text))):
        return text, "windows-1252"
    if best is not None and best.encoding in _EAST and (text := _strictly(raw, best.encoding)) is not None:
        beyond = [character for character in text[:_LOOKED_AT] if _beyond_ascii(character)]
        if len(beyond) >= _LEAST and sum(map(_eastern, beyond)) > 0.9 * len(beyond):
            return text, best.encoding
    return None


def _strictly(raw: bytes, encoding: str) -> str | None:
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    return None if _CONTROL.search(text) else text


def _beyond_ascii(character: str) -> bool:
    return character > "\x7f"


def _western(character: str) -> bool:
    return character in _MARKS or (character.isalpha() and character not in "\xaa\xb5\xba\xde\xfe\xd0\xf0")


def _eastern(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
