"""The command line: `seekgraph check | draw | run | evaluate | diagnose | replay | compile | ...`.

Results go to standard output, progress, warnings and errors to standard error. With `--json` standard output holds one JSON
document and nothing else; an error is `{"error": ...}`. Exit codes: 0 all is well; 1 the flow has errors, a run failed, or a file
cannot be used; 2 wrong arguments; 130 interrupted; 141 standard output was closed; 143 terminated.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from seekgraph.cli.environment import variables_of_file
from seekgraph.cli.exit_codes import failing, to_stdout, verbosity_first, with_json_target


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line; ends the process with its exit code."""
    words = with_json_target(verbosity_first(sys.argv[1:] if arguments is None else arguments))
    with failing(to_stdout(words)), variables_of_file():
        import typer

        from seekgraph.cli.app import app

        status = typer.main.get_command(app).main(words, prog_name="seekgraph", standalone_mode=False)
        if status == 130:
            raise KeyboardInterrupt
        sys.stdout.flush()
    raise SystemExit(status)
