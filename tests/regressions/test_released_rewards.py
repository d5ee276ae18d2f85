"""Rewards against oracles of the released code on generated cases. The oracles share nothing with the library."""

from __future__ import annotations

import math
import random

import pytest

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.frugalrag import frugal, frugal_value
from seekgraph.rewards.harness1 import Curated
from seekgraph.rewards.ladders import local_first_term
from seekgraph.rewards.whole import of_run
from seekgraph.types import Answer, Example, Passage

CASES = 5_000


def frugal_oracle(recalls: list[float], most: int, baseline: float) -> float:
    whole = most + 1
    best, least = 0.0, -1
    for count, recall in enumerate(recalls[1:], start=1):
        if recall > best:
            best, least = recall, count
    if recalls[-1] < baseline:
        least = -1
    count = len(recalls) - 1
    off = abs(count - (whole if least == -1 else least)) / whole
    if least != -1 and count == least:
        return 2 + least / whole * 2
    clamped = min(max(off, 1e-6), 1 - 1e-6)
    return max(-2.0, min(math.log((1 - clamped) / clamped), 0.0 if least == -1 else 1.9))


def test_frugality_is_that_of_the_released_code() -> None:
    assert frugal_value([0, 0.5, 0.5], 5, 0.6) == pytest.approx(-0.6931, abs=1e-4)
    draw = random.Random(3)
    for _ in range(CASES):
        most = draw.randint(1, 8)
        recalls = [0.0, *sorted(draw.choice([0, 0.25, 0.5, 1.0]) for _ in range(draw.randint(0, most)))]
        baseline = draw.choice([0.0, 0.3, 0.6, 1.0])
        assert frugal_value(recalls, most, baseline) == pytest.approx(frugal_oracle(recalls, most, baseline)), recalls


def words_f1(one: list[str], other: list[str]) -> float:
    common = sum(min(one.count(word), other.count(word)) for word in set(one))
    return 2 * common / (len(one) + len(other)) if common else 0.0


def hybrid_oracle(turns: list[list[str]], texts: dict[str, list[str]], gold: list[str], most: int, baseline: float) -> float:
    """The released branch for MuSiQue: `turns` are the ids found in each search, `texts` the words of all passages."""
    turns, whole = turns[:most], most + 1
    everything = [id for turn in turns for id in turn]
    support = sum(max((words_f1(texts[id], texts[each]) for id in everything), default=0.0) for each in gold) / len(gold)
    recall = sum(each in everything for each in gold) / len(gold)
    best, least = (0.0, 0.0), -1
    if support >= baseline or recall >= baseline:
        for count in range(1, len(turns) + 1):
            seen = [id for turn in turns[:count] for id in turn]
            covered = sum(any(words_f1(texts[id], texts[each]) > 0.7 for id in seen) for each in gold) / len(gold)
            now = (sum(each in seen for each in gold) / len(gold), covered)
            if now > best:
                best, least = now, count
    count = len(turns)
    off = abs(count - (whole if least == -1 else least)) / whole
    if least == count:
        return 2 + least / whole * 2
    clamped = min(max(off, 1e-6), 1 - 1e-6)
    return max(-2.0, min(math.log((1 - clamped) / clamped), 0.0 if least == -1 else 1.9))


def test_frugality_by_support_is_that_of_the_released_code() -> None:
    draw = random.Random(6)
    differs = 0
    for _ in range(1_000):
        texts = {id: [draw.choice("uvwxyz") * 2 for _ in range(draw.randint(1, 4))] for id in "abcdefgh"}
        gold = draw.sample("abcdefgh", draw.randint(1, 3))
        turns = [draw.sample("abcdefgh", draw.randint(1, 3)) for _ in range(draw.randint(0, 4))]
        most, baseline = draw.randint(1, 4), draw.choice([0.3, 0.6, 1.0])
        passages = {id: Passage(id=id, title=id, text=" ".join(words)) for id, words in texts.items()}
        steps = [Step("input", (), "input", writes={"question": "?"})]
        steps += [
            Step("find", (at,), "node", writes={"passages": tuple(map(passages.__getitem__, turn))}, visit=at)
            for at, turn in enumerate(turns, start=1)
        ]
        steps.append(Step("say", (), "node", writes={"answer": Answer(text="?")}))
        row = Example(id="e", question="?", supporting_ids=tuple(gold))
        value = hybrid_oracle(turns, texts, gold, most, baseline)
        expected = (value + (0.5 if turns else 0.0) + 2.5) / 7
        by_text = of_run(frugal(most, baseline, passages), Trace(steps=steps), row).value
        assert by_text == pytest.approx(expected), (turns, texts, gold, most, baseline)
        differs += by_text != of_run(frugal(most, baseline), Trace(steps=steps), row).value
    assert differs > 50  # so that it is the other branch


def test_sentences_are_compared_where_gold_texts_are_sentences() -> None:
    passage = Passage(id="p", title="p", text="The Seine is a river. It is 777 km long. Much else is said here of other things.")
    steps = [
        Step("input", (), "input", writes={"question": "?"}),
        Step("find", (), "node", writes={"passages": (passage,)}),
    ]
    row = Example(id="e", question="?", supporting_ids=("g",))
    whole, sentence = (
        of_run(frugal(5, 0.6, {"g": "It is 777 km long."}, unit), Trace(steps=steps), row).value
        for unit in ("passage", "sentence")
    )
    assert sentence == pytest.approx((2 + 2 / 6 + 0.5 + 2.5) / 7)
    assert whole == pytest.approx((math.log(1 / 5) + 0.5 + 2.5) / 7)


def harness_oracle(parts: Curated) -> float:
    if not parts.formed:
        return -0.5
    if not parts.chose:
        return -0.2
    precise, recall = parts.precision, parts.recall
    f_beta = 5 * precise * recall / (4 * precise + recall) if precise + recall > 0 else 0.0
    total = 0.7 * f_beta + 0.3 * parts.found + (1.0 if parts.answer_recall > 0 else 0.0)
    total += 0.8 * parts.answer_recall + 0.4 * parts.answer_found
    return max(total - 0.35 * max(0.0, parts.answer_found - parts.answer_recall), 0.001)


def test_the_terminal_formulas_are_those_of_the_released_code() -> None:
    draw = random.Random(4)
    for _ in range(CASES):
        amounts = [draw.choice([0.0, 0.25, 1 / 3, 0.5, 1.0]) for _ in range(5)]
        parts = Curated(*amounts, chose=draw.random() < 0.8, formed=draw.random() < 0.8)
        assert parts.v3() == pytest.approx(harness_oracle(parts))
        recall, _, found, answer_recall, answer_found = amounts
        assert parts.v4() == pytest.approx((found + recall + answer_found + answer_recall) / 2 if parts.formed else -0.5)


def local_oracle(asked: list[str]) -> float:
    is_web = [tool == "web" for tool in asked]
    if any(is_web[:3]):
        return -1.0
    for start, end, unit, most in ((3, 6, -0.05, 4), (6, 8, -0.015, 3)):
        if any(is_web[start:end]):
            return unit * (most - is_web[start:end].index(True))
    return -0.01 if any(is_web[8:]) else 0.0


def test_the_term_for_local_tools_first_is_that_of_the_released_code() -> None:
    draw = random.Random(5)
    for _ in range(CASES):
        asked = [draw.choice(["web", *["local"] * 6]) for _ in range(draw.randint(0, 12))]
        assert local_first_term(asked, {"web"}) == pytest.approx(local_oracle(asked))
