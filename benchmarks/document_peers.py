"""The default retrieval of LlamaIndex and Haystack, for documents.py: BM25, and vectors with the embedder that is ours.

Each gives the ids that it finds for a question, best first, over the passages that Seekgraph made, title and text as one. Needs
the extra `benchmarks`; a peer that is not installed is left out. The embedding model is wrapped in each peer's own interface, so
that nothing is fetched and all three rank by the same vectors.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from typing import Any

from seekgraph.tools.dense import text_of
from seekgraph.tools.minilm import installed
from seekgraph.tools.nearness import Nearness
from seekgraph.types import Passage

Find = Callable[[str], list[str]]
_MOST = 10


def peers(passages: Sequence[Passage], near: Nearness) -> dict[str, Find]:
    """What is installed, by name; `near` keeps the vectors of texts."""
    os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
    found: dict[str, Find] = {}
    if importlib.util.find_spec("llama_index"):
        found["LlamaIndex, BM25"] = llama_bm25(passages)
        if installed():
            found["LlamaIndex, MiniLM"] = llama_vectors(passages, near)
    if importlib.util.find_spec("haystack"):
        found["Haystack, BM25"] = haystack_bm25(passages)
        if installed():
            found["Haystack, MiniLM"] = haystack_vectors(passages, near)
    return found


def llama_bm25(passages: Sequence[Passage]) -> Find:
    from llama_index.retrievers.bm25 import BM25Retriever

    retriever = BM25Retriever.from_defaults(nodes=_nodes(passages), similarity_top_k=min(_MOST, len(passages)))
    return lambda question: [each.node.node_id for each in retriever.retrieve(question)]


def llama_vectors(passages: Sequence[Passage], near: Nearness) -> Find:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.embeddings import BaseEmbedding

    class MiniLM(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            return near.embedder.queries([query])[0].tolist()

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return near._vectors([text])[0].tolist()

    index = VectorStoreIndex(_nodes(passages), embed_model=MiniLM())
    retriever = index.as_retriever(similarity_top_k=_MOST)
    return lambda question: [each.node.node_id for each in retriever.retrieve(question)]


def _nodes(passages: Sequence[Passage]) -> list[Any]:
    from llama_index.core.schema import TextNode

    return [TextNode(id_=passage.id, text=text_of(passage)) for passage in passages]


def haystack_bm25(passages: Sequence[Passage]) -> Find:
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever

    retriever = InMemoryBM25Retriever(_store(passages, None), top_k=_MOST)
    return lambda question: [each.id for each in retriever.run(query=question)["documents"]]


def haystack_vectors(passages: Sequence[Passage], near: Nearness) -> Find:
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever

    retriever = InMemoryEmbeddingRetriever(_store(passages, near), top_k=_MOST)

    def find(question: str) -> list[str]:
        vector = near.embedder.queries([question])[0].tolist()
        return [each.id for each in retriever.run(query_embedding=vector)["documents"]]

    return find


def _store(passages: Sequence[Passage], near: Nearness | None) -> Any:
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    texts = [text_of(passage) for passage in passages]
    vectors = [None] * len(texts) if near is None else [each.tolist() for each in near._vectors(texts)]
    store = InMemoryDocumentStore(shared=False)
    store.write_documents(
        [
            Document(id=passage.id, content=text, embedding=vector)
            for passage, text, vector in zip(passages, texts, vectors, strict=True)
        ]
    )
    return store
