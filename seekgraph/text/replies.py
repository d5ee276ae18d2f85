"""What a model wrote, taken apart: its reasoning, the JSON objects in it, and the prose around them.

Models put a value where they like: after `<think>...</think>`, after a sentence, in a fence, with trailing commas, single quotes
or Python's `None`. `taken_apart` finds it in one pass over the text. JSON that is right is read as it is; what is nearly right
goes through `json-repair` (pure Python, without dependencies), one object at a time and bounded in length and depth, since its
time grows with the square of the depth.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

MOST_REPAIRED, DEEPEST_REPAIRED, MOST_REPAIRS = 60_000, 48, 16
"""Of one reply: characters that are repaired at most, how deep an object may be for that, and how many may need it."""

_WORDS = "think|thinking|thoughts?|reason|reasoning|reflection|analysis|scratchpad"
_TAG = (
    rf"<(?P<end>/?)(?:\w{{1,12}}:)?(?:{_WORDS})(?:\s[^<>{{}}]{{0,80}})?>"
    r"|[\[\u25c1](?P<end2>/?)think(?:ing)?[\]\u25b7]"
    r"|<\|channel\|>(?:analysis|commentary)[^<>{}]{0,80}<\|message\|>"
    r"|(?P<end3><\|channel\|>final[^<>{}]{0,80}<\|message\|>|<\|end\|>)"
)
_REASONING = re.compile(_TAG, re.IGNORECASE)
_EVENT = re.compile(rf"(?P<open>\{{)|{_TAG}", re.IGNORECASE)
_OBJECT = re.compile(r"\{\s*(?:[\"'\u201c\u2018]|[A-Za-z_][\w-]{0,80}\s{0,9}:|\})")
_SINGLE_KEY = re.compile(r"\{\s*'")
_QUOTED_KEY = re.compile(r"\{\s*[\"'\u201c\u2018]")
_PART = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\]]', re.DOTALL)
_SINGLE = re.compile(  # a string in single quotes ends where what follows it goes on as JSON does
    r"(?<=[{\[,:\s])'(?:[^'\\]|\\.|'(?!\s{0,9}[,:}\]]))*'?|\"(?:[^\"\\]|\\.)*\"?|[{}\[\]]", re.DOTALL
)
_COMMENT = re.compile(r"//[^\n\"']*$|/\*[^*]*\*/", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]{0,9}(?:`{3,}|~{3,})[^\n`]{0,60}$", re.MULTILINE)
_WRAPPER = re.compile(r"</?(?:final_)?(?:answer|output|response|result|json)>|<\|[a-z_]{1,30}\|>|</s>", re.IGNORECASE)
_DECODER = json.JSONDecoder(strict=False)  # line breaks inside strings are what models write


class TakenApart(NamedTuple):
    """The JSON objects of a reply in the order of the text, and its prose without reasoning, fences and objects."""

    objects: tuple[dict[str, Any], ...]
    prose: str


def taken_apart(text: str, *, cut: bool = False) -> TakenApart:
    """The objects and the prose of a reply. With `cut` (at a token limit) an object that is not closed is none.

    Reasoning is dropped, also where only its end is marked. Where nothing but reasoning that never ends is there, the objects in
    it count, its words do not. Takes time in proportion to the length.
    """
    seen = _Scan(text, cut)
    return TakenApart(tuple(seen.objects or seen.doubtful), _plain("".join(seen.prose)))


def has_reasoning(text: str) -> bool:
    """Whether a mark of reasoning stands in a text."""
    return _REASONING.search(text) is not None


def is_marked(text: str) -> bool:
    """Whether a part of a text is marked as reasoning: by a mark at its beginning, or by one that ends it."""
    return _REASONING.match(text.lstrip()) is not None or any(map(_ends, _REASONING.finditer(text)))


def without_reasoning(text: str) -> str:
    """The text without what is marked as reasoning, else as it is."""
    if not has_reasoning(text):
        return text
    pieces: list[str] = []
    at, open_since = 0, -1
    for mark in _REASONING.finditer(text):
        if _ends(mark):
            if open_since < 0:
                pieces.clear()  # all before was reasoning
            at, open_since = mark.end(), -1
        elif open_since < 0:
            pieces.append(text[at : mark.start()])
            open_since = mark.start()
    if open_since < 0:
        pieces.append(text[at:])
    return "".join(pieces).strip()


def begins_reasoning(text: str) -> bool:
    """Whether a text begins with a mark of reasoning."""
    mark = _REASONING.match(text)
    return mark is not None and not _ends(mark)


def reasoning_end(text: str) -> int:
    """Where the first reasoning of a text ends, or -1 where it does not."""
    return _next_end(text, 0)


def object_start(text: str) -> int:
    """Where the first bracket of an object stands that is not inside reasoning, or -1."""
    at, unended = 0, False
    while (event := _EVENT.search(text, at)) is not None:
        at = event.end()
        if event["open"]:
            if not unended and _OBJECT.match(text, event.start()):
                return event.start()
        else:
            unended = not _ends(event)
    return -1


def looks_like_json(text: str) -> bool:
    """Whether a text is meant as JSON, or has an object in it: it is no prose to be shown to anyone."""
    text = text.strip()
    if _QUOTED_KEY.search(text) or text.startswith("```json") or text in ("{", "[", "{}", "[]"):
        return True
    if not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return text.startswith(("{\n", "[{", "[\n", '["'))
    return True


class _Scan:
    """One pass over a reply."""

    def __init__(self, text: str, cut: bool) -> None:
        self.text = text
        self.cut = cut
        self.objects: list[dict[str, Any]] = []
        self.doubtful: list[dict[str, Any]] = []  # in reasoning without an end
        self.prose: list[str] = []
        self._repairs, self._left = MOST_REPAIRS, MOST_REPAIRED
        self._run()

    def _run(self) -> None:
        text, at, copied, unended = self.text, 0, 0, False
        while (event := _EVENT.search(text, at)) is not None:
            at = event.end()
            if event["open"]:
                if (found := self._object(event.start())) is not None:
                    value, at = found
                    (self.doubtful if unended else self.objects).append(value)
                    if not unended:
                        self.prose.append(text[copied : event.start()])
                    copied = at
            elif _ends(event):  # all before was reasoning, whose beginning the prompt had
                self.objects.clear()
                self.doubtful.clear()
                self.prose.clear()
                copied, unended = at, False
            elif not unended:
                self.prose.append(text[copied : event.start()])
                end = _next_end(text, at)
                unended, at = end < 0, at if end < 0 else end
                copied = at
        if not unended:
            self.prose.append(text[copied:])

    def _object(self, start: int) -> tuple[dict[str, Any], int] | None:
        """The object that begins here, and where it ends."""
        if _OBJECT.match(self.text, start) is None or not self._repairs:
            return None
        try:
            value, end = _DECODER.raw_decode(self.text, start)
            return value, end
        except (ValueError, RecursionError):
            self._repairs -= 1
            return self._repaired(start)

    def _repaired(self, start: int) -> tuple[dict[str, Any], int] | None:
        end, whole_strings = _end_of(self.text, start)
        if end < 0 and not self.cut:  # only brackets are missing; or a quotation mark is too many, as in 'he said "no'
            end = len(self.text) if whole_strings else self.text.rfind("}") + 1
        if end <= start or end - start > self._left:
            return None
        self._left -= end - start
        from json_repair import repair_json

        written = self.text[start:end]
        if _SINGLE_KEY.match(written):
            written = _SINGLE.sub(_in_double_quotes, written)
        try:
            value: Any = repair_json(written, return_objects=True, skip_json_loads=True)
        except (ValueError, RecursionError):
            return None
        return (value, end) if isinstance(value, dict) and _nothing_lost(written, value) else None


def _in_double_quotes(part: re.Match[str]) -> str:
    """A string in single quotes as JSON has it; anything else as it is."""
    text = part[0]
    if text[0] != "'":
        return text
    inner = text[1:-1] if len(text) > 1 and text[-1] == "'" else text[1:]
    return '"' + inner.replace("\\'", "'").replace('\\"', '"').replace('"', '\\"').replace("\n", "\\n") + '"'


def _nothing_lost(written: str, value: dict[str, Any]) -> bool:
    """Whether a repaired object has the letters and digits of what was written, so that no text was cut at a quotation mark."""
    read = json.dumps(value, ensure_ascii="\\u" in written)
    return sum(map(str.isalnum, read)) >= 0.95 * sum(map(str.isalnum, _COMMENT.sub("", written)))


def _end_of(text: str, start: int) -> tuple[int, bool]:
    """Where the brackets that open here are closed, or -1; and whether every string up to there has an end."""
    depth = 0
    single = _SINGLE_KEY.match(text, start) is not None
    for part in (_SINGLE if single else _PART).finditer(text, start):
        mark = part[0]
        if mark[0] in "\"'":
            if part[0][-1] != mark[0] or len(mark) == 1:
                return -1, False
        elif mark in "{[":
            depth += 1
            if depth > DEEPEST_REPAIRED:
                return -1, False
        else:
            depth -= 1
            if depth <= 0:
                return part.end(), True
    return -1, True


def _next_end(text: str, at: int) -> int:
    """Where the reasoning that was open here ends, or -1."""
    for mark in _REASONING.finditer(text, at):
        if _ends(mark):
            return mark.end()
    return -1


def _ends(mark: re.Match[str]) -> bool:
    return bool(mark["end"] or mark["end2"] or mark["end3"])


def _plain(prose: str) -> str:
    return _WRAPPER.sub("", _FENCE.sub("", prose)).strip()


__all__ = [
    "TakenApart",
    "begins_reasoning",
    "has_reasoning",
    "is_marked",
    "looks_like_json",
    "object_start",
    "reasoning_end",
    "taken_apart",
    "without_reasoning",
]
