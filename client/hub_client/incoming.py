"""Files on their way: where a first reading stands, kept on disk so that a crash costs little.

The folder is its owner's alone. It is emptied once its rows are in the target.
"""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hub_client.durable import write_durably
from hub_client.exports import Manifest

_PLAN = "plan.json"


@dataclass
class Plan:
    """A reading of everything: the place in the feed from before it began, and its exports.

    `exports` are paths at the hub, `manifests` those of files that are wanted, by record type.
    """

    hub: str
    schema: str
    form: str
    types: list[str]
    cursor: str
    sight: str
    exports: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)

    def is_for(self, other: "Plan") -> bool:
        """Tell whether it is of the same records, as they are seen now."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("hub", "schema", "form", "types", "sight")
        )


@dataclass(frozen=True, slots=True)
class Incoming:
    """The folder."""

    folder: Path

    def file(self, record_type: str) -> Path:
        """Say where the file of a record type is, whole or not."""
        return self.folder / record_type

    def plan(self) -> Plan | None:
        """Read what was planned; None where nothing was, or an older version of this planned it."""
        try:
            found = json.loads((self.folder / _PLAN).read_text())
            manifests = {name: Manifest(**each) for name, each in found.pop("manifests").items()}
            return Plan(**found, manifests=manifests)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, plan: Plan) -> None:
        """Write a plan down."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(self.folder / _PLAN, json.dumps(asdict(plan)))

    def clear(self) -> None:
        """Drop everything, the plan first."""
        (self.folder / _PLAN).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
