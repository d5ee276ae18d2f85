"""What a searcher does well whatever comes of it: behaviours, found in a run by the rewards of its steps.

After "Beneficial reasoning behaviors in agentic search" (Behavior Priming; Jin et al., 2025): trajectories that show them teach
more than those that only ended well. Each is told here by rewards and by who read what, not by a model:

- *verification*: a verdict on what was found that was right (`right_to_stop`, `judged_right`), or evidence that holds;
- *authority*: a step that rests on what the gold supports (`citation_support`, `evidence_precision`, `ranking_ndcg`);
- *adaptive search*: after a search that found nothing new another one that did, of the same node or a later one;
- *error recovery*: a visit that did well after one of the same node that did badly.
"""

from __future__ import annotations

from collections.abc import Mapping

from seekgraph.core.record.trace import Trace
from seekgraph.optimizers.credit import Credit

BEHAVIOURS = ("verification", "authority", "adaptive search", "error recovery")

VERIFYING = frozenset({"right_to_stop", "judged_right", "decided_right", "evidence_recall"})
TRUSTING = frozenset({"citation_support", "citation_recall", "evidence_precision", "ranking_ndcg", "faithful", "cites_found"})
FINDING = frozenset({"support_gain", "search_gain", "novelty", "information_gain", "turn_recall"})
BAD = 0.3
"""A reward up to which a step did badly."""


def behaviours(trace: Trace, credit: Credit, good: float) -> Mapping[str, frozenset[str]]:
    """The behaviours that each step of a run shows, by its id; steps that show none are left out. `good` is the reward from which
    a step did well. A step that wrote what an adaptive search read, such as its query, shows that, too."""
    found: dict[str, set[str]] = {}
    last: dict[str, float] = {}
    dry = False
    for step in trace.steps:
        own = credit.own.get(step.id, [])
        for said in own:
            if said.value >= good and said.reward in VERIFYING:
                found.setdefault(step.id, set()).add("verification")
            if said.value >= good and said.reward in TRUSTING:
                found.setdefault(step.id, set()).add("authority")
        finding = [said.value for said in own if said.reward in FINDING]
        if finding and dry and max(finding) >= good:
            for name in (step.id, *(parent for sources in step.parents.values() for parent in sources)):
                if trace.step(name).kind == "node":
                    found.setdefault(name, set()).add("adaptive search")
        if finding:
            dry = min(finding) <= BAD
        value = credit.value(step.id) if step.kind == "node" else None
        if value is not None:
            if value >= good and last.get(step.path, 1.0) <= BAD:
                found.setdefault(step.id, set()).add("error recovery")
            last[step.path] = value
    return {name: frozenset(shown) for name, shown in found.items()}
