"""Documents as the resources that the ready-made flows ask for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seekgraph.tools.cached import cache_folder, cached_bm25, cached_dense
from seekgraph.tools.choosing import EVERYTHING, Choice
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.indexed import open_documents
from seekgraph.tools.links import TitleLinks
from seekgraph.tools.loaders.table import Loaders
from seekgraph.tools.sources import apart
from seekgraph.tools.vocabulary import CorpusVocabulary
from seekgraph.types import Passage


def open_corpus(
    *sources: str | Path | Iterable[Passage],
    dense: bool = False,
    ranker: bool | None = None,
    cache: str | Path | bool | None = True,
    loaders: Loaders | None = None,
    choice: Choice = EVERYTHING,
    language: str | None = None,
) -> dict[str, object]:
    """The resources that flows bind: `corpus`, `pages` (BM25), `links` (TitleLinks), `vocabulary`, `ranker`, and `dense`.

    The `ranker` (Nearness) embeds passages as they are found, so that opening does not wait for it, and keeps the vectors in
    the cache folder: None is where the extra `embed` is installed. `dense` (Dense) embeds all beforehand.

    Each source is a path as `read_documents` takes it, or passages; of several, ids are kept apart as it says. `loaders` are by
    suffix what reads other kinds of files than those of `tools.loaders.LOADERS`, `choice` leaves files out, `language` is that of
    `BM25`.

    What was read and indexed is kept in the `cache` folder, and the next time only files that changed since are read: True is
    the folder that the environment variable SEEKGRAPH_CACHE names, or the user's cache folder; False is none, and so is
    SEEKGRAPH_CACHE=off. Passages that are given are kept only where a folder is named. Indexes that were not used for longest go
    where all take over 2 GB; one that is damaged is built again. Files that could not be read are named in one warning when they
    are first met (`read_documents(...).skipped` has all).

    Raises `CorpusError`; with `dense` or `ranker` also `MissingExtra`, with `dense` `ModelNotFound`.
    """
    from seekgraph.tools.minilm import installed

    folder = cache_folder(cache)
    paths = [source for source in sources if isinstance(source, (str, Path))]
    given = [source for source in sources if not isinstance(source, (str, Path))]
    if not sources:
        raise CorpusError("no documents are given: name a .jsonl corpus, a folder of documents, or give passages")
    if not given:
        corpus = open_documents(*paths, cache=cache, loaders=loaders, choice=choice, language=language).corpus
    else:
        read = open_documents(*paths, cache=cache, loaders=loaders, choice=choice).corpus.passages if paths else ()
        corpus = cached_bm25(_together(read, given), None if cache is True else folder, language)
    resources: dict[str, object] = {"corpus": corpus, "links": TitleLinks(corpus.passages), "pages": corpus}
    resources["vocabulary"] = CorpusVocabulary(corpus)
    if ranker or (ranker is None and installed()):
        from seekgraph.tools.nearness import Nearness

        resources["ranker"] = Nearness(file=None if folder is None else folder / "vectors.sqlite")
    if dense:
        resources["dense"] = cached_dense(corpus.passages, folder)
    return resources


def _together(read: Iterable[Passage], given: list[Iterable[Passage]]) -> Iterable[Passage]:
    passages = {passage.id: passage for passage in read}
    if len(given) == 1 and not passages:
        return given[0]
    for number, each in enumerate(given, start=1):
        passages |= apart(each, f"corpus{number}", passages)
    return passages.values()
