"""What form the answer to a question has, and which sentences have that form. English patterns, no model.

A definition is told by its copula ("A signal is a way to ..."), by what it calls the thing ("..., known as a signal"), or by the
form of a glossary ("**Signal**: a way to ..."); a reason by the words that introduce one; a contrast by those between two sides.
"""

from __future__ import annotations

import re
from functools import lru_cache

from seekgraph.nodes.rules.base import Form
from seekgraph.text.named import asking
from seekgraph.text.weights import terms

LONGEST = 400
"""A sentence that asks, or one that may have a form, of more characters is left alone: its patterns may take time with the square
of its length."""

_MOST_WORDS = 5  # of a thing that is defined
_BEGIN = r"^\W*(?:so|and|but|please|ok|hi|well)?\W*"
_WHAT = r"what(?:['\u2019]s|\s+(?:is|are|was|were|does|do))"
_DEFINITION = (
    re.compile(
        rf"{_BEGIN}{_WHAT}\s+(?:the\s+(?:meaning|definition)\s+of\s+)?(?P<the>(?:the|an?)\s+)?(?P<x>[^,;?]+?)"
        r"(?P<mean>\s+(?:mean|stand\s+for|stand\s+for\s+and\s+mean|refer\s+to))?\W*$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_BEGIN}(?:define|explain|definition\s+of|meaning\s+of)\s+(?:the|an?)?\s*(?P<the>)(?P<x>[^,;?]+?)(?P<mean>)\W*$",
        re.IGNORECASE,
    ),
)
_NO_THING = re.compile(
    r"\b(?:of|in|on|at|for|from|to|by|with|between|when|if|that|which|who|my|your|i|it|this|there|here|default|minimum|maximum|max|min"
    r"|best|latest|current|right|correct|same|differences?|purpose|point|reason|name|number|port|version|limit|size|way|ways|options?"
    r"|possible|available|supported|do|use|need|happens?|mean|counterpart|value)\b",
    re.IGNORECASE,
)
_COMPARES = (
    re.compile(r"\bdifferen(?:ce|ces|t)\b.*?\b(?:between|from)\s+(?P<a>.+?)\s+(?:and|to|from)\s+(?P<b>[^?]+)", re.IGNORECASE),
    re.compile(r"^\W*(?P<a>[^?]+?)\s+(?:vs\.?|versus)\s+(?P<b>[^?:,]+)", re.IGNORECASE),
    re.compile(r"\bcompar(?:e|ed|ison\s+of|ison\s+between)\s+(?P<a>.+?)\s+(?:and|with|to)\s+(?P<b>[^?]+)", re.IGNORECASE),
    re.compile(
        r"\b(?:use|using|prefer|choose|pick|want|need|take)\s+(?P<a>.+?),?\s+(?:rather\s+than|instead\s+of|over|and\s+not|and\s+when)\s+(?P<b>[^?]+)",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:better|preferable)\b[^?]*?[,:]\s*(?P<a>.+?)\s+or\s+(?P<b>[^?]+)", re.IGNORECASE),
    re.compile(r"\bshould\s+\w+\s+(?:use|choose|prefer|pick|take)\s+(?P<a>[^?,]+?)\s+or\s+(?P<b>[^?]+)", re.IGNORECASE),
    re.compile(
        r"^(?P<a>.*\b(?:what|which|how)\b.+?),?\s+(?:and|but)\s+(?P<b>(?:for\s+\w+\s+)?(?:what|which|how)\b[^?]+|on\s+[^?]+|what\s+on[^?]+)",
        re.IGNORECASE,
    ),
)
_WHY = re.compile(
    rf"{_BEGIN}(?:why\b|how\s+come\b|what\s+(?:is|was|are)\s+the\s+(?:reasons?|purpose|point)\b|for\s+what\s+reason)|\bwhy\b[^?]*\?",
    re.IGNORECASE,
)
_LIST = re.compile(
    rf"{_BEGIN}(?:list\b|name\s+(?:all|the)\b|(?:which|what)\s+(?:(?:kinds?|types?|sorts?)\s+of\b|are\s+the\b(?!\s+\w+\s*\?)"
    r"|(?:[\w-]+\s+){0,2}(?!does\b|is\b|has\b|was\b)[\w-]{2,}s\s+(?:can|are|do|does|may|should|exist|there)\b))",
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    r"\bhow\s+(?:do|does|can|could|should|would|to|is|are|must|might)\b|\bhow\?|\bway\s+to\b|\bwhat\s+do\s+i\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"\b(?:what|which|who|whom|whose|where|when|how|is|are|was|were|do|does|did|can|could|must|may|should|has|have|will)\b|\?",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|so\s+that|in\s+order\s+(?:to|that)|therefore|thus|hence|reasons?|due\s+to|avoids?|prevents?|otherwise|that\s+way"
    r"|this\s+way|this\s+means|means\s+that|as\s+a\s+result|allows?|enables?|makes?\s+it|ensures?|helps?|advantages?|benefits?|designed\s+to"
    r"|intended|protects?|could\s+be|safety)\b",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(?:while|whereas|unlike|instead|rather\s+than|in\s+contrast|on\s+the\s+other\s+hand|differs?|different|difference|compared|but|than"
    r"|both|versus|only|otherwise)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^[\s>*_`\"'\u201c\u201d\[\]#+-]+|[*_`\"\u201c\u201d]+")
_LINK = re.compile(r"\]\([^()\s]*\)|\[|\]")
_COPULA = re.compile(
    r"^\W*(?:\([^()]*\)\W*)?(?:(?:is|are)\s+(?P<a>an?|the|one|any|just|simply|basically|essentially|what|where|when|how)?\b"
    r"|(?P<means>means?|refers?\s+to|stands?\s+for|describes?|represents?|defines?|specif(?:y|ies)|consists?\s+of|denotes?|summari[sz]es?|contains?|holds?)\b"
    r"|(?P<entry>[:=\u2013\u2014]|\s-\s|\s--\s)(?=\s*\S))",
    re.IGNORECASE,
)
_UNLIKELY = re.compile(
    r"^\W*(?:not|also|called|now|still|only|always|never|often|then|in|on|at|available|\w+ed)\b", re.IGNORECASE
)
_CALLED = re.compile(
    r"\b(?:called|known\s+as|referred\s+to\s+as|termed|named)\s+(?:an?\s+|the\s+)?(?P<x>[^,.;()]{2,60})", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def form(question: str) -> Form:
    """The form that the answer has, with the thing that is defined or the two that are compared."""
    text = asking(question).strip()
    if len(text) > LONGEST:
        return Form()
    for pattern in _COMPARES:
        if found := pattern.search(text):
            sides = (found["a"].strip(), found["b"].strip())
            if all(terms(side) for side in sides) and set(terms(sides[0])) != set(terms(sides[1])):
                return Form("comparison", sides=sides)
    if _WHY.search(text):
        return Form("why")
    for pattern in _DEFINITION:
        found = pattern.match(text)
        thing = found["x"].strip() if found else ""
        if terms(thing) and len(thing.split()) <= _MOST_WORDS and not _NO_THING.search(thing):
            return Form("definition", subject=thing)
    if _LIST.search(text):
        return Form("list")
    if _HOW_TO.search(question[-LONGEST:]):
        return Form("howto")
    return Form("fact" if _ASKS.search(text) else "other")


def defines(subject: str, text: str) -> float:
    """How clearly a sentence says what the subject is, in [0, 1]."""
    wanted = frozenset(terms(subject))
    plain = _MARKS.sub("", _LINK.sub("", text)).strip()
    if not wanted or not plain:
        return 0.0
    head = _head(plain, wanted)
    if head >= 0:
        rest = plain[head:]
        if (found := _COPULA.match(rest)) and not _UNLIKELY.match(rest[found.end() :]):
            return 1.0 if found["a"] or found["means"] or found["entry"] else 0.3
    if (
        (called := _CALLED.search(plain))
        and wanted <= set(terms(called["x"]))
        and len(set(terms(called["x"]))) <= len(wanted) + 1
    ):
        return 0.6
    return 0.0


def _head(text: str, wanted: frozenset[str]) -> int:
    """Where the words end with which a text begins, if they are the wanted ones and an article; else -1."""
    seen: set[str] = set()
    for count, word in enumerate(re.finditer(r"[\w.'/+#-]*\w", text)):
        held = set(terms(word[0]))
        if not held <= wanted or count > len(wanted) + 2:
            return -1
        seen |= held
        if seen == wanted:
            return word.end()
    return -1


def fits(form: Form, text: str) -> float:
    """How clearly a sentence has the form that is asked for, in [0, 1]; 0 where any sentence will do, and for a long one."""
    if len(text) > LONGEST:
        return 0.0
    if form.kind == "definition":
        return defines(form.subject, text)
    pattern = _OF.get(form.kind)
    return float(pattern is not None and pattern.search(text) is not None)


_OF = {"why": _REASON, "comparison": _CONTRAST}
