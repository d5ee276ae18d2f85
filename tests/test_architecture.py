"""The house keeps its floors, its manners and its light door.

Floors: `types` < `text` < `core` < `prompts` < `nodes, tools, lms, rewards` < `evaluation` < `diagnosis` < `optimizers` <
`flow` < `flows` < `demo, deploy` < `cli`.
A room imports from itself and from floors below it; neighbours on one floor do not know each other. Every import counts:
those inside functions, those for type checkers only, and `importlib.import_module` with a name spelled out.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "seekgraph"
DOOR = PACKAGE / "__init__.py"

FLOORS = (
    ("types",),
    ("text",),
    ("core",),
    ("prompts",),
    ("nodes", "tools", "lms", "rewards"),
    ("evaluation",),
    ("diagnosis",),
    ("optimizers",),
    ("flow",),
    ("flows",),
    ("demo", "deploy"),
    ("cli",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FLOOR_OF["__main__"] = FLOOR_OF["cli"] + 1

HEAVY = ("numpy", "networkx", "optuna", "rich", "typer", "bm25s", "torch", "langgraph")

# What the door may load: it only says where each name lives.
DOOR_IMPORTS = {"__future__", "importlib", "typing"}

needs_door = pytest.mark.skipif(not DOOR.exists(), reason="seekgraph/__init__.py does not exist yet")


# --- reading the package -------------------------------------------------------------------------------------------


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules() -> list[Path]:
    """Every module of the package but the door."""
    return sorted(path for path in PACKAGE.rglob("*.py") if path != DOOR)


def dotted(path: Path) -> str:
    """`seekgraph/core/language/flow.py` -> `seekgraph.core.language.flow`; a package's `__init__.py` -> the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(PACKAGE.parent)}:{getattr(node, 'lineno', 1)}"


def room_of(module: str) -> str:
    """`seekgraph.core.language.flow` -> `core`. The empty string is the package itself."""
    return module.removeprefix("seekgraph").lstrip(".").partition(".")[0]


def base_of(path: Path, node: ast.ImportFrom) -> str:
    """The absolute name of the module that a `from ... import` names."""
    if not node.level:
        return node.module or ""
    package = dotted(path).split(".")
    ups = node.level - (path.name == "__init__.py")
    return ".".join([*package[: len(package) - ups], *([node.module] if node.module else [])])


def inside(module: str) -> bool:
    return module == "seekgraph" or module.startswith("seekgraph.")


@cache
def door_names() -> dict[str, str]:
    """Public name -> the module it lives in, as the door tells type checkers; names that the door defines map to ''."""
    if not DOOR.exists():
        return {}
    table: dict[str, str] = {}
    for node in ast.walk(parsed(DOOR)):
        if isinstance(node, ast.ImportFrom) and inside(base_of(DOOR, node)):
            for alias in node.names:
                base = base_of(DOOR, node)
                table[alias.asname or alias.name] = f"seekgraph.{alias.name}" if base == "seekgraph" else base
    for node in parsed(DOOR).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        table |= {target.id: "" for target in targets if isinstance(target, ast.Name)}
    return table


def imports(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every import of a part of Seekgraph in a module: the place, and the absolute name of what is imported."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if inside(alias.name))
        elif isinstance(node, ast.ImportFrom) and inside(base := base_of(path, node)):
            for alias in node.names:
                if base != "seekgraph" or alias.name in FLOOR_OF:
                    yield node, f"{base}.{alias.name}" if base == "seekgraph" else base
                elif home := door_names().get(alias.name, "seekgraph"):  # through the door: what counts is where it lives
                    yield node, home
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"} and inside(name := str(node.args[0].value)):
                yield node, name


def floor_breaks(path: Path) -> list[str]:
    room = room_of(dotted(path))
    if room not in FLOOR_OF:
        return [f"{place(path, parsed(path))} is in the room `{room}`, which has no floor: add it to FLOORS"]
    floor = FLOOR_OF[room]
    broken = []
    for node, name in imports(path):
        other = room_of(name)
        if other == room:
            continue
        if not other:
            if floor < len(FLOORS) - 1:
                broken.append(
                    f"{place(path, node)} imports the whole of seekgraph from floor {floor}: import the module you need"
                )
        elif other not in FLOOR_OF:
            broken.append(f"{place(path, node)} imports {name}, which has no floor: add it to FLOORS")
        elif FLOOR_OF[other] >= floor:
            broken.append(f"{place(path, node)} imports {name} (floor {FLOOR_OF[other]}) from floor {floor}")
    return broken


def report(findings: list[str]) -> None:
    if findings:
        pytest.fail("\n".join(["", *dict.fromkeys(findings)]), pytrace=False)


# --- floors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", sorted(FLOOR_OF, key=lambda room: (FLOOR_OF[room], room)))
def test_a_room_imports_only_from_floors_below_it(room: str) -> None:
    report([finding for path in modules() if room_of(dotted(path)) == room for finding in floor_breaks(path)])


def test_every_module_is_in_a_room_with_a_floor() -> None:
    report([finding for path in modules() if room_of(dotted(path)) not in FLOOR_OF for finding in floor_breaks(path)])


@pytest.mark.parametrize(
    ("where", "source", "found"),
    [
        ("core/a.py", "from seekgraph.nodes.plan import Plan", "imports seekgraph.nodes.plan (floor 4) from floor 2"),
        ("core/a.py", "from seekgraph import cli", "imports seekgraph.cli (floor 11) from floor 2"),
        ("core/a.py", "from ..tools import bm25", "imports seekgraph.tools (floor 4) from floor 2"),
        ("core/a.py", "import seekgraph as sg", "imports the whole of seekgraph from floor 2"),
        ("nodes/a.py", "def f():\n    import seekgraph.tools.bm25", "imports seekgraph.tools.bm25 (floor 4) from floor 4"),
        (
            "types.py",
            "if TYPE_CHECKING:\n    from .core.flow import Flow",
            "imports seekgraph.core.flow (floor 2) from floor 0",
        ),
        ("demo/__init__.py", "from ..deploy import http", "imports seekgraph.deploy (floor 10) from floor 10"),
        ("flows/a.py", "importlib.import_module('seekgraph.cli')", "imports seekgraph.cli (floor 11) from floor 9"),
        ("attic/a.py", "x = 1", "has no floor"),
        ("nodes/a.py", "from . import plan\nfrom .plan import Plan\nfrom ..core.node import Node\nimport numpy", None),
        ("nodes/__init__.py", "from .plan import Plan\nfrom seekgraph.types import Query", None),
        ("cli.py", "import seekgraph\nfrom seekgraph.deploy.http import serve", None),
    ],
)
def test_the_floor_check_sees_what_it_should(where: str, source: str, found: str | None, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path / "seekgraph")
    path = tmp_path / "seekgraph" / where
    path.parent.mkdir(parents=True)
    path.write_text(source)
    breaks = floor_breaks(path)
    assert breaks == [] if found is None else (len(breaks) == 1 and found in breaks[0])


# --- manners -------------------------------------------------------------------------------------------------------


def is_public(path: Path) -> bool:
    return not any(part.startswith("_") and part != "__init__" for part in path.relative_to(PACKAGE).with_suffix("").parts)


def may_print(path: Path) -> bool:
    return room_of(dotted(path)) in {"cli", "demo", "__main__"}


def calls(path: Path, *names: str) -> list[ast.Call]:
    """Calls of built-in functions by their names; a method of the same name does not count."""
    return [
        node
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in names)
            or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in names
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "builtins"
            )
        )
    ]


