"""An instruction that a model wrote drops no field, closes no fence, smuggles no control token, and relies on no placeholder."""

from __future__ import annotations

import re

import pytest
from hostile import MARKERS, hostile_text
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.prompts.outputs import AnswerOut
from seekgraph.prompts.prompt import load
from seekgraph.prompts.render import FENCE_RULE, render
from seekgraph.prompts.written import Unusable, written
from seekgraph.types import Passage

PROMPT = load("answer")
TOKENS = ("[|endofturn|]", "<sop>", "[gMASK]", "<eot>")
FENCES = st.sampled_from(['"""', '""""', '\n"""\n', "\u201c\u201d\u201c", '" " "', "```", "---", "\n## Variant: x\n", *TOKENS])
texts = st.lists(st.one_of(hostile_text, FENCES, st.just("Answer the question from what was found. ")), max_size=8).map("".join)


def shown(instruction: str) -> list[str]:
    passages = (Passage(id="p1", title="Oslo", text='It has "quotes" in it.'), Passage(id="p2", title="Bergen", text="Rain."))
    made = render(PROMPT, {"question": "Where?", "context": passages}, output=AnswerOut, instruction=instruction, tokens=TOKENS)
    return [message.content for message in made]


HEAD, BODY = shown("Do it.")


@given(texts)
def test_whatever_was_written_the_prompt_keeps_its_parts(text: str) -> None:
    try:
        instruction = written(text, 2000, TOKENS)
    except Unusable:
        return
    head, body = shown(instruction)
    assert body == BODY
    assert head == HEAD.replace("Do it.", instruction)
    assert head.endswith(FENCE_RULE)
    assert '"""' not in head.removesuffix(FENCE_RULE)
    assert not [marker for marker in (*MARKERS, *TOKENS) if marker in head]


@given(texts)
def test_doing_it_again_changes_nothing(text: str) -> None:
    try:
        once = written(text, 2000, TOKENS)
    except Unusable:
        return
    assert written(once, 2000, TOKENS) == once


@given(texts)
def test_an_instruction_from_anywhere_shows_no_control_token_of_the_model(text: str) -> None:
    assert not [token for token in TOKENS if token in shown(f"Do it. {text[:500]}")[0]]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("```\nAnswer in one word only.\n```", "Answer in one word only."),
        ("**Instruction:**\nAnswer in one word only.", "Answer in one word only."),
        ("```markdown\n# New instruction\nAnswer in one word only.\n```\n", "Answer in one word only."),
        ('Write {"text": "x"} as the reply.', 'Write {"text": "x"} as the reply.'),
    ],
)
def test_wrapping_is_taken_off_and_json_is_no_placeholder(text: str, right: str) -> None:
    assert written(text, 100) == right


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "says nothing"),
        ("1. 2. 3.", "says nothing"),
        ("Answer {question} from {{ context }}.", "placeholder {question}"),
        ("Answer ${question} in one word.", "placeholder"),
        ("Answer in a word. " * 200, "at most 100"),
    ],
)
def test_what_cannot_instruct_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(Unusable, match=re.escape(words)):
        written(text, 100)
