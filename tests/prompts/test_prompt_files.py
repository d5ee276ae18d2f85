"""Prompt files: what they hold, how a user's own takes the place of ours, and how errors are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from llm_nodes import OUTPUTS
from pydantic_core import to_json

from seekgraph.core.language.params import TextParam
from seekgraph.prompts.fields import described
from seekgraph.prompts.parsing import PromptError, parse
from seekgraph.prompts.prompt import load, names, text_param

GOOD = """---
reads:
  question: Question
  context: Passages: the best first

writes:
  text: the answer
---

Answer.

### A heading of the instruction

More.

## Variant: terse

Answer briefly.
"""


def test_every_prompt_has_its_node() -> None:
    assert set(names()) == set(OUTPUTS)


@pytest.mark.parametrize("name", names())
def test_a_prompt_describes_every_field_of_its_output(name: str) -> None:
    prompt = load(name)
    lines = described(OUTPUTS[name], prompt.writes).splitlines()[1:]
    assert len(lines) == len(prompt.writes)
    assert all(": " in line for line in lines)


@pytest.mark.parametrize("name", names())
def test_a_prompt_has_five_or_more_different_instructions_and_one_for_tiny_models(name: str) -> None:
    prompt = load(name)
    assert len(set(prompt.pool)) == len(prompt.pool) >= 5
    assert len(prompt.variants["tiny"]) < 400
    assert "tiny" in prompt.variants
    assert "terse" in prompt.variants


@pytest.mark.parametrize("name", names())
def test_a_prompt_reads_the_question_and_is_in_plain_text(name: str) -> None:
    prompt = load(name)
    assert "question" in prompt.reads
    assert all(text.isascii() for text in (*prompt.pool, *prompt.writes.values(), *prompt.reads.values()))


def test_a_file_has_a_front_matter_an_instruction_and_variants() -> None:
    parsed = parse(GOOD, "good.md")
    assert parsed.reads == {"question": "Question", "context": "Passages: the best first"}
    assert parsed.writes == {"text": "the answer"}
    assert parsed.instruction == "Answer.\n\n### A heading of the instruction\n\nMore."
    assert parsed.variants == {"terse": "Answer briefly."}


def test_line_ends_of_windows_and_a_byte_order_mark_make_no_difference() -> None:
    assert parse("\ufeff" + GOOD.replace("\n", "\r\n"), "good.md") == parse(GOOD, "good.md")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("---\nreads", "reads", "x.md:1: a front matter begins with '---'"),
        ("---\n\nAnswer.", "Answer.", "x.md:16: the front matter that began in line 1 has no '---'"),
        ("reads:", "read:", "x.md:2: expected 'reads:' or 'writes:', got 'read:'"),
        ("writes:", "reads:", "x.md:6: 'reads:' stands here a second time"),
        ("  question: Question", "  question Question", "x.md:3: expected 'name: words' below 'reads:'"),
        ("  question: Question", "  question:", "x.md:3: expected 'name: words' below 'reads:'"),
        ("  question: Question", "  context: Question", "x.md:4: 'context' stands twice under 'reads:'"),
        ("Answer.\n\n### A heading of the instruction\n\nMore.", "", "x.md:9: the instruction is empty"),
        ("Answer briefly.\n", "", "x.md:16: the variant 'terse' is empty"),
        ("## Variant: terse", "## Variants", "x.md:16: a variant begins with '## Variant: name'"),
        ("## Variant: terse", "### variant terse", "x.md:16: a variant begins with '## Variant: name'"),
        (
            "briefly.\n",
            "briefly.\n## Variant: terse\nx\n",
            "x.md:19: a second variant is called 'terse'; the first begins in line 16",
        ),
    ],
)
def test_an_error_names_the_file_and_the_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(PromptError) as caught:
        parse(GOOD.replace(old, new, 1), "x.md")
    assert str(caught.value).startswith(said)


def test_only_the_instruction_is_required() -> None:
    bare = parse("Answer in one word.\n\n## Variant: kind\n\nPlease.\n", "x.md")
    assert (bare.reads, bare.writes, bare.instruction, bare.variants) == ({}, {}, "Answer in one word.", {"kind": "Please."})
    assert parse("---\nreads:\n  question: Question\n---\nAnswer.", "x.md").writes == {}
    for empty in ("", "---\n---\n", "## Variant: kind\n\nPlease."):
        with pytest.raises(PromptError, match=r"x\.md:\d: the instruction is empty"):
            parse(empty, "x.md")


def test_a_users_file_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_text(GOOD)
    assert load("answer", tmp_path).instruction.startswith("Answer.")
    assert load("answer", tmp_path).source == str(tmp_path / "answer.md")
    assert load("plan", tmp_path) == load("plan")


def test_a_users_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_text(GOOD)
    load("answer", tmp_path)
    (tmp_path / "answer.md").write_text(GOOD.replace("Answer briefly", "Be brief"))
    assert load("answer", tmp_path).variants["terse"] == "Be brief."


def test_a_prompt_of_the_users_own_may_have_a_new_name(tmp_path: Path) -> None:
    (tmp_path / "my_prompt.md").write_text(GOOD)
    assert load("my_prompt", tmp_path).name == "my_prompt"


def test_unknown_names_folders_and_bytes_are_told(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"no prompt 'answr'; it has answer, answer_short"):
        load("answr")
    with pytest.raises(PromptError, match="has none either"):
        load("answr", tmp_path)
    with pytest.raises(PromptError, match="is no folder"):
        load("answer", tmp_path / "no")
    with pytest.raises(PromptError, match="one word"):
        load("../secret", tmp_path)
    (tmp_path / "answer.md").write_bytes(b"---\nreads:\xff")
    with pytest.raises(PromptError, match=r"answer.md: a prompt is UTF-8 text, byte 10 is not"):
        load("answer", tmp_path)


def test_where_a_prompt_was_read_is_no_part_of_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for folder in (tmp_path, tmp_path / "a"):
        (folder / "answer.md").write_text(GOOD)
    assert to_json(load("answer", tmp_path)) == to_json(load("answer", tmp_path / "a"))


def test_an_unknown_variant_is_told_with_the_known_ones() -> None:
    assert load("refine").written("keywords").startswith("Write only keywords")
    with pytest.raises(PromptError, match=r"refine.md: no variant is called 'keyword'; there are \['hypothetical', 'keywords'"):
        load("refine").written("keyword")


def test_the_text_param_has_all_instructions_as_its_pool() -> None:
    param = text_param("read")
    assert isinstance(param, TextParam)
    assert param.value == load("read").instruction
    assert param.variants == load("read").pool
    assert param.with_value(param.variants[1]).variants[0] == param.value
