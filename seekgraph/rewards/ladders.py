"""Rewards of a whole run in rungs: a wrong answer still earns something for good form, for searching, and for what was found."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.outcome import bad_form, em_of, f1_of, final_answer, lasting_searches, searches, values_of
from seekgraph.rewards.runs import answer_feedback
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.text.answers import normalize
from seekgraph.types import Example, Passage, Ranking

_AMONG_FIRST = -1.0
_BY_POSITION = {4: -0.2, 5: -0.15, 6: -0.1, 7: -0.045, 8: -0.03}
_LATER = -0.01


@tunable
def search_r1(form: float = 0.2, retrieved: float = 0.1, answered: float = 0.1) -> Reward:
    """Search-R1's ladder over a run, in [0, 1]; by default 1, 0.8, 0.3, 0.2, 0.1 and 0:

        right, in good form                                    1
        right, in bad form                                     1 - form
        wrong, in good form, a gold answer is in what it found form + retrieved
        wrong, in good form                                    form
        wrong, in bad form, with an answer, also an empty one  answered
        else                                                   0

    Right is exact match. A gold answer is in what was found where its normalised text is a part of the normalised text of a
    passage with its title: as in the released code, "no" is in "north", and a yes or no is looked for like any other. The form is
    judged by the steps, see `outcome.bad_form`, and not by tags in a text.
    Source: Search-R1 (qa_em_format.py; the three amounts stand in its comments). Raises `RewardError` for amounts that leave
    [0, 1].
    """
    if min(form, retrieved, answered) < 0 or form + retrieved > 1 or answered > 1:
        raise RewardError(f"amounts are 0 or more, form + retrieved and answered at most 1; not {form}, {retrieved}, {answered}")
    return run_reward(needs="answers", name="search_r1")(partial(_search_r1, form=form, retrieved=retrieved, answered=answered))


def _search_r1(trace: Trace, example: Example, *, form: float, retrieved: float, answered: float) -> Score:
    answer, wrong_form = final_answer(trace), bad_form(trace)
    feedback = answer_feedback(trace, example)
    if em_of(answer, example.answers) == 1:
        return Score(1 - form, f"{feedback}, but {wrong_form}") if wrong_form else Score(1.0, feedback)
    if wrong_form:
        return Score(0.0 if answer is None else answered, f"{feedback}; {wrong_form}")
    found = (passage for step in lasting_searches(trace) for passage in values_of(step.writes["passages"], Passage))
    golds = [normalize(gold) for gold in example.answers]
    if any(gold in normalize(f"{passage.title} {passage.text}") for passage in found for gold in golds):
        return Score(form + retrieved, f"{feedback}, which it had found")
    return Score(form, f"{feedback}, which it had not found")


@tunable
def hiersearch(offered: Collection[str], web: Collection[str] = (), *, local_first: bool = False, tools: float = 0.1) -> Reward:
    """HierSearch's reward of a run, clipped to [0, 1]:

        bad form, or over its budget  0
        outcome > 0                   outcome: F1, + `local_first_term` with `local_first`
        else                          tools * |tools used that were offered| / |offered|

    `offered` are names of retrievers, as the flow binds them (the `source` of the rankings that they make); `web` are those that
    are not local. Source: HierSearch (hier_search.py), which adds the term for local tools before the web as an option.
    Raises `RewardError` where nothing is offered, and for a web tool that is not.
    """
    strange = sorted(set(web) - set(offered))
    if not offered or strange or not 0 <= tools <= 1:
        raise RewardError(
            f"offered are the names of the retrievers, web some of them, tools is in [0, 1]; got {strange or offered}"
        )
    made = partial(_hiersearch, offered=frozenset(offered), web=frozenset(web), local_first=local_first, tools=tools)
    return run_reward(needs="answers", name="hiersearch")(made)


def local_first_term(called: list[str], web: Collection[str]) -> float:
    """What the order of the tools adds: -1 for a web call among the first 3; for the first one at position 4, 5, 6: -0.2, -0.15,
    -0.1; at 7, 8: -0.045, -0.03; later -0.01; 0 without one. `called` are the names of the tools in the order of their calls."""
    first = next((position for position, tool in enumerate(called, start=1) if tool in web), None)
    if first is None:
        return 0.0
    return _AMONG_FIRST if first <= 3 else _BY_POSITION.get(first, _LATER)


def tools_called(trace: Trace) -> list[str]:
    """The retrievers that a run called, by name, in the order of the trace: the sources of the rankings that a search wrote, or
    else the name of its node.
    """
    called: list[str] = []
    for step in searches(trace):
        sources = [ranking.source for ranking in values_of(step.writes.get("rankings", ()), Ranking)]
        called += sources or [step.path.rpartition("/")[2]]
    return called


def _hiersearch(
    trace: Trace, example: Example, *, offered: frozenset[str], web: frozenset[str], local_first: bool, tools: float
) -> Score:
    if wrong := bad_form(trace):
        return Score(0.0, wrong)
    f1, called = f1_of(final_answer(trace), example.answers), tools_called(trace)
    feedback = answer_feedback(trace, example)
    term = local_first_term(called, web) if local_first else 0.0
    if term:
        feedback += f"; asked the web {'early' if term <= -0.1 else 'late'}"
    if f1 + term > 0:
        return Score(min(1.0, f1 + term), feedback)
    used = offered.intersection(called)
    unused = ", ".join(sorted(offered - used))
    return Score(tools * len(used) / len(offered), f"{feedback}; never asked {unused}" if unused else feedback)
