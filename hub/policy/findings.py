"""What is wrong with a policy set: where, what, and how to mend it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hub.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `place` names the file or agreement and the key or entry within it."""

    place: str
    fault: str
    mend: str

    def __str__(self) -> str:
        return f"{self.place}: {self.fault}: {self.mend}"


class PolicyFault(InvalidInput):
    """A policy set, an agreement or a folder that can't be used as it is."""

    code = "POLICY_FAULT"

    def __init__(self, findings: Sequence[Finding], *, detail: str | None = None) -> None:
        super().__init__("; ".join(map(str, findings)), detail=detail)
        self.findings = tuple(findings)

    @property
    def extensions(self) -> dict[str, object]:
        """Show each finding's parts beside the message."""
        return super().extensions | {"findings": [asdict(each) for each in self.findings]}
