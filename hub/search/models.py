"""Tables of what records are found by. Written by `index.py` alone, read by the gateway.

They hold nothing that can't be made anew from the records.
"""

from sqlalchemy import ARRAY, BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from hub.search.findable import Use


class SearchTerm(SQLModel, table=True):
    """One text of one field of a record, and what it is found by.

    `text` is as the record has it: whoever reads this table compares, so that a text its record no
    longer has finds nothing. `form` is in bytewise order, for its beginning to be looked up.
    """

    __tablename__ = "search_term"
    __table_args__ = (
        Index("ix_search_term_form", "form"),
        Index("ix_search_term_words", "words", postgresql_using="gin"),
        Index("ix_search_term_key", "key"),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    record_type: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    field: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    use: Use = Field(sa_type=Text)
    form: str = Field(sa_column=Column(Text(collation="C"), nullable=False))
    words: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))


class SearchProgress(SQLModel, table=True):
    """Up to which change a record type's terms are in step, and by which rules they were made."""

    __tablename__ = "search_progress"

    record_type: str = Field(sa_type=Text, primary_key=True)
    change_seq: int = Field(sa_type=BigInteger)
    rules: str = Field(sa_type=Text)
