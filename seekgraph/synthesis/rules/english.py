"""English for questions: verbs in their base form, "you" as the one who asks, and words that point outside of a sentence."""

from __future__ import annotations

import re

_VERBS = """abort accept access activate add adjust allow analyze append apply approve ask assign attach attend authenticate
authorize avoid backup benefit bind block book borrow build buy bundle bypass cache calculate call cancel capture
cast catch change check choose claim clean clear clone close collect combine compare compile complete compress
compute configure confirm connect consume contact contain contribute control convert copy count create customize
debug declare decode decorate decrypt define delay delete deliver deny deploy describe deserialize detect determine
develop disable discard disconnect display distribute document download drop duplicate edit embed emit empty enable encode
encrypt end enforce enter escape evaluate exclude execute exit expand expose express extend extract fetch file fill
filter find finish fix flush force format forward generate get give grant group guard handle hide host identify
ignore implement import improve include increase indicate inherit initialize inject insert inspect install integrate
intercept invoke issue isolate join keep kill launch leave limit link list load lock log make manage map mark match
measure merge migrate mock modify monitor mount move name nest normalize notify obtain offer omit open optimize
organize output override pack package parse pass patch pause pay perform pick pin pipe place post prefix prepare
preserve prevent print process produce profile prompt protect provide publish pull push put quit raise reach read
rebuild receive record recover redirect reduce refer reference refresh refuse register reject release reload rely
remove rename render renew reopen reorder repeat replace reply report request require reserve reset resize resolve
respond restart restore restrict retrieve return reuse revert review rewrite roll rotate route run save scale scan
schedule search secure select send separate serialize serve set share shorten show sign silence skip sort specify
split start stop store stream structure style submit subscribe substitute suppress switch sync synchronize tag take
terminate test throw trace track trigger truncate turn type undo uninstall unlock unpack unsubscribe unwrap update
upgrade upload use validate verify view wait warn watch wrap write""".split()
VERBS = frozenset(_VERBS)
"""What a person does with things that documents are about, in the base form."""

_DOUBLED = frozenset("get put set run stop begin drop wrap map plan pin log submit skip split ship trim plug tag cut".split())
_POINTING = re.compile(
    r"\b(?:this|these|those|above|below|following|previous|earlier|later|here|there|such|same|latter|former|ones?|section|chapter"
    r"|examples?|tutorial|guide|as well|too|also|instead|again|anyway|otherwise|rest|we|us|our|they|them|their|he|she|him|her|his"
    r"|similar|all that|experiment|exercise|snippet|older|newer|that's|mentioned|described|shown|seen|actually|other|another|"
    r"even|still|etc|e\.g|i\.e)\b"
    r"|\bthat(?=$|[?.,;]|\s(?:way|case|file|function|value|path|same|is|was|has|with|and|or|in|from|for|by)\b)"
    r"|\b(?:like|do|does|of|for|with|in|from|at|on|by|to|than|use|get|that's|as) that\b|\bit(?:s|self)?\b",
    re.IGNORECASE,
)
_ME_BEFORE = frozenset(
    """to with from in on at by for a an the and or as of into about when if where how what that your some any every
    all""".split()
)
_ME_AFTER = frozenset(
    "give gives allow allows let lets help helps tell tells show shows ask asks enable enables send sends".split()
)
_YOUR = {"your": "my", "yours": "mine", "yourself": "myself", "you're": "I'm", "you've": "I've", "you'll": "I'll", "you'd": "I'd"}
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")


def gerund(verb: str) -> str:
    """ "using" of "use", "setting" of "set"."""
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1]}ing" if verb.endswith("e") and not verb.endswith("ee") else f"{verb}ing"


GERUNDS = {gerund(verb): verb for verb in _VERBS}


def third(verb: str) -> str:
    """ "passes" of "pass", "copies" of "copy"."""
    if verb.endswith(("s", "x", "ch", "sh", "z", "o")):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if verb.endswith("y") and verb[-2] not in "aeiou" else f"{verb}s"


THIRD = {third(verb): verb for verb in _VERBS}


def asked_by_me(text: str) -> str:
    """A clause addressed to "you" as the one who asks would say it: "your app" is "my app", "if you call" is "if I call"."""
    out, end = [], 0
    words = list(_WORD.finditer(text))
    for at, word in enumerate(words):
        low = word[0].lower().replace("’", "'")
        if low not in _YOUR and low != "you":
            continue
        after = text[word.end() : words[at + 1].start()] if at + 1 < len(words) else "."
        following = words[at + 1][0].lower() if at + 1 < len(words) and not after.strip() else ""
        preceding = words[at - 1][0].lower() if at else ""
        said = _YOUR.get(low) or ("me" if not following or following in _ME_BEFORE or preceding in _ME_AFTER else "I")
        out += [text[end : word.start()], said]
        end = word.end()
    changed = "".join([*out, text[end:]])
    return re.sub(r"\bI are\b", "I am", changed)


def points_outside(text: str) -> bool:
    """Whether a question or clause has a word that only its surroundings explain, such as "this", "the following", "it"."""
    return _POINTING.search(text) is not None


_ARTICLES = frozenset("A An The All Each Every Most Some Any No Both Many".split())


def sentence_case(text: str, source: str = "") -> str:
    """The text as it stands within a sentence: its first word in lower case if it is an article or the like, or if `source`,
    where the text is from, has that word in lower case too; else it is taken for a name."""
    first, _, rest = text.partition(" ")
    known = first[1:].islower() and re.search(rf"\b{first.lower().removesuffix('s')}", source) is not None
    return f"{first.lower()} {rest}".strip() if first in _ARTICLES or (known and not rest[:1].isupper()) else text


def title_in_case(words: str, source: str) -> str:
    """Words of a heading in Title Case as they are typed in a sentence; what `source` capitalises within sentences stays."""
    return " ".join(
        word.lower() if word[1:].islower() and not re.search(rf"[a-z,] {re.escape(word.strip('?,.'))}\b", source) else word
        for word in words.split()
    )
