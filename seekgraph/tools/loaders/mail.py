"""E-mail, as RFC 5322 writes it."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default

from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.identity import TOP
from seekgraph.tools.loaders.base import Content, File, Section

_SHOWN = ("From", "To", "Cc", "Date")


def mail(file: File) -> Content:
    """The subject as the title; sender, receivers, date; the text, or the HTML where there is none; names of attachments."""
    message = email.message_from_bytes(file.data, policy=default)
    if not isinstance(message, EmailMessage) or not any(name in message for name in ("From", "Subject", "Date", "To")):
        raise Unreadable("not an e-mail: it has no headers")
    subject = " ".join(str(message.get("Subject", "")).split())
    head = "\n".join(f"{name}: {' '.join(str(message[name]).split())}" for name in _SHOWN if message.get(name))
    names = [name for part in message.iter_attachments() if (name := part.get_filename())]
    if names:
        head += f"\nAttached: {', '.join(names)}"
    body = message.get_body(("plain", "html"))
    if not isinstance(body, EmailMessage):
        return Content(subject, (Section((), head),))
    text = body.get_content()
    if body.get_content_type() == "text/html":
        from seekgraph.tools.loaders.html import sections_of_html

        return Content(subject, (Section((), head, "head"), *sections_of_html(text).sections))
    return Content(subject, (Section((), f"{head}\n\n{text}", TOP),))
