"""Alembic's environment: one schema, made of every table the rooms declare."""

from alembic import context
from sqlalchemy import NullPool, create_engine, make_url
from sqlmodel import SQLModel

# Importing a module of tables declares them.
import federation.records.registry
import hub.agreements.mode_models
import hub.agreements.models
import hub.curation.models
import hub.disclosure.ledger_models
import hub.disclosure.models
import hub.exports.models
import hub.identity.own_issuer.models
import hub.identity.proofs.models
import hub.identity.quota_models
import hub.identity.sign_in.models
import hub.identity.trust.models
import hub.search.models
import hub.store.condition_models
import hub.store.mark_models
import hub.submissions.models
import hub.sync.entities.models
import hub.sync.held.models
import hub.sync.models
import hub.sync.scheduling.models
import hub.webhooks.models

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"


def _is_ours(thing, name, kind, reflected, compare_to):  # noqa: ANN001, ANN202, ARG001
    """Leave the job queue's own tables to its own migrations."""
    return not (name or "").startswith("procrastinate")


def run() -> None:
    url = make_url(context.config.attributes["database_url"]).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            include_object=_is_ours,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
