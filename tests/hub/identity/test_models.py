import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from hub.identity.own_issuer.models import OAuthClient, RevokedToken

TABLES = {
    OAuthClient: [
        "CREATE TABLE oauth_client (",
        "client_id TEXT NOT NULL",
        "member TEXT NOT NULL",
        "organisation TEXT NOT NULL",
        "roles TEXT[] NOT NULL",
        "purposes TEXT[] NOT NULL",
        "jwks JSONB",
        "jwks_uri TEXT",
        "requires_sender_constraint BOOLEAN DEFAULT 'false' NOT NULL",
        "may_act BOOLEAN DEFAULT 'false' NOT NULL",
        "registered_at TIMESTAMP WITH TIME ZONE NOT NULL",
        "changed_at TIMESTAMP WITH TIME ZONE",
        "changed_by TEXT",
        "disabled_at TIMESTAMP WITH TIME ZONE",
        "PRIMARY KEY (client_id)",
        "CONSTRAINT ck_oauth_client_keys CHECK (jwks IS NULL OR jwks_uri IS NULL)",
        ")",
    ],
    RevokedToken: [
        "CREATE TABLE revoked_token (",
        "issuer TEXT NOT NULL",
        "token_id TEXT NOT NULL",
        "expires_at TIMESTAMP WITH TIME ZONE NOT NULL",
        "revoked_at TIMESTAMP WITH TIME ZONE NOT NULL",
        "revoked_by TEXT NOT NULL",
        "PRIMARY KEY (issuer, token_id)",
        ")",
    ],
}


@pytest.mark.parametrize("table", TABLES)
def test_table_has_explicit_types_and_nullability(table):
    statement = str(CreateTable(table.__table__).compile(dialect=postgresql.dialect()))
    lines = [line.strip().rstrip(",") for line in statement.strip().splitlines()]
    assert [line for line in lines if line] == TABLES[table]
