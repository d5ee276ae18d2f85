"""What a text writes literally: names in code, options, identifiers, and numbers, in any language."""

from __future__ import annotations

import re
from functools import lru_cache

_LITERAL = re.compile(
    r"(?<!`)`++(?P<code>[^`\n]+)`+"
    r"|(?<![\w-])--?[a-z][\w-]+"  # an option
    r"|\b\w+(?:\.\w+)+\b|\b\w+_\w+\b|\b\w+\(\)|\b[a-z]+[A-Z]\w+|\b[A-Z][a-z]+[A-Z]\w*"  # identifiers
    r"|[$€£¥]?\d[\d.,]*"
)


@lru_cache(maxsize=32768)
def literals(text: str) -> frozenset[str]:
    """The different names and numbers that `text` writes literally, without marks around them. Linear in its length."""
    found = (match["code"] or match[0] for match in _LITERAL.finditer(text))
    return frozenset(literal.strip().rstrip(".,") for literal in found if literal.strip())
