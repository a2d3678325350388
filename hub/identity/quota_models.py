"""The table of what was asked on each day, by whom. Read and written by `quotas.py` alone."""

from datetime import date

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel


class RequestCount(SQLModel, table=True):
    """How many requests of a client for a member were admitted on a UTC day, all gateways' sum."""

    __tablename__ = "request_count"

    day: date = Field(primary_key=True)
    member: str = Field(sa_type=Text, primary_key=True)
    issuer: str = Field(sa_type=Text, primary_key=True)
    client: str = Field(sa_type=Text, primary_key=True)
    requests: int = Field(sa_type=BigInteger)
