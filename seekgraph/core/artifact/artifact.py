"""Artifacts: a compiled flow as one JSON file that a person can read and diff.

The file says where the flow is declared, what it looked like, and what its params are; it holds no code, and none of it is run.
Loading imports the module that the file names, compares the flow that stands there with the file's fingerprint, and sets every
param by name.

    save(compiled, "hira.flow.json", scores={"val": {"f1": {"mean": 0.61, "low": 0.55, "high": 0.67}}})
    flow = load("hira.flow.json")
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from seekgraph.core.artifact.file import exact, lenient, read, write
from seekgraph.core.artifact.mismatch import explain, lost, unlike_structure
from seekgraph.core.artifact.place import check_location, find, locate, versions
from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.language.flow import Flow

if TYPE_CHECKING:
    from rich.table import Table

VERSION = 1
"""The version of the file's schema."""


class Artifact(BaseModel):
    """What an artifact file says.

    `artifact` is the version of the schema. `flow` is where the flow is declared, as `package.module:attribute`, or "" where
    only a notebook or a script knew it. `params` are all params by their full names. `structure` is what `fingerprint` is a
    hash of: it tells by name what has changed since. `data` maps names of data sets to their hashes; `scores` and `record`
    are the compiler's to fill.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    sections: ClassVar[tuple[str, ...]] = ("params", "scores", "data", "record", "versions", "structure")

    artifact: int = VERSION
    flow: str
    name: str | None
    fingerprint: str
    params: dict[str, JsonValue]
    scores: dict[str, JsonValue] = Field(default_factory=dict)
    data: dict[str, JsonValue] = Field(default_factory=dict)
    record: dict[str, JsonValue] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    structure: dict[str, JsonValue]

    def __rich__(self) -> Table:
        return _table(self)


class Change(NamedTuple):
    """A param that two artifacts do not agree on. On the side that lacks it the value is None; `kind` tells that from a None."""

    name: str
    before: JsonValue
    after: JsonValue
    kind: Literal["changed", "added", "removed"] = "changed"

    def __str__(self) -> str:
        sides = {"changed": f"{_brief(self.before)} -> {_brief(self.after)}", "added": f"+ {_brief(self.after)}"}
        return f"{self.name}: {sides.get(self.kind, f'- {_brief(self.before)}')}"


def save(
    flow: Flow,
    path: str | Path,
    *,
    location: str | None = None,
    scores: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    record: Mapping[str, Any] | None = None,
) -> Path:
    """Write `flow` with the values of its params to `path`; the file appears when it is whole.

    `location` is where the flow is declared (`package.module:attribute`); without it the loaded modules are searched, the one
    that made the flow first. A flow that stands in no importable module gets the location "", and loading it needs `flow=`.
    `scores`, `data` and `record` may be anything with a JSON form (models and dataclasses too); a number in them that is not
    finite becomes null. Raises `ArtifactError` for a location where another flow stands, for a value without a JSON form, and
    when the file cannot be written.
    """
    where = locate(flow) if location is None else check_location(flow, location)
    made = Artifact(
        flow=where,
        name=flow.name,
        fingerprint=flow.fingerprint,
        params={name: exact(param.to_json(), f"param {name!r}") for name, param in flow.params().items()},
        scores=lenient(scores or {}, "scores"),
        data=lenient(data or {}, "data"),
        record=lenient(record or {}, "record"),
        versions=versions(),
        structure=lenient(flow.structure, "structure", ordered=True),
    )
    return write(made.model_dump(), Path(path), made.sections)


def load(path: str | Path, flow: Flow | None = None) -> Flow:
    """The flow of an artifact, with the artifact's params.

    Without `flow` the module that the artifact names is imported (nothing else of the file is used to find code), and the
    flow that stands there is taken: load only files that you trust as you trust code. With `flow` nothing is imported. The file
    is checked by itself first, so that one that is damaged or does not fit together imports nothing.

    Raises `ArtifactError` where the file cannot be read; where it names no flow; where the flow is not the one that was saved,
    with what has changed, by name; and for params that are missing, unknown or outside of their domain.
    """
    source = Path(path)
    artifact = describe(source)
    if wrong := unlike_structure(artifact):
        raise ArtifactError(f"{source}: {'; '.join(wrong)}")
    if flow is None:
        flow = find(artifact.flow, source)
    elif not isinstance(flow, Flow):
        raise ArtifactError(f"{source}: flow= takes the flow that was saved, not a {type(flow).__name__}")
    if flow.fingerprint != artifact.fingerprint:
        raise ArtifactError(f"{source}: {explain(artifact, flow)}")
    return flow.with_params(_values(artifact, flow, source))


def describe(path: str | Path) -> Artifact:
    """What an artifact says, with nothing imported. Raises `ArtifactError` where the file is not an artifact of this version."""
    source = Path(path)
    content = read(source)
    if not isinstance(content, dict) or "artifact" not in content:
        raise ArtifactError(f"{source}: not an artifact: it has no schema version under 'artifact'")
    version = content["artifact"]
    if version != VERSION or isinstance(version, bool):
        made = content.get("versions")
        by = f" (written by seekgraph {made.get('seekgraph')})" if isinstance(made, dict) else ""
        newer = isinstance(version, int) and version > VERSION
        mend = "update seekgraph to read it" if newer else "save it again from its flow with this seekgraph"
        raise ArtifactError(f"{source}: schema version {version!r}{by}, this seekgraph reads version {VERSION}: {mend}")
    try:
        return Artifact.model_validate(content)
    except ValidationError as error:
        found = "; ".join(_problem(dict(each)) for each in error.errors())
        raise ArtifactError(f"{source}: not a whole artifact of version {VERSION}: {found}") from None


def diff(a: Artifact | str | Path, b: Artifact | str | Path) -> list[Change]:
    """The params whose values differ from `a` to `b`, in the order of `a`, then those that only `b` has."""
    before, after = (each.params if isinstance(each, Artifact) else describe(each).params for each in (a, b))
    return param_changes(before, after)


def param_changes(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[Change]:
    """The params whose plain values differ, in the order of `before`, then those that only `after` has."""
    changes = []
    for name, value in before.items():
        if name not in after:
            changes.append(Change(name, value, None, "removed"))
        elif json.dumps(value) != json.dumps(after[name]):  # as JSON, since 1 == True in Python
            changes.append(Change(name, value, after[name]))
    return changes + [Change(name, None, value, "added") for name, value in after.items() if name not in before]


def _values(artifact: Artifact, flow: Flow, source: Path) -> dict[str, Any]:
    """The values of the artifact's params as the flow's domains hold them; all that is wrong with them is reported at once."""
    params = flow.params()
    wrong = [f"param {name!r} is missing" for name in params if name not in artifact.params]
    wrong += [f"param {name!r} is not one of the flow's" for name in artifact.params if name not in params]
    values: dict[str, Any] = {}
    for name, data in artifact.params.items():
        if name not in params:
            continue
        try:
            param = params[name].from_json(data)
        except (ValueError, TypeError, ArithmeticError) as error:
            wrong.append(f"param {name!r}: {error}")
            continue
        values[name] = param.value
        if gone := lost(data, param.to_json()):
            wrong.append(f"param {name!r}: its model no longer has {', '.join(gone)}")
    if wrong:
        raise ArtifactError(f"{source}: {'; '.join(wrong)}")
    return values


def _problem(error: dict[str, Any]) -> str:
    where = ".".join(map(str, error["loc"][:2]))
    if error["type"] == "missing":
        return f"field {where!r} is missing"
    return f"field {where!r} is unknown" if error["type"] == "extra_forbidden" else f"field {where!r}: {error['msg']}"


def _brief(value: JsonValue, most: int = 60) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else text[: most - 1] + "…"


def _table(artifact: Artifact) -> Table:
    from rich.table import Table
    from rich.text import Text

    title = f"{artifact.name or 'flow'}  {artifact.flow}".rstrip()
    table = Table(
        title=Text(title), caption=Text(f"fingerprint {artifact.fingerprint[:12]}"), title_justify="left", caption_justify="left"
    )
    table.add_column("param")
    table.add_column("value", overflow="fold")
    for name, value in artifact.params.items():
        table.add_row(Text(name), Text(_brief(value)))
    if artifact.scores:
        table.add_section()
        for name, value in artifact.scores.items():
            table.add_row(Text(name, style="dim"), Text(_brief(value, 200)))
    return table
