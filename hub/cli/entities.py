"""`hub entities`: which records are one organisation or site, on what evidence, and your word.

The rules are `federation/organizations/`; evidence and decisions are kept by `hub/sync/entities/`.
"""

from typing import Annotated

import typer

from hub.cli.desk import in_transaction
from hub.cli.options import Json, NamedAuthor, Reason, State
from hub.cli.printing import print_json
from hub.sync.entities import decisions as entity_decisions
from hub.sync.entities.decisions import Entity
from hub.sync.entities.linking import Linked
from hub.sync.entities.types import EntityVerdict

app = typer.Typer(help="Which records are one company or one site, and why.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="Key of an organisation or site.")]


@app.command()
def show(key: Key, *, json: Json = False, state: State = None) -> None:
    """Show the records that are one with this one, the evidence and the decisions.

    Example: hub entities show "US.Organization.namuna laboratories"
    """
    found = in_transaction(state, lambda connection: entity_decisions.show(connection, key))
    if json:
        print_json(found)
        return
    for line in _lines(found):
        print(line)


@app.command()
def same(key: Key, other: Key, reason: Reason, author: NamedAuthor, state: State = None) -> None:
    """Decide that two records are one, whatever the rules say.

    Example: hub entities same KR.Site.1 KR.Site.2 --author anna --reason "one address"
    """
    _decide(state, (key, other), EntityVerdict.SAME, author, reason)


@app.command()
def different(
    key: Key, other: Key, reason: Reason, author: NamedAuthor, state: State = None
) -> None:
    """Decide that two records are not one, whatever the rules say.

    Example: hub entities different KR.Site.1 KR.Site.2 --author anna --reason "one address"
    """
    _decide(state, (key, other), EntityVerdict.DIFFERENT, author, reason)


@app.command()
def undo(key: Key, other: Key, reason: Reason, author: NamedAuthor, state: State = None) -> None:
    """Undo the decision on two records: the rules hold again.

    Example: hub entities undo KR.Site.1 KR.Site.2 --author anna --reason "one address"
    """
    _report(
        in_transaction(
            state,
            lambda connection: entity_decisions.undo(connection, (key, other), author, reason),
        )
    )


def _decide(
    state: State, keys: tuple[str, str], verdict: EntityVerdict, author: str, reason: str
) -> None:
    _report(
        in_transaction(
            state,
            lambda connection: entity_decisions.decide(connection, keys, verdict, author, reason),
        )
    )


def _report(done: Linked) -> None:
    print(
        f"kept: {done.moved} records changed entity, {done.found} links found, {done.ended} ended"
    )


def _lines(entity: Entity) -> list[str]:
    lines = [
        f"{one.entity_key or 'not linked yet'}  {one.key}  {one.name}  ({one.feed})"
        for one in entity.members
    ]
    for link in entity.evidence:
        said = ", ".join(f"{name} {value}" for name, value in link.evidence.items())
        ended = f", ended {link.ended_at:%Y-%m-%d}: {link.ended_reason}" if link.ended_at else ""
        lines.append(
            f"link  {link.left_key} = {link.right_key}: {link.method} {link.confidence:.2f}, "
            f"{said}, found {link.found_at:%Y-%m-%d}{ended}"
        )
    for one in entity.decisions:
        undone = f", undone by {one.undone_by}: {one.undone_reason}" if one.undone_at else ""
        lines.append(
            f"decision  {one.left_key} and {one.right_key}: {one.verdict} by {one.author}, "
            f"{one.decided_at:%Y-%m-%d}: {one.reason}{undone}"
        )
    return lines
