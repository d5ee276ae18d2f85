"""What something is, and what a named setting does or defaults to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seekgraph.synthesis.rules.english import THIRD, asked_by_me, points_outside
from seekgraph.synthesis.rules.found import Found
from seekgraph.synthesis.rules.plain import items, plain, sentences, unquoted
from seekgraph.synthesis.view import View
from seekgraph.types import Passage

_IS = re.compile(
    r"^(?:(?P<article>An?) (?P<noun>[a-z][\w-]+(?: [a-z][\w-]+){0,2})|(?:An? |The )?(?P<term>`[^`]{2,40}`|"
    r"[\"“][^\"”]{2,40}[\"”]|[A-Z][\w+#.-]*(?: (?:[A-Z][\w+#.-]*|[a-z]+ing|[a-z]{4,})){0,3}))"
    r"(?: \([^()]{2,40}\))? (?:is|are) (?P<what>(?:an?|the|one of the) [^;]{20,260})[.]$"
)
_VAGUE = re.compile(
    r"\b(?:options?|ways?|things?|approach|solution|alternative|case|example|difference|reason|advantage|most|least)$|=$"
)
_NO_TERM = re.compile(
    r"^(?:This|That|These|Those|There|Here|It|He|She|They|What|Which|Who|One|Another|All|Both|Each|Everything|Nothing|Most|Some|Such|"
    r"My|Our|Your|His|Her|Its|Their|First|Second|Next|Then|Now|So|But|And|Or|If|When|Where|As|In|On|At|By|For|With|From|Under|After|"
    r"Before|During|While|Because|Since|Although|Note|Only|Also|Again|Instead|Probably|Perhaps|Even|Not|No|To|Behind|Inside|Using)\b"
)
_JUDGED = re.compile(
    r"^(?:an?|the) (?:good|great|bad|common|typical|nice|simple|same|only|first|last|best|very|quite|bit|lot|one|way|case)\b"
)
_ENTRY = re.compile(r"^`(?P<name>[^`]{2,40})`(?: \([^()]{1,60}\))?(?: ?[:\-–—]| –| -) *(?P<what>[A-Z(\"`].{14,400})$")
_DEFAULT = re.compile(
    r"\b(?:[Dd]efaults? (?:is|to)|[Bb]y default(?: it is)?,?) (?P<value>`[^`]{1,40}`|[\"“][^\"”]{1,40}[\"”]|-?\d[\w.]*)(?=[.,;"
    r")\s]|$)"
)
_TYPED = re.compile(
    r"An? `?(?:str|string|dict|bool|boolean|int|integer|list|bytes|tuple|float)\b(?! of \w+ (?:that|to|for|which))"
)
_PLURAL = frozenset("Arguments Options Parameters Attributes Settings Values Names Files Headers Fields Keys Additional".split())
_SETTING = re.compile(r"\b(argument|parameter|option|attribute|setting|method|key|field|flag|command|variable|header)s?\b", re.I)
_CODE_LIKE = re.compile(r"`[^`]+`|\b[A-Z]\w*[a-z][A-Z][a-z]\w*|\b\w+(?:\.\w+)+\(?\)?|\b\w+_\w+|\b\w+\(\)")


def write(view: View, passage: Passage) -> Iterator[Found]:
    """Questions of the forms "What is X?", "What does the X parameter of Y do?", "What is the default of X?"."""
    if view.language not in (None, "english"):
        return
    for said in sentences(passage.text):
        yield from _what_is(said, passage)
    for item in items(passage.text):
        yield from _entry(item, view, passage)


def _what_is(said: str, passage: Passage) -> Iterator[Found]:
    match = _IS.match(said)
    if match is None or _NO_TERM.match(match["term"] or "") or _JUDGED.match(match["what"]):
        return
    term = unquoted(match["term"] or match["noun"]).strip('"“”')
    if re.match(r"(?:An?|The) |\d+$", term) or _VAGUE.search(term):
        return
    if re.fullmatch(r"[a-z_]+", term) and match["term"] and term not in passage.title:
        return  # the variable of an example
    if points_outside(f"{term} {match['what'].split(',')[0]}") or len(match["what"].split()) < 5:
        return
    article = re.match(r"(?:An?|The) ", said)
    plural = re.match(r".* are (?:an?|the)", said[: match.start("what") + 3])
    shown = term if article is None else f"{article[0].lower()}{term}"
    yield Found(f"What {'are' if plural else 'is'} {shown}?", unquoted(match["what"]), (passage.id,), about=term)


def _entry(item: str, view: View, passage: Passage) -> Iterator[Found]:
    match = _ENTRY.match(item)
    if match is None:
        return
    name, what = match["name"], match["what"]
    noun, owner = _noun(passage.text, item), _owner(view, passage, name)
    if owner is None:
        return
    of = f" {'of' if noun else 'in'} {owner}" if owner else ""
    called = f"the {noun} {name}" if noun else name
    if (default := _DEFAULT.search(what)) is not None:
        value = unquoted(default["value"]).strip('"“”')
        yield Found(f"What is the default of {called}{of}?", value, (passage.id,), ((value,),), name)
    said = re.split(r"(?<=[a-z)`])\. ", what)[0].rstrip(".")
    if points_outside(said) or not 4 <= len(said.split()) <= 30:
        return
    first, _, rest = said.partition(" ")
    if _TYPED.match(said) or first in ("Required", "Optional", "Same", "See"):
        return
    verb = first.lower() in THIRD or (first.endswith("s") and not first.endswith(("ss", "us", "is")) and first not in _PLURAL)
    if verb and (not noun or first.lower() not in THIRD):
        yield Found(f"What does {called}{of} do?", unquoted(said), (passage.id,), about=name)
    elif first.lower() in THIRD:
        yield Found(f"Which {noun}{of} {first.lower()} {unquoted(asked_by_me(rest))}?", name, (passage.id,), ((name,),), name)
    else:
        forms = {"A": "What is {}{}?", "An": "What is {}{}?", "The": "What is {}{}?", "Used": "What is {}{} used for?"}.get(
            first, "What is {}{} for?"
        )
        yield Found(forms.format(called, of), unquoted(said), (passage.id,), about=name)


def _noun(text: str, item: str) -> str | None:
    """What the entries of a list are, by the sentence that introduces it: "parameter" of "these parameters:"."""
    shown = plain(text)
    introduced = shown[: max(0, shown.find(item[:20]))].rpartition(":")[0][-300:]
    found = _SETTING.findall(re.split(r"[.!?] ", introduced)[-1])
    return found[-1].lower() if found else None


def _owner(view: View, passage: Passage, name: str) -> str | None:
    """What the setting belongs to, by the nearest heading that names code; "" where its name is rare enough to do without."""
    for heading in reversed(view.headings(passage)):
        if (code := _CODE_LIKE.search(heading)) is not None and unquoted(code[0]) != name:
            return unquoted(code[0])
    return "" if view.with_word(name) <= 3 and len(name) > 4 else None
