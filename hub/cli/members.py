"""What people call the members, in the order that tables have them."""

from collections.abc import Mapping

from federation.records.declaration import Origin

MEMBER_NAMES: Mapping[Origin, str] = {
    Origin.KR: "Korea",
    Origin.US: "United States",
    Origin.JP: "Japan",
    Origin.IN: "India",
    Origin.EU: "European Union",
    Origin.ALLIANCE: "The alliance's registers",
}
