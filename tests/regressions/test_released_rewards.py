"""Rewards against oracles of the released code on generated cases. The oracles share nothing with the library."""

from __future__ import annotations

import math
import random

import pytest

from seekgraph.rewards.frugalrag import frugal_value
from seekgraph.rewards.harness1 import Curated
from seekgraph.rewards.ladders import local_first_term

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
