"""The table of the marks that a feed's records had when they were last merged."""

from sqlalchemy import BigInteger, Column, LargeBinary, Text
from sqlmodel import Field, SQLModel


class FeedMarks(SQLModel, table=True):
    """Marks of one record type of one feed, as of a place in the change feed.

    They tell nothing by another `rule`, or after another migration. `frame` is an Arrow file.
    """

    __tablename__ = "feed_marks"

    feed: str = Field(sa_type=Text, primary_key=True)
    record_type: str = Field(sa_type=Text, primary_key=True)
    rule: str = Field(sa_type=Text)
    schema_revision: str = Field(sa_type=Text)
    is_whole: bool = Field()
    as_of_seq: int = Field(sa_type=BigInteger)
    frame: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
