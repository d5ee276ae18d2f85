"""Why an artifact does not fit a flow: the two structures compared, and told by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Protocol

from pydantic import JsonValue

from seekgraph.core.artifact.file import lenient
from seekgraph.core.language.flow import Flow

MOST = 12
"""How many differences are told; the others are counted."""

ALIKE = 0.45
"""From this similarity on a place that is gone and one that is new are taken for one that was renamed."""


_STRUCTURES = ("seekgraph.core.language.combinators", "seekgraph.core.language.element:")
"""How the kinds of combinators begin in a flow's structure; all others are nodes."""


class Saved(Protocol):
    """What is known of a flow that was saved."""

    @property
    def name(self) -> str | None: ...
    @property
    def flow(self) -> str: ...
    @property
    def structure(self) -> dict[str, JsonValue]: ...
    @property
    def versions(self) -> dict[str, str]: ...


def explain(saved: Saved, flow: Flow) -> str:
    """What differs between the flow that was saved and `flow`, and the way out, as a message of a few lines."""
    old: dict[str, Any] = saved.structure
    new: dict[str, Any] = lenient(flow.structure, "structure", ordered=True)
    before, after = _sites(old), _sites(new)
    called = f"{saved.name!r} ({saved.flow or 'no location'})"
    if _another(before, after):
        return (
            f"the artifact is of another flow: {called} with the places {_listed(before)}; {flow.name!r} has {_listed(after)}:"
            " load it with its own flow"
        )
    found = list(_differences(old, new))
    if not found:
        by = saved.versions.get("seekgraph", "?")
        return (
            f"the fingerprint does not match the structure of {called}, though that has not changed: the file was edited, or"
            f" seekgraph {by}, which wrote it, counts otherwise: compile or save the flow again"
        )
    told = "".join(f"\n  - {line}" for line in found[:MOST])
    rest = f"\n  - and {len(found) - MOST} more" if len(found) > MOST else ""
    return f"flow {called} has changed since the artifact was saved:{told}{rest}\nUndo the change, or compile the flow again."


def structure_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs from one flow's structure to another's, a line each; nothing is imported for it."""
    return list(_differences(old, new))


def unlike_structure(saved: Any) -> list[str]:
    """What of an artifact's params does not fit the structure that stands in the same file; nothing is imported for it."""
    known = {name for site in _sites(saved.structure).values() for name in site["params"]}
    missing = [f"param {name!r} is missing" for name in sorted(known - set(saved.params))]
    return missing + [f"param {name!r} is not one of the flow's" for name in saved.params if name not in known]


def lost(data: Any, back: Any, where: str = "") -> list[str]:
    """The keys of `data` that are not in `back`, by their way through nested objects: what reading did not keep."""
    if isinstance(data, dict) and isinstance(back, dict):
        gone = [f"{where}{key}" for key in data if key not in back]
        return gone + [name for key in data if key in back for name in lost(data[key], back[key], f"{where}{key}.")]
    if isinstance(data, list) and isinstance(back, list):
        pairs = zip(data, back, strict=False)
        return list(dict.fromkeys(name for one, other in pairs for name in lost(one, other, where)))
    return []