def everywhere() -> list[Path]:
    return [*modules(), *([DOOR] if DOOR.exists() else [])]


def test_every_public_module_says_what_it_is_for() -> None:
    report([f"{place(p, parsed(p))} has no docstring" for p in everywhere() if is_public(p) and not ast.get_docstring(parsed(p))])


def test_the_library_prints_nothing() -> None:
    report([f"{place(p, node)} prints" for p in everywhere() if not may_print(p) for node in calls(p, "print")])


def test_no_except_is_bare() -> None:
    handlers = [(p, node) for p in everywhere() for node in ast.walk(parsed(p)) if isinstance(node, ast.ExceptHandler)]
    report([f"{place(p, node)} has a bare except" for p, node in handlers if node.type is None])


def test_no_text_is_ever_run_as_code() -> None:
    report([f"{place(p, node)} calls eval or exec" for p in everywhere() for node in calls(p, "eval", "exec")])


EXTRA_AT = {"need": 1, "_installed": 1, "MissingExtra": 1}  # the argument that names the extra to install


def test_an_extra_that_a_message_names_can_be_installed() -> None:
    with (PACKAGE.parent / "pyproject.toml").open("rb") as file:
        extras = set(tomllib.load(file)["project"]["optional-dependencies"])
    named = [
        (p, node, node.args[at].value)
        for p in everywhere()
        for name, at in EXTRA_AT.items()
        for node in calls(p, name)
        if len(node.args) > at and isinstance(node.args[at], ast.Constant)
    ]
    assert {extra for _, _, extra in named} >= {"dense", "lm", "local", "hub"}
    report([f"{place(p, node)} names the extra {extra!r}" for p, node, extra in named if extra not in extras])


# --- the door ------------------------------------------------------------------------------------------------------


def at_run_time(body: Sequence[ast.AST]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that run when a module is imported: not those for type checkers, not those inside functions."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_run_time(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_run_time(list(ast.iter_child_nodes(node)))


def child(code: str) -> dict:
    """Run code in a fresh interpreter and read the JSON object that it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def seconds_to_import(name: str) -> float:
    code = f"import json, time\nt = time.perf_counter()\nimport {name}\nprint(json.dumps({{'s': time.perf_counter() - t}}))"
    return child(code)["s"]


@needs_door
def test_the_door_is_only_a_table() -> None:
    found = []
    for node in at_run_time(parsed(DOOR).body):
        names = [base_of(DOOR, node)] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        found += [f"{place(DOOR, node)} imports {name} at run time" for name in names if name.split(".")[0] not in DOOR_IMPORTS]
    report(found)


@needs_door
def test_importing_seekgraph_loads_no_room_and_nothing_heavy() -> None:
    loaded = child("import json, sys, seekgraph; print(json.dumps({'modules': sorted(sys.modules)}))")["modules"]
    rooms = [name for name in loaded if name.startswith("seekgraph.")]
    report([f"`import seekgraph` loads {name}" for name in loaded if name.split(".")[0] in HEAVY])
    report([f"`import seekgraph` loads {name}: look it up when the name is asked for" for name in rooms])


@needs_door
def test_importing_seekgraph_costs_at_most_three_times_pydantic() -> None:
    pairs = [(seconds_to_import("seekgraph"), seconds_to_import("pydantic")) for _ in range(5)]
    ours, pydantic = (min(times) for times in zip(*pairs, strict=True))
    assert ours <= 3 * pydantic, f"import seekgraph {ours * 1e3:.1f} ms, import pydantic {pydantic * 1e3:.1f} ms"
