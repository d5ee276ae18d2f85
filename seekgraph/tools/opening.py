"""Documents as the resources that the ready-made flows ask for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seekgraph.core.base.folders import user_cache
from seekgraph.tools.cached import cached_bm25, cached_dense
from seekgraph.tools.choosing import EVERYTHING, Choice
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.folder import Loaders
from seekgraph.tools.links import TitleLinks
from seekgraph.tools.minilm import installed
from seekgraph.tools.nearness import Nearness
from seekgraph.tools.reading import apart, read_documents
from seekgraph.types import Passage


def open_corpus(
    *sources: str | Path | Iterable[Passage],
    dense: bool = False,
    ranker: bool | None = None,
    cache: str | Path | None = None,
    loaders: Loaders | None = None,
    choice: Choice = EVERYTHING,
    language: str | None = None,
) -> dict[str, object]:
    """The resources that the ready-made flows bind: `corpus` (BM25), `links` (TitleLinks), `ranker` and, on demand, `dense`.

    The `ranker` (Nearness) embeds passages as they are found, so that opening does not wait for it, and keeps the vectors in
    the cache folder or the user's own: None is where the extra `embed` is installed. `dense` (Dense) embeds all beforehand.

    Each source is a path as `read_documents` takes it, or passages; of several, ids are kept apart as it says. `loaders` are by
    suffix what reads other kinds of files than those of `tools.loaders.LOADERS`, `choice` leaves files out, `language` is that
    of `BM25`. With a `cache` folder the indexes are kept there by a hash of the corpus and opened the next time; one that is
    damaged is built again. Files that could not be read are named in one warning (`read_documents(...).skipped` has all).

    Raises `CorpusError`; with `dense` or `ranker` also `MissingExtra`, with `dense` `ModelNotFound`.
    """
    folder = None if cache is None else Path(cache)
    corpus = cached_bm25(_passages(sources, loaders, choice), folder, language)
    resources: dict[str, object] = {"corpus": corpus, "links": TitleLinks(corpus.passages)}
    if ranker or (ranker is None and installed()):
        resources["ranker"] = Nearness(file=(folder or user_cache()) / "vectors.sqlite")
    if dense:
        resources["dense"] = cached_dense(corpus.passages, folder)
    return resources


def _passages(sources: tuple[str | Path | Iterable[Passage], ...], loaders: Loaders | None, choice: Choice) -> Iterable[Passage]:
    paths = [source for source in sources if isinstance(source, (str, Path))]
    given = [source for source in sources if not isinstance(source, (str, Path))]
    if not sources:
        raise CorpusError("no documents are given: name a .jsonl corpus, a folder of documents, or give passages")
    if len(given) == 1 and not paths:
        return given[0]
    read = read_documents(*paths, loaders=loaders, choice=choice).logged(", ".join(map(str, paths))).passages if paths else ()
    passages = {passage.id: passage for passage in read}
    for number, each in enumerate(given, start=1):
        passages |= apart(each, f"corpus{number}", passages)
    return passages.values()
