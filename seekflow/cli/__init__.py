"""The command line: `seekflow check | draw | run | evaluate | compile | memo | demo`.

Results go to standard output, progress and errors to standard error. Exit codes: 0 all is well; 1 the flow has errors, a run
failed, or a file cannot be used; 2 the command was given wrong arguments; 130 interrupted.
"""

from __future__ import annotations

import sys

from seekflow.cli.common import failing, with_json_target


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    from seekflow.cli.app import app

    given = with_json_target(sys.argv[1:] if arguments is None else arguments)
    with failing("--json" in given):
        app(given)
