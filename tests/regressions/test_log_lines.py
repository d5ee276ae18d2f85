"""What the library warns of goes to standard error: what a program prints stays what it printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import json, sys
from pathlib import Path
import seekgraph as sg
from seekgraph.core.language.node import Writes
from seekgraph.core.memo import StepKey
class Found(Writes):
    text: str
memo = sg.Memo(sys.argv[1])
memo.get(StepKey("n", "c", "p", "i", "r", ""), Found)
memo.close()
print(json.dumps({"answer": 1}))
"""


def test_a_warning_of_the_library_does_not_stand_among_what_a_program_prints(tmp_path: Path) -> None:
    (tmp_path / "memo.db").write_bytes(b"no database at all" * 100)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "memo.db")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    assert json.loads(done.stdout) == {"answer": 1}
    assert "memo_set_aside" in done.stderr
