"""What a local model keeps over questions and processes: slots, what was read of fixed prompts, its speed. Without weights."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.lms import kept_prompts
from seekgraph.lms.kept_prompts import KeptPrompts
from seekgraph.lms.pace import STEPS, KeptPace, Pace
from seekgraph.lms.slots import Slots, as_text

FIXED = [{"role": "system", "content": "Answer the question from what was found, in as few words as possible. " * 6}]


class Llama:
    """As llama.cpp answers, with slots that hold text: the state of a slot is its text."""

    def __init__(self, scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self.scratch = scratch
        self.slots = {0: "", 1: ""}
        self.read: list[str] = []

    def __call__(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "/apply-template":
            return {"prompt": "".join(f"<{each['role']}>{each['content']}" for each in body["messages"]) + "<assistant>"}
        if path == "/completion":
            self.read.append(body["prompt"])
            self.slots[body["id_slot"]] = body["prompt"]
            return {}
        slot, file = int(path.split("/")[2][0]), self.scratch / body["filename"]
        if path.endswith("save"):
            file.write_bytes(self.slots[slot].encode())
        elif not file.read_bytes().startswith(b"<system>"):
            raise ValueError("status 400: invalid slot save file")
        else:
            self.slots[slot] = file.read_bytes().decode()
        return {}


@pytest.fixture
def llama(tmp_path: Path) -> Llama:
    return Llama(tmp_path / "scratch")


def kept(llama: Llama, tmp_path: Path, model: str = "weights") -> KeptPrompts:
    return KeptPrompts(tmp_path / "read", model, llama, llama.scratch)


def test_what_one_process_has_read_of_a_fixed_prompt_the_next_one_knows(llama: Llama, tmp_path: Path) -> None:
    assert not kept(llama, tmp_path).restore(0, FIXED)
    kept(llama, tmp_path).keep(0, FIXED)
    assert kept(llama, tmp_path).restore(1, FIXED)
    assert llama.slots[1] == f"<system>{FIXED[0]['content']}<user>"


def test_other_weights_and_another_prompt_know_nothing_of_it(llama: Llama, tmp_path: Path) -> None:
    kept(llama, tmp_path).keep(0, FIXED)
    assert not kept(llama, tmp_path, "others").restore(1, FIXED)
    assert not kept(llama, tmp_path).restore(1, [{"role": "system", "content": FIXED[0]["content"] + "!"}])


def test_a_prompt_is_kept_once(llama: Llama, tmp_path: Path) -> None:
    found = kept(llama, tmp_path)
    found.keep(0, FIXED)
    found.keep(0, FIXED)
    kept(llama, tmp_path).keep(0, FIXED)
    assert len(llama.read) == 1


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "not llama.cpp's"])
def test_a_damaged_file_is_removed_and_the_prompt_is_read_again(damage: str, llama: Llama, tmp_path: Path) -> None:
    kept(llama, tmp_path).keep(0, FIXED)
    [path] = (tmp_path / "read").glob("*.kv")
    data = bytearray(path.read_bytes())
    data[9] ^= 1
    if damage == "not llama.cpp's":  # its checksum is right, and llama.cpp does not take it
        llama.slots[0] = "something else"
        llama.__class__ = type("Deaf", (Llama,), {"__call__": _without_reading})
        path.unlink()
        kept(llama, tmp_path).keep(0, FIXED)
        llama.__class__ = Llama
    else:
        path.write_bytes({"cut": bytes(path.read_bytes()[:20]), "flipped": bytes(data), "empty": b""}[damage])
    assert not kept(llama, tmp_path).restore(1, FIXED)
    assert not path.exists()
    kept(llama, tmp_path).keep(0, FIXED)
    assert kept(llama, tmp_path).restore(1, FIXED)


def _without_reading(self: Llama, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return {} if path == "/completion" else Llama.__call__(self, path, body)


def test_a_short_prompt_one_whose_template_hides_it_and_a_dead_server_keep_nothing(llama: Llama, tmp_path: Path) -> None:
    def hides(path: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"prompt": "<user>"} if path == "/apply-template" else llama(path, body)

    def dead(path: str, body: dict[str, Any]) -> dict[str, Any]:
        raise OSError("connection refused")

    kept(llama, tmp_path).keep(0, [{"role": "system", "content": "Be brief."}])
    for ask in (hides, dead):
        found = KeptPrompts(tmp_path / "read", "weights", ask, llama.scratch)
        found.keep(0, FIXED)
        assert not found.restore(0, FIXED)
    assert not (tmp_path / "read").exists()


def test_the_files_stay_below_their_limit_and_the_oldest_go(
    llama: Llama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr(kept_prompts, "MOST_BYTES", 1300)
    prompts = [[{"role": "system", "content": FIXED[0]["content"] + str(number)}] for number in range(5)]
    for number, prompt in enumerate(prompts):
        before = {*(tmp_path / "read").glob("*.kv")}
        kept(llama, tmp_path).keep(0, prompt)
        for path in {*(tmp_path / "read").glob("*.kv")} - before:
            os.utime(path, (number, number))
    assert [kept(llama, tmp_path).restore(1, prompt) for prompt in prompts] == [False, False, False, True, True]


# --- slots ------------------------------------------------------------------------------------------------------------


def test_a_request_goes_to_the_slot_that_knows_most_of_it() -> None:
    slots = Slots(3)
    for text in ("plan: a", "answer: a", "plan: b"):
        slots.give_back(slots.take(text)[0], text)
    slot, known = slots.take("answer: b")
    assert known == len("answer: ")
    assert slots.take("answer: c")[0] != slot  # that one is taken


@given(st.lists(st.text("ab", max_size=6), max_size=20), st.integers(1, 4))
def test_every_slot_is_one_request_at_a_time(texts: list[str], count: int) -> None:
    slots, taken = Slots(count), []
    for text in texts:
        if len(taken) == count:
            slots.give_back(*taken.pop(0))
        slot, known = slots.take(text)
        assert slot not in [each for each, _ in taken]
        assert 0 <= known <= len(text)
        taken.append((slot, text))


def test_messages_are_told_apart_also_where_their_text_is_the_same() -> None:
    one = as_text([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}])
    assert one != as_text([{"role": "system", "content": "ab"}])
    assert one.startswith(as_text([{"role": "system", "content": "a"}]))


# --- speed ------------------------------------------------------------------------------------------------------------


@given(st.floats(0.1, 1e6))
def test_a_faster_model_reads_no_less_and_all_of_a_prompt_where_it_is_fast_enough(reads: float) -> None:
    slow, fast = Pace(reads).fresh_tokens, Pace(reads * 1.5).fresh_tokens
    assert (fast or math.inf) >= (slow or math.inf)
    assert slow is None or slow in STEPS


def test_the_speed_is_said_with_what_comes_of_it() -> None:
    assert str(Pace(290.0)) == "reads 290 tokens a second here: prompts of 600 tokens, about 1.6 s, besides what stays the same"
    assert str(Pace(5000.0)) == "reads 5000 tokens a second here"


def test_the_speed_is_measured_once_on_a_machine(tmp_path: Path) -> None:
    speeds = iter([200.0, 300.0])
    assert KeptPace(tmp_path, ["weights", 1]).known() is None
    assert KeptPace(tmp_path, ["weights", 1]).measured(lambda: next(speeds)) == Pace(300.0)  # the better of two
    assert KeptPace(tmp_path, ["weights", 1]).known() == Pace(300.0)
    assert KeptPace(tmp_path, ["weights", 2]).known() is None


def test_a_speed_that_other_work_held_down_is_corrected_for_the_next_process(tmp_path: Path) -> None:
    kept_here = KeptPace(tmp_path, "weights")
    used = kept_here.measured(lambda: 100.0)
    for tokens, reads, then in ((20, 300.0, 100.0), (100, 110.0, 100.0), (100, 300.0, 300.0), (100, 200.0, 300.0)):
        kept_here.heard(used, tokens, reads)
        assert kept_here.known() == Pace(then)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"reads": "fast"}', '{"reads": -1}', '{"reads": NaN}', "null"])
def test_a_damaged_speed_is_none(text: str, tmp_path: Path) -> None:
    KeptPace(tmp_path, "weights").measured(lambda: 10.0)
    [path] = tmp_path.glob("*.json")
    assert json.loads(path.read_text()) == {"reads": 10.0}
    path.write_text(text)
    assert KeptPace(tmp_path, "weights").known() is None
