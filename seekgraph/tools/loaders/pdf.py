"""PDF by pages."""

from __future__ import annotations

import io
import logging

from seekgraph.core.base.extras import need
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.loaders.base import Content, File, Section

MAX_PAGES = 5_000
_QUIET = logging.NullHandler()


def pdf(file: File) -> Content:
    """The text of each page under "Page 3". A scan, which has pictures of text alone, has none, and says so."""
    pypdf = need("pypdf", "docs", "reading PDF")
    logging.getLogger("pypdf").addHandler(_QUIET)  # what is wrong with a file is its reason, not lines without its name
    reader = pypdf.PdfReader(io.BytesIO(file.data), strict=False)
    if reader.is_encrypted:
        try:
            opened = reader.decrypt("")
        except Exception:  # the cipher may need a package, or be damaged: without a password it is all the same
            opened = 0
        if not opened:
            raise Unreadable("encrypted")
    if len(reader.pages) > MAX_PAGES:
        raise Unreadable(f"over {MAX_PAGES} pages")
    texts = [page.extract_text() for page in reader.pages]
    sections = tuple(Section((f"Page {number}",), text, "page") for number, text in enumerate(texts, start=1) if text.strip())
    if texts and not sections:
        raise Unreadable("no text, as in a scan")
    title = reader.metadata.title if reader.metadata else None
    return Content(" ".join(str(title or "").split()), sections)
