"""A user's own prompt files: used in the place of ours, part of what a step is, and refused where they do not fit."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from llm_nodes import OUTPUTS
from visiting import BRIDGE, FILM

import seekgraph as sg
from seekgraph.core.language.params import Switch
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Plan, Read
from seekgraph.prompts.parsing import PromptError
from seekgraph.prompts.prompt import load, names

STATE = {"question": str, "context": tuple[sg.Passage, ...]}


def written(folder: Path, name: str, instruction: str, **changed: str) -> Path:
    """A prompt file in `folder`, as Seekgraph's own of this name but for its instruction and some headings."""
    ours = load(name)
    reads = {**ours.reads, **changed}
    lines = ["---", "reads:", *(f"  {key}: {words}" for key, words in reads.items() if words), "writes:"]
    lines += [*(f"  {key}: {words}" for key, words in ours.writes.items()), "---", "", instruction]
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text("\n".join([*lines, "", "## Variant: other", "", f"{instruction} Please.", ""]))
    return folder


def asked(node: Any, memo: sg.Memo | None = None, **params: Any) -> str:
    """The prompt that a visit of `node` sends; "" where it comes out of the memo."""
    lm = Scripted(lambda _: {"text": "Visby", "citations": ["film"], "refused": False}, identity="1")
    flow = sg.Flow(node, inputs=STATE, name="own").with_params(params)
    result = flow.bind(lm=lm, memo=memo)(question=BRIDGE, context=(FILM,))
    assert result.status == "ok", result.errors
    return "".join(each.prompt for each in lm.asked)


def test_a_file_takes_the_place_of_ours_with_its_headings_and_variants(tmp_path: Path) -> None:
    own = written(tmp_path / "own", "answer_short", "Say it in one word.", context="Sources")
    node = Answer(prompts=own)
    assert asked(node).startswith("Say it in one word.")
    assert "Sources:" in asked(node)
    assert asked(node, **{"answer.instruction": "Say it in one word. Please."}).startswith("Say it in one word. Please.")
    assert asked(Answer(prompts=own, prose=True)).startswith(load("answer").instruction)  # the folder has no file for it
    assert asked(pickle.loads(pickle.dumps(node))) == asked(node)


def test_a_file_for_each_prompt_that_a_param_decides_between(tmp_path: Path) -> None:
    own = written(written(tmp_path / "own", "answer_short", "Short."), "answer", "Long.")
    assert asked(Answer(prompts=own, prose=Switch(False))).startswith("Short.")
    assert asked(Answer(prompts=own, prose=Switch(False)), **{"answer.prose": True}).startswith("Long.")


@pytest.mark.parametrize("prose", [False, Switch(False)])
def test_a_step_out_of_the_memo_was_asked_with_the_same_file(tmp_path: Path, prose: Any) -> None:
    memo = sg.Memo()
    one = written(tmp_path / "one", "answer_short", "Short.")
    assert asked(Answer(prompts=one, prose=prose), memo)
    assert not asked(Answer(prompts=one, prose=prose), memo)
    assert not asked(Answer(prompts=written(tmp_path / "moved", "answer_short", "Short."), prose=prose), memo)
    written(one, "plan", "For another node.")
    assert not asked(Answer(prompts=one, prose=prose), memo)
    written(one, "answer_short", "Short.", context="Sources")  # another heading, the same instruction
    assert asked(Answer(prompts=one, prose=prose), memo)
    written(one, "answer_short", "Brief.", context="Sources")
    assert asked(Answer(prompts=one, prose=prose), memo)


def test_a_file_that_does_not_fit_is_refused_when_the_node_is_made(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"plan\.md: 'reads:' lacks history: give each of history, question a heading"):
        Plan(prompts=written(tmp_path / "a", "plan", "Plan.", history=""))
    with pytest.raises(PromptError, match="has passages, which is never shown"):
        Read(prompts=written(tmp_path / "b", "read", "Read.", passages="Passages"))
    place = written(tmp_path / "c", "read", "Read.") / "read.md"
    place.write_text(place.read_text().replace("writes:", "writes:\n  grade: from 1 to 5"))
    with pytest.raises(PromptError, match=r"\['grade'\] under 'writes:' are no fields of EvidenceOut"):
        Read(prompts=place.parent)
    with pytest.raises(PromptError, match="is no folder"):
        Read(prompts=tmp_path / "nowhere")


@pytest.mark.parametrize("name", names())
def test_our_own_files_would_do_as_a_users(name: str, tmp_path: Path) -> None:
    from seekgraph.prompts.overriding import overriding

    assert list(overriding(written(tmp_path / "own", name, "Do it."), {name: (load(name), OUTPUTS[name])})) == [name]
