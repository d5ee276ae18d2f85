"""`seekgraph export`: a saved trace, sent to where traces are looked at."""

from __future__ import annotations

from pathlib import Path

from seekgraph.cli.common import find_flow
from seekgraph.cli.output import say, write_json
from seekgraph.cli.rewards import find_rewards


def export_command(name: str, path: Path, endpoint: str, rewards: tuple[str, ...], content: bool, as_json: bool) -> None:
    """Send a trace with the scores that need no gold: those asked for, or the default ones that apply."""
    from seekgraph.core.record.trace import Trace
    from seekgraph.deploy.telemetry import Telemetry
    from seekgraph.deploy.telemetry.spans import Evaluation
    from seekgraph.rewards.algebra import scores
    from seekgraph.rewards.defaults import DEFAULT_REWARDS

    flow = find_flow(name)
    trace = Trace.load(path, flow.channels)
    chosen = find_rewards(rewards) or [each for each in DEFAULT_REWARDS if not each.needs]
    found = [
        Evaluation(reward.name, score.value, step.id, score.feedback)
        for step, reward, score in scores(trace, chosen)
        if score.value is not None
    ]
    telemetry = Telemetry(endpoint, content=content)
    sent = telemetry.record(trace, flow, scores=found)
    telemetry.close()
    say(f"sent {len(trace)} steps with {len(found)} scores to {endpoint}: trace {sent}")
    if as_json:
        write_json({"trace": sent, "steps": len(trace), "scores": len(found)})
