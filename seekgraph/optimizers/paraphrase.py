"""Other wordings of an instruction without a model that could reflect: sentences left out, moved, or taken from other variants.

After GrIPS (Prasad et al., "GrIPS: gradient-free, edit-based instruction search", 2023), which edits phrases; here the edits are
of whole sentences and lines of a list, so that each is readable.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from seekgraph.text.sentences import sentences

SIGNS = re.compile(r"#\d+|\[[^\[\]\s]{1,12}\]|`[^`\n]+`")
"""What stands for something in an instruction: `#1`, [p1], words in backticks."""


def parts(instruction: str) -> list[str]:
    """The sentences of an instruction, and the items of its lists, each on one line."""
    return [" ".join(each.text.split()) for each in sentences(instruction)]


def edited(instruction: str, others: Sequence[str], chance: random.Random) -> str:
    """The instruction with one edit: a part left out, moved to the front or to the end, or one of `others` added.

    The edit is drawn by `chance`. An instruction of one part is replaced by one of `others`, if there is any.
    """
    own = parts(instruction)
    known = set(own)
    new = [part for other in others for part in parts(other) if part not in known]
    moves = [*(["drop", "first", "last"] if len(own) > 1 else []), *(["add"] if new else [])]
    if not moves:
        return instruction
    move = chance.choice(moves)
    at = chance.randrange(len(own)) if own else 0
    if move == "add":
        own.insert(chance.randrange(len(own) + 1), chance.choice(new))
    else:
        part = own.pop(at)
        if move != "drop":
            own.insert(0 if move == "first" else len(own), part)
    return "\n".join(own)


def keeps_signs(before: str, after: str) -> bool:
    """Whether a paraphrase has every sign that the instruction has."""
    return set(SIGNS.findall(before)) <= set(SIGNS.findall(after))
