"""France: packs with their prices, and medicines of major therapeutic interest (both BDPM).

Both are of the products in `france_products`; like those files they have no header, and the column
names here are ours. The packs come in UTF-8, the list in Windows-1252. Prices and codes are
invented.
"""

from collections.abc import Iterator

from hub.demo.samples.draw import Draw, gtin13
from hub.demo.samples.medicines import medicines, read_table
from hub.demo.samples.native_file import NativeFile, Row, tab_writer

PACK_COLUMNS = (
    "cis",
    "cip7",
    "label",
    "standing",
    "marketing",
    "declared_on",
    "cip13",
    "agreed",
    "rate",
    "price",
    "price_with_fee",
    "fee",
    "indications",
)
LISTED_COLUMNS = ("cis", "atc", "name", "url")

PAGE = "https://base-donnees-publique.medicaments.gouv.fr/medicament/{}/extrait"
FEES = {"comprimé": 102, "gélule": 102, "suppositoire": 102}
"""The dispensing fee in cents of what has a price, by a word of its form."""
LABELS = (
    ("comprimé", "plaquette(s) PVC PVDC aluminium de {} comprimé(s)", (30, 90)),
    ("gélule", "plaquette(s) thermoformée(s) PVC aluminium de {}  gélule(s)", (12, 28)),
    ("suppositoire", "plaquette(s) thermoformée(s) PVC polyéthylène de {} suppositoire(s)", (10,)),
    ("buvable", "{} flacon(s) en verre brun avec seringue(s) pour administration orale", (1,)),
    ("poudre", "{} flacon(s) en verre", (1, 10)),
    ("", "{} ampoule(s) en verre", (10,)),
)
"""How a pack is called, by a word of the product's form."""
SALTS = {"heparin-calcium": "heparin", "morphine-sulfate": "morphine"}
"""Medicines of the French tables alone ← whose ATC code they have."""
CRITICAL = {"digoxin", "lamotrigine", "levothyroxine", "methotrexate", "valproate", "warfarin"}
"""Medicines on the list in any form; of the others, those that are injected or infused."""


def native_files() -> dict[str, list[NativeFile]]:
    """Compose both feeds."""
    packs = NativeFile(
        "eu/fr_bdpm_CIS_CIP_bdpm_2026-03-20_utf8.txt",
        ("cip13",),
        tab_writer(PACK_COLUMNS, header=False, line_end="\n"),
        [pack for product in read_table("france_products")[::2] for pack in _packs(product)],
    )
    listed = NativeFile(
        "eu/fr_bdpm_CIS_MITM_2026-03-20_cp1252.txt",
        ("cis",),
        tab_writer(LISTED_COLUMNS, header=False, encoding="cp1252"),
        [_listed(product) for product in read_table("france_products") if _is_listed(product)],
    )
    return {"eu.fr_packages": [packs], "eu.fr_mitm": [listed]}


def _packs(product: dict[str, str]) -> Iterator[Row]:
    """Yield the packs of a product; only what is taken by mouth or rectum has a price."""
    state, marketed = product["codes"][0], product["codes"][2]
    word, label, sizes = next(kind for kind in LABELS if kind[0] in product["form"])
    draw = Draw("eu.fr_packages", product["cis"])
    agreed, rate = draw.one_of(("oui", "oui", "non")), draw.one_of(("65%", "65 %", "30%"))
    cents = 110 + draw.below(1500)
    for size in sizes:
        cip7 = f"59{draw.digits(5)}"
        declared = draw.day_of(max(int(product["year"]), 2005))
        yield {
            "cis": product["cis"],
            "cip7": cip7,
            "label": label.format(size),
            "standing": "Présentation abrogée" if state == "B" else "Présentation active",
            "marketing": _marketing(state, marketed),
            "declared_on": f"{declared:%d/%m/%Y}",
            "cip13": gtin13(f"34009{cip7}"),
            "agreed": agreed,
            **_price(cents * size // sizes[0], rate, FEES.get(word)),
            "indications": "",
        }


def _marketing(state: str, marketed: str) -> str:
    if state == "B":
        return "Arrêt de commercialisation (le médicament n'a plus d'autorisation)"
    if marketed == "N":
        return "Déclaration d'arrêt de commercialisation"
    return "Déclaration de commercialisation"


def _price(cents: int, rate: str, fee: int | None) -> Row:
    if fee is None:
        return dict.fromkeys(("rate", "price", "price_with_fee", "fee"), "")
    return {
        "rate": rate,
        "price": _euros(cents),
        "price_with_fee": _euros(cents + fee),
        "fee": _euros(fee),
    }


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02}"


def _is_listed(product: dict[str, str]) -> bool:
    is_authorised = product["codes"].startswith("A") and product["medicine"]
    is_injected = any(word in product["form"] for word in ("inject", "perfusion"))
    return bool(is_authorised) and (is_injected or product["medicine"] in CRITICAL)


def _listed(product: dict[str, str]) -> Row:
    key = product["medicine"]
    return {
        "cis": product["cis"],
        "atc": medicines()[SALTS.get(key, key)].atc,
        "name": product["title"],
        "url": PAGE.format(product["cis"]),
    }