def _sites(structure: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The places of a structure by path; what a file has in another form than `Flow.structure` counts as empty."""
    found = {}
    for path, described in _mapping(structure.get("sites")).items():
        site = _mapping(described)
        params = {name: _mapping(domain) for name, domain in _mapping(site.get("params")).items()}
        inside = site["inside"] if isinstance(site.get("inside"), list) else []
        plain = {slot: _mapping(site.get(slot)) for slot in ("settings", "exprs")}
        found[path] = {**site, **plain, "kind": str(site.get("kind")), "params": params, "inside": [*map(str, inside)]}
    return found


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _another(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two flows have so little in common that naming the differences would not help: under a third of their nodes."""
    kinds = [sorted(site["kind"] for site in sites.values()) for sites in (before, after)]
    nodes = [[kind for kind in each if not kind.startswith(_STRUCTURES)] or each for each in kinds]
    return SequenceMatcher(None, nodes[0], nodes[1], autojunk=False).ratio() < 1 / 3


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _sites(old), _sites(new)
    inputs, given = _mapping(old.get("inputs")), _mapping(new.get("inputs"))
    yield from (
        f"input {name!r} is {_change(inputs.get(name), given.get(name))}"
        for name in {**inputs, **given}
        if inputs.get(name) != given.get(name)
    )
    if old.get("output") != new.get("output"):
        yield f"the output is {_change(old.get('output'), new.get('output'))}"
    renamed = _renamed(before, after)
    pairs = {**{path: path for path in before if path in after}, **renamed}
    for path, other in renamed.items():
        if not _follows(path, other, renamed):
            yield f"{_noun(before[path])} {path!r} is now called {other!r}, it seems"
    yield from (f"{_noun(before[path])} {path!r} is missing" for path in before if path not in pairs)
    yield from (f"{_noun(after[path])} {path!r} is new" for path in after if path not in pairs.values())
    for path, other in pairs.items():
        yield from _place(other, before[path], after[other], len(path), pairs)


def _place(path: str, old: dict[str, Any], new: dict[str, Any], cut: int, pairs: Mapping[str, str]) -> Iterator[str]:
    """What differs at one place."""
    if old["kind"] != new["kind"]:
        yield f"{path!r} was a {old['kind']}, it is a {new['kind']}"
    domains = {f"{path}{name[cut:]}": domain for name, domain in old["params"].items()}
    fixed, now = old["settings"], new["settings"]
    for name in {**domains, **new["params"]}:
        slot = name[len(path) + 1 :]
        one, other = domains.get(name), new["params"].get(name)
        if one is None:
            was = f"was fixed at {_shown(fixed[slot])}" if slot in fixed else "was none"
            yield f"param {name!r} is new: it {was}"
        elif other is None:
            yield f"param {name!r} is gone: it {f'is fixed at {_shown(now[slot])}' if slot in now else 'is none now'}"
        elif one != other:
            yield f"param {name!r} had the domain {_domain(one)}, it has {_domain(other)}"
    tunable = {name[len(path) + 1 :] for name in {**domains, **new["params"]}}
    for slot in {**fixed, **now}:
        if slot not in tunable and fixed.get(slot) != now.get(slot):
            yield f"setting {slot!r} of {path!r} is {_change(fixed.get(slot), now.get(slot))}"
    for slot in {**old["exprs"], **new["exprs"]}:
        one, other = old["exprs"].get(slot), new["exprs"].get(slot)
        if one != other:
            yield f"{slot.removeprefix('using_')!r} of {path!r} is {_change(one, other)}"
    for extra in ("writing", "branches"):
        if old.get(extra) != new.get(extra):
            yield f"{extra!r} of {path!r} is {_change(old.get(extra), new.get(extra))}"
    inside = [pairs.get(name, name) for name in old["inside"]]
    if inside != new["inside"] and set(inside) == set(new["inside"]):
        yield f"the order in {path!r} is {_change(inside, new['inside'])}"


def _renamed(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Places that are gone, with the new ones that look like them; the most similar first, each once."""
    gone, fresh = ([path for path in one if path not in other] for one, other in ((before, after), (after, before)))
    scored = [(_likeness(path, before[path], other, after[other]), path, other) for path in gone for other in fresh]
    found: dict[str, str] = {}
    for score, path, other in sorted(scored, key=lambda item: -item[0]):
        if score >= ALIKE and path not in found and other not in found.values():
            found[path] = other
    return {path: found[path] for path in gone if path in found}


def _likeness(path: str, old: dict[str, Any], other: str, new: dict[str, Any]) -> float:
    """From 0 to 1. Kinds have to agree; then names, settings, and the slots of params count."""
    if old["kind"] != new["kind"]:
        return 0.0
    slots = [sorted(name.rpartition(".")[2] for name in site["params"]) for site in (old, new)]
    same: float = sum((slots[0] == slots[1], old["settings"] == new["settings"], old["exprs"] == new["exprs"])) / 3
    return 0.6 * same + 0.4 * SequenceMatcher(None, path, other).ratio()


def _follows(path: str, other: str, renamed: Mapping[str, str]) -> bool:
    """Whether a new path comes from the new name of something around the place."""
    return any(path.startswith(f"{one}/") and other == f"{new}{path[len(one) :]}" for one, new in renamed.items())


def _noun(site: Mapping[str, Any]) -> str:
    kind = str(site["kind"])
    return kind.rpartition(":")[2].lower() if kind.startswith(_STRUCTURES) else "node"


def _domain(domain: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in domain.items() if key != "kind"}
    return f"{domain.get('kind')} {_shown(rest)}" if rest else str(domain.get("kind"))


def _change(old: Any, new: Any) -> str:
    return f"{_shown(new)}, it was {_shown(old)}"


def _shown(value: Any, most: int = 80) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= most else text[: most - 1] + "…"


def _listed(sites: Mapping[str, Any]) -> str:
    names = list(sites)
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
