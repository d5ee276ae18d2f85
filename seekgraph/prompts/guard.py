"""Text from outside, made safe to show to a model: nothing in it can end its fence, hide, or pass for part of the conversation.

What is changed is only white space added and characters dropped that nobody sees, so that a quote of what was shown can be
found again in what it was made from (`quotes.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from functools import lru_cache

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Controls; and what a reader does not see but a model does: zero width, direction marks, tags, selectors, soft hyphens.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_TAGS = "|".join(
    r"""s bos eos pad unk mask cls sep think image audio video system user assistant human tool tools tool_\w+ function_\w+
    \w{1,64}_of_\w{1,64} unused\d+ extra_id_\d+ fim_\w+ repo_?name file_?name file_sep gh_stars issue_\w+ jupyter_\w+ empty_output
    0x[0-9A-Fa-f]{2} end_?of_?text""".split()
)
_BRACKETED = "|".join(
    r"""INST SYS SYSTEM_PROMPT AVAILABLE_TOOLS TOOL_CALLS TOOL_RESULTS TOOL_CONTENT THINK ARGS CALL_ID IMG IMG_BREAK IMG_END
    PREFIX SUFFIX MIDDLE BOS EOS PAD UNK MASK CLS SEP gMASK sMASK control_\d+""".split()
)
# <|im_start|> and full-width bars; <s>, </s>, <start_of_turn>, <tool_call>; <<SYS>>; [INST], [/INST], [TOOL_CALLS].
_MARKER = re.compile(rf"(<(?=[|\uff5c])|[|\uff5c](?=>)|<(?=/?(?:{_TAGS})>)|<(?=</?SYS>>)|\[(?=/?(?:{_BRACKETED})\]))")
_QUOTES = re.compile('"{8,}')
_RUN = re.compile('"{3,}')

_UNPLAIN = re.compile(r"[^\w.:/#@+=,()~&-]")
_CUT_ESCAPE = re.compile(r"%.?$")
_LONGEST_ID = 80


def clean(text: str) -> str:
    """`text` without control and invisible characters, with `\\n` for every line break; what UTF-8 cannot hold becomes U+FFFD."""
    text = _CONTROL.sub(" ", _BREAKS.sub("\n", text))
    return text if text.isascii() else _SURROGATE.sub("\ufffd", _UNSEEN.sub("", text))


def plain(text: str) -> str:
    """`text` as it is shown: cleaned, with a blank inside every marker of a chat template and every eight quotation marks."""
    text = _MARKER.sub(r"\1 ", clean(text))
    return _QUOTES.sub(lambda match: " ".join(match[0][at : at + 7] for at in range(0, len(match[0]), 7)), text)


def without_tokens(text: str, tokens: Collection[str]) -> str:
    """`text` with a blank inside everything that a model's own vocabulary takes for a control token.

    `tokens` are the texts of these, such as "[|endofturn|]" or "<sop>"; what `plain` knows already is not looked for again.
    """
    pattern = _any_of(frozenset(tokens)) if tokens else None
    return text if pattern is None else pattern.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)


@lru_cache(maxsize=16)
def _any_of(tokens: frozenset[str]) -> re.Pattern[str] | None:
    """What finds any of these texts, the longest first. Words of letters alone are left: every text may have them."""
    found = sorted((each for each in tokens if len(each) > 1 and not each.isalnum()), key=lambda each: (-len(each), each))
    return re.compile("|".join(map(re.escape, found))) if found else None


def line(text: str) -> str:
    """`plain`, on one line."""
    return " ".join(plain(text).split())


def fence(texts: Iterable[str]) -> str:
    """A fence for texts that went through `plain`: quotation marks, three at least, and more than any of them has in a row."""
    return '"' * max((len(run) + 1 for text in texts for run in _RUN.findall(text)), default=3)


def shown_id(id: str) -> str:
    """An id as it is shown: itself if it is one plain word, else with everything unusual as `%XX`, and cut with a hash if long.

    Different ids are shown differently, so what a model writes can be traced back. No blanks, brackets, quotes or markers show.
    """
    shown = _UNPLAIN.sub(_percent, id) or "%"
    if len(shown) > _LONGEST_ID:
        digest = hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
        shown = f"{_CUT_ESCAPE.sub('', shown[:48])}%~{digest}"
    if plain(f"[{shown}]") != f"[{shown}]":
        shown = _percent_of(shown[0]) + shown[1:]
    return shown


def _percent(match: re.Match[str]) -> str:
    return _percent_of(match[0])


def _percent_of(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
