"""Opening large folders: the seconds until a folder with nothing changed is open, and the memory that indexing takes.

    python benchmarks/folders.py                      # 10,000 files unchanged, and the first indexing of 100,000
    python benchmarks/folders.py --many 20000         # fewer of them

Files are made for this: Markdown of three short sections each, in folders of a thousand, of words drawn by a seeded generator.
Each step runs in a process of its own, its modules compiled as pip leaves them; memory is the peak of that process (what the
operating system counts as resident, mapped files of the cache among it), beside one that opens ten files.

Prints the table and writes benchmarks/folders.md (--out for elsewhere).
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
from pathlib import Path

OPEN = """
import resource, sys, time
import seekgraph.tools as tools
began = time.perf_counter()
corpus = tools.open_corpus(sys.argv[1], cache=sys.argv[2], ranker=False)["corpus"]
seconds = time.perf_counter() - began
found = corpus.find("gallery of rivers", 5)
used = resource.getrusage(resource.RUSAGE_SELF)
print(len(corpus.passages), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""
WORDS = 5_000
PER_FOLDER = 1_000


def make(folder: Path, count: int, seed: int = 0) -> None:
    """`count` Markdown files of some 90 words each."""
    chance = random.Random(seed)
    words = [
        "".join(chance.choices("bcdfglmnprstv", k=1) + chance.choices("aeiou", k=1)) * chance.randint(1, 3) for _ in range(WORDS)
    ]
    for number in range(count):
        below = folder / f"{number // PER_FOLDER:03}"
        below.mkdir(parents=True, exist_ok=True)
        sections = [f"## {' '.join(chance.choices(words, k=2))}\n\n{' '.join(chance.choices(words, k=27))}.\n" for _ in range(3)]
        (below / f"{number}.md").write_text(f"# Page {number}\n\n" + "\n".join(sections), encoding="utf-8")


def opened(folder: Path, cache: str, compiled: str) -> tuple[int, float, float, float]:
    """Passages, seconds, seconds of the processor (imports among them), and the peak of memory in MB, in a fresh process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = compiled
    command = [sys.executable, "-c", OPEN, str(folder), cache]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split()
    passages, seconds, processor, peak = (float(each) for each in printed[-4:])
    return int(passages), seconds, processor, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    lines = ["# Large folders", "", f"Made by `python benchmarks/folders.py` on {os.cpu_count()} cores, Python"]
    lines[-1] += f" {platform.python_version()}, {platform.system()}: Markdown files of some 90 words in three sections."
    lines += [
        "",
        "| | passages | seconds to open | of the processor, with imports | peak of memory, MB |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as compiled:
        for count in dict.fromkeys((10, options.few, options.many)):
            folder, cache = Path(place) / str(count), str(Path(place) / f"cache-{count}")
            make(folder, count)
            for name in ("first", "nothing changed"):
                passages, seconds, processor, peak = opened(folder, cache, compiled)
                lines.append(f"| {count:,} files, {name} | {passages:,} | {seconds:.2f} | {processor:.1f} | {peak:.0f} |")
                print(lines[-1], flush=True)
    options.out.write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
