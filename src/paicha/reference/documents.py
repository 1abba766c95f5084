"""Documents of the legal basis: their numbers, titles, dates and bodies, by the id that rules name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from paicha.reference.files import read_document


@dataclass(frozen=True, slots=True)
class Document:
    """A law, notice or standard.

    `date` and `effective` are ISO dates, shortened to month or year where no more is known, empty where nothing is.
    `status` is in force, draft, superseded or history; `checked` says how far the particulars were confirmed: read,
    partly or unchecked.
    """

    id: str
    number: str
    title_zh: str
    title_en: str
    date: str
    effective: str
    bodies: tuple[str, ...]
    scope: str
    status: str
    checked: str
    source: str

    @property
    def citation_zh(self) -> str:
        """The form in which Chinese letters name it: 《title》（number）."""
        number = f"（{self.number}）" if self.number else ""
        return f"《{self.title_zh}》{number}"


@cache
def list_documents() -> tuple[Document, ...]:
    """Return all documents, mining first, by date within a field."""
    return tuple(
        Document(**{**row, "bodies": tuple(row["bodies"])}) for row in read_document("documents.toml")["document"]
    )


def find_document(document_id: str) -> Document | None:
    """Return the document of this id or number, None where it is unknown."""
    return _index().get(document_id.strip().upper())


@cache
def _index() -> dict[str, Document]:
    index = {document.id.upper(): document for document in list_documents()}
    return {document.number.upper(): document for document in list_documents() if document.number} | index
