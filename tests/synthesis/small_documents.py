"""Documents of a library and of a programming interface that say what people ask for, and traps beside it."""

from __future__ import annotations

from seekgraph.tools.bm25 import BM25
from seekgraph.types import Passage

LENDING = """Books are lent for four weeks, films for one week. If somebody else has reserved the book, the loan cannot be
renewed. From April to September the library is open from 9 to 19 o'clock.

To renew a loan on the web, sign in with `card number` and choose "Renew". To learn more, read the handbook."""

FEES = """After the loan has ended, each book costs 20 cents a day. A lost card costs 5 euros.

| room | places | price |
|---|---|---|
| Cedar | 12 | 30 euros |
| Poplar | 6 | 15 euros |"""

CACHE = """The cache takes these parameters:

* `max_age` - Sets how long an entry of the cache stays valid, in seconds. Defaults to `600`.
* `region` - Names the part of the store that entries are kept in.

If you want to empty the cache by hand, call `cache.clear()`. If you want to know more about this, see the reference."""

STORE = """`Shelf` is a class that keeps the entries of one region in memory. When an entry of the cache is missing, the
`Shelf` raises `EntryMissing`. The store is not encrypted because its files never leave the machine."""

PAGES = (
    Passage(id="lending.md#how-long", title="Lending > How long", text=LENDING, meta={"path": "lending.md"}),
    Passage(id="lending.md#fees", title="Lending > Fees", text=FEES, meta={"path": "lending.md"}),
    Passage(id="cache.md#settings", title="Cache > Settings of ResponseCache", text=CACHE, meta={"path": "cache.md"}),
    Passage(id="store.md#shelf", title="Store > Shelf", text=STORE, meta={"path": "store.md"}),
)
NOISE = tuple(
    Passage(id=f"towns.md#{name.lower()}", title=f"Towns > {name}", text=f"{name} has a market on {day} and a station.")
    for name, day in (("Arle", "Monday"), ("Birch", "Tuesday"), ("Corve", "Friday"), ("Dunn", "Sunday"))
)


def corpus() -> BM25:
    return BM25((*PAGES, *NOISE))
