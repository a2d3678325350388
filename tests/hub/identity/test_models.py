from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from hub.identity.models import OAuthClient


def test_table_has_explicit_types_and_nullability():
    statement = str(CreateTable(OAuthClient.__table__).compile(dialect=postgresql.dialect()))
    lines = [line.strip().rstrip(",") for line in statement.strip().splitlines()]
    assert [line for line in lines if line] == [
        "CREATE TABLE oauth_client (",
        "client_id TEXT NOT NULL",
        "member TEXT NOT NULL",
        "organisation TEXT NOT NULL",
        "roles TEXT[] NOT NULL",
        "purposes TEXT[] NOT NULL",
        "registered_at TIMESTAMP WITH TIME ZONE NOT NULL",
        "disabled_at TIMESTAMP WITH TIME ZONE",
        "PRIMARY KEY (client_id)",
        ")",
    ]
