"""Reading a prompt file: a front matter, the instruction, and its variants.

    ---
    reads:
      question: Question
    writes:
      text: the answer in a few words
    ---

    The instruction, in Markdown.

    ## Variant: terse

    Another way to say it.

The front matter is a small, strict part of YAML: two sections, and below each its entries `name: words`, one a line, indented.
Only the instruction is required: a file without a front matter, or without one of its sections, leaves the headings and the
descriptions of fields to the node that asks through it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from seekgraph.core.base.errors import SeekgraphError

_SECTIONS = ("reads", "writes")
_ENTRY = re.compile(r"(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):\s+(?P<words>\S.*)")
_VARIANT = re.compile(r"## Variant: (?P<name>[a-z][a-z0-9-]*)")
_SECTION_LINE = re.compile(rf"(?:{'|'.join(_SECTIONS)}):\s*")
_LIKE_VARIANT = re.compile(r"#+\s*variants?\b", re.IGNORECASE)


class PromptError(SeekgraphError, ValueError):
    """A prompt cannot be read, or does not fit what it is given. The message names the file and the line where there is one."""


@dataclass(frozen=True)
class Parsed:
    """What a prompt file says."""

    reads: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)
    instruction: str = ""
    variants: dict[str, str] = field(default_factory=dict)


def parse(text: str, source: str) -> Parsed:
    """The parts of a prompt file; `source` is what errors call it. Raises `PromptError` with the line of what is wrong."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n").split("\n")
    if lines[0].rstrip() != "---":
        if _SECTION_LINE.fullmatch(lines[0]):
            raise PromptError(f"{source}:1: a front matter begins with '---', then what is read and written, then '---'")
        return Parsed({}, {}, *_bodies(lines, 0, source))
    end = next((at for at, line in enumerate(lines[1:], start=1) if line.rstrip() == "---"), None)
    if end is None:
        raise PromptError(f"{source}:{len(lines)}: the front matter that began in line 1 has no '---' at its end")
    sections = _front_matter(lines[1:end], source)
    instruction, variants = _bodies(lines, end + 1, source)
    return Parsed(sections["reads"], sections["writes"], instruction, variants)


def _front_matter(lines: list[str], source: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {name: {} for name in _SECTIONS}
    seen: set[str] = set()
    section = ""
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        if not line[0].isspace():
            section = line.rstrip().removesuffix(":")
            if section not in _SECTIONS or not line.rstrip().endswith(":"):
                raise PromptError(f"{source}:{number}: expected 'reads:' or 'writes:', got {line.strip()!r}")
            if section in seen:
                raise PromptError(f"{source}:{number}: '{section}:' stands here a second time")
            seen.add(section)
            continue
        entry = _ENTRY.fullmatch(line.strip())
        if entry is None or not section:
            raise PromptError(f"{source}:{number}: expected 'name: words' below '{section or 'reads'}:', got {line.strip()!r}")
        if entry["name"] in found[section]:
            raise PromptError(f"{source}:{number}: {entry['name']!r} stands twice under '{section}:'")
        found[section][entry["name"]] = entry["words"]
    return found


def _bodies(lines: list[str], start: int, source: str) -> tuple[str, dict[str, str]]:
    """The instruction, and the variants by name."""
    bodies: dict[str, list[str]] = {"": []}
    begins = {"": start}
    name = ""
    for number, line in enumerate(lines[start:], start=start + 1):
        heading = _VARIANT.fullmatch(line.rstrip())
        if heading is None and _LIKE_VARIANT.match(line):
            raise PromptError(
                f"{source}:{number}: a variant begins with '## Variant: name', the name in small letters, got {line.strip()!r}"
            )
        if heading is None:
            bodies[name].append(line)
            continue
        name = heading["name"]
        if name in bodies:
            raise PromptError(f"{source}:{number}: a second variant is called {name!r}; the first begins in line {begins[name]}")
        bodies[name], begins[name] = [], number
    texts = {name: "\n".join(body).strip() for name, body in bodies.items()}
    for name, text in texts.items():
        if not text:
            what = f"the variant {name!r}" if name else "the instruction"
            raise PromptError(f"{source}:{begins[name] + (not name)}: {what} is empty")
    return texts.pop(""), texts
