"""What the feeds of the reference registers share: how an entry is identified and what it names.

No register's rows come with the product. What a register may be used for is its owner's word: each
feed's module names the licence it was seen under.
"""

from collections.abc import Mapping as MappingType
from datetime import timedelta

import polars as pl

from federation.harmonize.mapping import Mapping, Repeats, always
from federation.records.register_entry import RegisterEntry
from federation.vocabularies.terms import RegisterEntryKind

WEEKLY = "0 2 * * 0"
"""Registers move by the month; their feeds are pulled before the members'."""

MONTH = timedelta(days=31)
"""So their cadence is a month, whatever pull is missed meanwhile."""

_SUBSTANCE_CODE_LENGTH = len("A01AA01")


def register_entries(
    register: str,
    scheme: str,
    identity: pl.Expr,
    values: MappingType[str, pl.Expr],
    *,
    conflicts: MappingType[str, pl.Expr] | None = None,
    repeats: Repeats = Repeats.REFUSE,
) -> Mapping:
    """Map rows to entries of one register, whose name keeps its codes apart from other registers'.

    Args:
        register: first part of the national identifier, such as `atc`.
        scheme: name of the identifier's scheme.
        identity: what tells the register's entries apart.
        values: see `Mapping`.
        conflicts: see `Mapping`.
        repeats: see `Mapping`.
    """
    return Mapping(
        RegisterEntry,
        scheme=scheme,
        national_id=pl.format(f"{register}/{{}}", identity),
        values=values,
        conflicts=conflicts or {},
        repeats=repeats,
    )


def atc_kind(code: pl.Expr, name: pl.Expr, combination: str, remainder: str) -> pl.Expr:
    """Tell what a name at an ATC code names: a class above level 5, else by its words.

    Args:
        code: of any level.
        name: in the list's language.
        combination: pattern of the names of combinations.
        remainder: pattern of names such as "various", for what has no code of its own.
    """
    return (
        pl.when(code.str.len_chars() < _SUBSTANCE_CODE_LENGTH)
        .then(always(RegisterEntryKind.SUBSTANCE_CLASS))
        .when(name.str.contains(combination))
        .then(always(RegisterEntryKind.COMBINATION))
        .when(name.str.contains(remainder))
        .then(always(RegisterEntryKind.SUBSTANCE_CLASS))
        .otherwise(always(RegisterEntryKind.SUBSTANCE))
    )
