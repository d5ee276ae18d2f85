"""`seekgraph keys`: who may ask a server."""

from __future__ import annotations

from pathlib import Path

from seekgraph.cli.common import Misuse
from seekgraph.cli.output import say, show, write_json


def new_key_command(name: str, path: Path, budget: str | None) -> None:
    """Add a key, and print it: only its hash is kept."""
    from seekgraph.cli.options import parse_budget
    from seekgraph.deploy.http.keys import new_key

    limits = parse_budget(budget)
    if limits.seconds is not None:
        raise Misuse("--budget: seconds are of one request, not of a key: give them to `seekgraph serve`")
    show(new_key(path, name, limits))
    say(f"this is the key of {name!r}; {path} holds its hash alone, so keep it now")


def remove_key_command(name: str, path: Path) -> None:
    """Take a key out."""
    from seekgraph.deploy.http.keys import remove_key

    remove_key(path, name)
    say(f"{name!r} is out of {path}; servers that run notice with the next request")


def list_keys_command(path: Path, state: Path | None, as_json: bool) -> None:
    """Show the names of keys with their budgets, and what of them is spent where the state of the server is given."""
    from dataclasses import asdict

    from seekgraph.deploy.http.keys import read_keys
    from seekgraph.deploy.http.state import State

    kept = None if state is None else State(state)
    rows = [
        {
            "name": key.name,
            "budget": {line: most for line, most in asdict(key.budget).items() if most is not None},
            "spent": {} if kept is None else kept.spent(key.name),
        }
        for key in read_keys(path)
    ]
    if kept is not None:
        kept.close()
    if as_json:
        write_json({"keys": rows})
        return
    for row in rows:
        spent = f", spent {row['spent']}" if row["spent"] else ""
        show(f"{row['name']}: budget {row['budget'] or 'none'}{spent}")
