"""A large French register of medicines (`CIS_bdpm.txt`), made up: as the real one, only longer.

Tab-separated Windows-1252 without a header. Shares of forms, routes, states and holders are those
of January 2026; every row has a CIS of its own, and a date, name and holder of its number.
"""

import csv
import random
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

from federation.substances.register import BUNDLED

HOLDERS = 4_000
FIRST_CIS = 60_000_000
_PER_ROW = 9
"""What numbers of products lie apart: they are not given out in a row."""

_FORMS = {
    ("comprimé pelliculé", "orale"): 3560,
    ("comprimé", "orale"): 1978,
    ("solution injectable", "intraveineuse"): 700,
    ("solution injectable", "sous-cutanée"): 561,
    ("gélule", "orale"): 1125,
    (
        " comprimé et solution(s) et granules et poudre et pommade",
        "cutanée;orale;sublinguale",
    ): 1059,
    ("comprimé pelliculé sécable", "orale"): 680,
    ("solution buvable", "orale"): 277,
    ("solution pour perfusion", "intraveineuse"): 275,
    ("solution à diluer pour perfusion", "intraveineuse"): 265,
    ("poudre et  solvant pour solution injectable", "intramusculaire;intraveineuse"): 233,
    ("comprimé à libération prolongée", "orale"): 212,
    ("collyre en solution", "ophtalmique"): 200,
    ("crème", "cutanée"): 150,
    ("poudre pour inhalation en gélule", "inhalée"): 60,
    ("pommade", "cutanée"): 90,
    ("suppositoire", "rectale"): 60,
}
_STATES = {
    "Autorisation active": 14_776,
    "Autorisation abrogée": 809,
    "Autorisation archivée": 198,
    "Autorisation suspendue": 16,
}
_PROCEDURES = {
    "Procédure nationale": 7173,
    "Procédure décentralisée": 3214,
    "Procédure centralisée": 2261,
    "Procédure de reconnaissance mutuelle": 1501,
    "Enreg homéo (Proc. Nat.)": 1323,
    "Autorisation d'importation parallèle": 255,
}
_STRENGTHS = ["5 mg", "10 mg", "20 mg", "50 mg", "100 mg", "500 mg", "1 g", "2,5 mg/ml", "9 CH"]
_TRADES = ["PHARMA", "SANTE", "LABORATOIRES", "HEALTHCARE FRANCE", "GENERIQUES", "BIOTECH"]
_COUNTRIES = ["", "", "", "", " (ALLEMAGNE)", " (ESPAGNE)", " (PAYS-BAS)", " (SLOVENIE)"]
_CITIES = ["LYON", "PARIS", "NANTES", "BREST", "DIJON", "TOURS", "LILLE", "NICE", "METZ", "CAEN"]


def write(path: Path, rows: int) -> None:
    """Write a register of so many products; the same number gives the same bytes."""
    chance = random.Random(7)
    names, holders = _substances(), _holders()
    shares = list(accumulate(1 / (place + 10) for place in range(HOLDERS)))
    first = date(1980, 1, 1)
    with path.open("w", encoding="cp1252", newline="") as file:
        for row in range(rows):
            form, routes = _one(chance, _FORMS)
            (holder,) = chance.choices(holders, cum_weights=shares)
            name = f"{chance.choice(names)} {holder.split()[0]} {chance.choice(_STRENGTHS)}"
            marketed = chance.random() < 0.86
            procedure = _one(chance, _PROCEDURES)
            european = f"EU/1/{chance.randrange(95, 126):02}/{row % 2000:03}"
            cells = (
                str(FIRST_CIS + row * _PER_ROW),
                f"{name}, {form.strip()}",
                form,
                routes,
                _one(chance, _STATES),
                procedure,
                "Commercialisée" if marketed else "Non commercialisée",
                f"{first + timedelta(chance.randrange(16_500)):%d/%m/%Y}",
                "" if marketed else "Warning disponibilité",
                european if procedure == "Procédure centralisée" else "",
                f" {holder}",
                "Oui" if chance.random() < 0.03 else "Non",
            )
            file.write("\t".join(cells) + "\r\n")


def change(path: Path, one_in: int) -> int:
    """Have one row in so many say that the medicine left the market; give how many changed."""
    lines = path.read_bytes().split(b"\r\n")
    changed = range(0, len(lines) - 1, one_in)
    for place in changed:
        cells = lines[place].split(b"\t")
        cells[4] = "Autorisation retirée".encode("cp1252")
        lines[place] = b"\t".join(cells)
    path.write_bytes(b"\r\n".join(lines))
    return len(changed)


def _one(chance: random.Random, shares: dict) -> object:
    return chance.choices(list(shares), list(shares.values()))[0]


def _substances() -> list[str]:
    with BUNDLED.open(encoding="utf-8", newline="") as file:
        names = (row["inn"].upper() for row in csv.DictReader(file))
        return sorted({name for name in names if name.isascii()})


def _holders() -> list[str]:
    names = _substances()
    return [
        f"{names[place % len(names)][:4]}{names[place * 7 % len(names)][:5].strip()}"
        f" {_TRADES[place % 6]} {_CITIES[place // 6 % 10]}{_COUNTRIES[place % 8]}"
        for place in range(HOLDERS)
    ]
