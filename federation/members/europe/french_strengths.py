"""Strengths as French registers write them: a dose (`15 000 UI`) and what holds it (`un flacon`).

Decimals have a comma, thousands a blank. Only one plain amount per plain reference is read; ranges,
dilutions and doses `of` something stay text.
"""

import polars as pl

from federation.harmonize.strengths import DENOMINATORS, UNITS

_UNITS = {
    **{unit: UNITS[unit] for unit in ("kg", "g", "mg", "ng", "mmol", "meq", "%")},
    "microgramme": "ug",
    "microgrammes": "ug",
    "µg": "ug",
    "ui": "[iU]",
    "unités": UNITS["units"],
    "mbq": "MBq",
    "gbq": "GBq",
}

_HOLDERS = {
    **{unit: DENOMINATORS[unit] for unit in ("ml", "l", "g")},
    "gramme": "g",
    "ampoule": DENOMINATORS["amp"],
    "bouteille": DENOMINATORS["bot"],
    "bouffée": DENOMINATORS["inh"],
    "capsule": "{capsule}",
    "cartouche": DENOMINATORS["cartridge"],
    "comprimé": "{tablet}",
    "dispositif": "{device}",
    "dose": "{dose}",
    "flacon": DENOMINATORS["vial"],
    "gélule": "{capsule}",
    "gomme": "{gum}",
    "implant": DENOMINATORS["implant"],
    "ovule": "{pessary}",
    "pastille": "{lozenge}",
    "patch": DENOMINATORS["patch"],
    "poche": "{bag}",
    "pulvérisation": DENOMINATORS["spray"],
    "récipient unidose": "{container}",
    "sachet": DENOMINATORS["packet"],
    "sachet-dose": DENOMINATORS["packet"],
    "seringue": "{syringe}",
    "stylo": "{pen}",
    "suppositoire": "{suppository}",
}
"""What a dose is held in, singular; things counted are UCUM annotations."""

_NUMBER = r"[0-9]{1,3}(?:\s[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+)?"
_DOSE = rf"(?i)^({_NUMBER})\s*({'|'.join(_UNITS)})$"
_REFERENCE = rf"(?i)^(une?|{_NUMBER})\s*({'|'.join(_HOLDERS)})(?:\s.*)?$"


def french_strength(dose: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """Read a strength into a struct of `STRENGTH_FIELDS`, all text; all null unless both are plain.

    A reference such as `une ampoule de 2 ml` is one ampoule.
    """
    amount = dose.str.strip_chars().str.extract_groups(_DOSE).struct
    holder = reference.str.strip_chars().str.extract_groups(_REFERENCE).struct
    is_plain = amount.field("1").is_not_null() & holder.field("1").is_not_null()
    return pl.struct(
        pl.when(is_plain).then(part).alias(name)
        for name, part in {
            "value": _digits(amount.field("1")),
            "unit": _ucum(amount.field("2"), _UNITS),
            "per_value": _digits(holder.field("1")),
            "per_unit": _ucum(holder.field("2"), _HOLDERS),
        }.items()
    )


def _digits(number: pl.Expr) -> pl.Expr:
    one = number.str.replace(r"(?i)^une?$", "1")
    return one.str.replace_all(r"\s", "").str.replace(",", ".", literal=True)


def _ucum(unit: pl.Expr, table: dict[str, str]) -> pl.Expr:
    return unit.str.to_lowercase().replace_strict(table, default=None, return_dtype=pl.String)
