"""The checker: what is wrong with a flow, found without running it.

`check` runs one pass after another over the places of a flow. What they find, by its code:

    contract            a node's `run` does not say what it reads and writes
    name-twice          a name given twice in one scope
    wrong-setting       a setting of another type than is declared, or below its domain
    setting-out-of-range        (warning) a setting above its domain
    unbounded-loop      a loop whose number of rounds is no whole number of 1 or more
    two-declarations    a channel that two nodes write with different types or merge rules
    unwritten-read      a read, or an expression, of a channel that some path to it leaves unwritten
    wrong-type          a read of what an earlier step writes with a type that does not fit
    unknown-attribute, maybe-none, incomparable, not-boolean, not-a-collection       an expression that cannot work
    missing-branch      a label that a route's policy can give, with no branch and no default
    open-route          (warning) a policy that may give any label, with no default
    unreachable-branch  a branch whose label the policy never gives
    unread-write        a step none of whose writes is ever read
    lost-write          (warning) a channel that two parts of a fan replace: what the first wrote is lost
    no-answer           a path through the flow that ends without its output
    missing-resource, wrong-port        a resource that is not bound, or that lacks the methods of its port

What is written where is known exactly: a read is refused when and only when there is a path to it (of branches, options, rounds,
numbers of items, and writes that a node may leave out) on which nothing has written the channel.
"""

from __future__ import annotations

from collections.abc import Mapping

from seekgraph.core.base.errors import FlowError
from seekgraph.core.check.findings import Finding
from seekgraph.core.check.paths import walk
from seekgraph.core.check.rules import RULES, names, ports, settings, unreadable
from seekgraph.core.language.flow import Flow


def check(flow: Flow, resources: Mapping[str, object] | None = None) -> tuple[Finding, ...]:
    """All findings, in the order of the flow; resources are checked where they are given. Raises nothing."""
    found = [*unreadable(flow), *names(flow), *settings(flow)]
    if not any(finding.code == "contract" for finding in found):
        paths = walk(flow)
        found += [finding for rule in RULES for finding in rule(flow, paths)]
        found += [] if resources is None else ports(flow, resources)
    order = {path: number for number, path in enumerate(flow.sites)}
    return tuple(sorted(found, key=lambda finding: (finding.code == "no-answer", order[finding.path])))


def require(flow: Flow, resources: Mapping[str, object] | None = None) -> None:
    """Raise `FlowError` with all errors that `check` finds; warnings do not count."""
    errors = [finding for finding in check(flow, resources) if finding.severity == "error"]
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        raise FlowError("\n".join([f"flow {flow.name or ''!r} has {count}", *map(str, errors)]))


__all__ = ["Finding", "check", "require"]
