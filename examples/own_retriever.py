"""A retriever of one's own: SQLite's full-text index over the demo corpus, used from the shell as it is.

    seekgraph run single "Who wrote the libretto of The Magic Flute?" --bind corpus=own_retriever:corpus

in the folder of this file. A function `(text, k)` that returns passages, dicts or texts would do in its place.
"""

import sqlite3
from collections.abc import Iterable, Sequence

import seekgraph as sg
from seekgraph.demo import CORPUS
from seekgraph.flows.single import flow
from seekgraph.tools import read_jsonl


class FullText:
    """Passages by SQLite's FTS5, ranked by its bm25()."""

    identity = "own_retriever:FullText 1"  # what its results depend on: with it the memo may keep them

    def __init__(self, passages: Iterable[sg.Passage]) -> None:
        self.passages = {passage.id: passage for passage in passages}
        self.index = sqlite3.connect(":memory:", check_same_thread=False)
        self.index.execute("create virtual table found using fts5(id unindexed, title, text, tokenize = 'porter')")
        rows = ((passage.id, passage.title, passage.text) for passage in self.passages.values())
        self.index.executemany("insert into found values (?, ?, ?)", rows)

    async def search(self, query: sg.Query, k: int) -> Sequence[sg.Passage]:
        """At most `k` passages, best first, with scores that are higher for better ones: all that a retriever has to do."""
        words = ["".join(filter(str.isalnum, word)) for word in query.text.split()]
        wanted = " OR ".join(f'"{word}"' for word in words if word)
        sql = "select id, -bm25(found) from found where found match ? order by 2 desc, id limit ?"
        found = self.index.execute(sql, (wanted, k)).fetchall() if wanted else []
        return [self.passages[id].model_copy(update={"score": score}) for id, score in found]


def corpus() -> FullText:
    """What `--bind` calls."""
    return FullText(read_jsonl(CORPUS))


def main() -> None:
    result = flow.bind(corpus=corpus())(question="Where was Ludwig van Beethoven baptised?")
    print([passage.title for passage in result.passages[:3]])
    print(result)


if __name__ == "__main__":
    main()
