"""The command line: one module a subject, each command a thin edge over a room.

A refusal is printed as one line on standard error and ends with exit code 2; results go to
standard output, logs to standard error.
"""

import sys

import typer

from hub.cli import (
    agreements,
    clients,
    demo,
    entities,
    held,
    issuers,
    keys,
    landing,
    modes,
    operations,
    plans,
    policies,
    pulls,
    quality,
    quarantine,
    replay,
    review,
    schedules,
    schema,
    serving,
    sign_in,
    status,
    submissions,
    substances,
    tokens,
    vocabularies,
    webhooks,
)
from hub.errors import HubError
from hub.telemetry import log_to_stderr

app = typer.Typer(
    name="hub",
    help="The alliance data-exchange hub.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(serving.serve)
app.command()(serving.worker)
app.command()(demo.demo)
app.command()(pulls.pull)
app.command()(status.status)
app.command()(quality.quality)
app.command()(replay.replay)
app.command()(submissions.submit)
app.command()(submissions.template)
app.command()(tokens.token)
app.command()(schema.schema)
app.command()(operations.operations)
app.add_typer(clients.app, name="client")
app.add_typer(entities.app, name="entities")
app.add_typer(issuers.app, name="issuer")
keys.app.command(name="distrust")(issuers.distrust_key)
app.add_typer(keys.app, name="keys")
policies.app.add_typer(agreements.app)
policies.app.add_typer(modes.app, name="mode")
policies.app.command()(plans.plan)
app.add_typer(policies.app, name="policy")
app.add_typer(review.app, name="review")
app.add_typer(held.app, name="held")
app.add_typer(landing.app, name="landing")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(schedules.app, name="schedule")
app.add_typer(sign_in.app, name="sign-in")
app.add_typer(substances.app, name="substances")
app.add_typer(vocabularies.app, name="vocabularies")
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    """Run the command line."""
    log_to_stderr()
    try:
        app()
    except HubError as error:
        print(f"error: {error.message}", file=sys.stderr)
        sys.exit(2)
