"""Values of variables that a plan binds without knowing them, so that it holds for any others.

A `Slot` stands where a value will. A planner may hand it to `Statement.bind` as it is, bind what
`made_of` makes of it, or ask one question of it by `told_of`. Whatever else looks at it raises
`LookedAt`: the plan hangs on that value then, and `hot/operations.py` plans anew with the value.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NoReturn, TypeVar, cast

Given = TypeVar("Given")
Made = TypeVar("Made")
Told = TypeVar("Told", bound=Hashable)

Step = tuple[int, Callable[[Any], Any]]
"""Makes one more value: the place of the value it is made of, and how."""


class LookedAt(BaseException):
    """A planner looked at a value. No planner's `except Exception` may take it for its own."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class Slots:
    """The slots of one planning: the values of the question at hand, and what is made of them.

    `steps` make further values of the first ones, one after another. `told` are the questions that
    were asked of values; the plan holds where the answers are the same.
    """

    def __init__(self, values: Sequence[object]) -> None:
        self.values = list(values)
        self.steps: list[Step] = []
        self.told: list[Step] = []

    def slot(self, place: int) -> "Slot":
        """Make the slot of one of the values."""
        return Slot(self, place, place)


class Slot:
    """The place of a value. `root` is that of the variable's own value that it is made of."""

    __slots__ = ("_slots", "place", "root")

    def __init__(self, slots: Slots, place: int, root: int) -> None:
        self._slots, self.place, self.root = slots, place, root

    def _make(self, make: Callable[[Any], Any]) -> "Slot":
        slots = self._slots
        slots.steps.append((self.place, make))
        slots.values.append(make(slots.values[self.place]))
        return Slot(slots, len(slots.values) - 1, self.root)

    def _tell(self, tell: Callable[[Any], Any]) -> Any:
        if self.place != self.root:
            raise LookedAt(self.root)
        self._slots.told.append((self.place, tell))
        return tell(self._slots.values[self.place])

    def _looked_at(self, *_: object) -> NoReturn:
        raise LookedAt(self.root)

    __getattr__ = _looked_at


# What every object answers to by itself would be no answer of the value's.
for _name in (
    *("bool", "eq", "ne", "lt", "le", "gt", "ge", "hash", "repr", "str", "format", "bytes"),
    *("int", "float", "index", "len", "iter", "contains", "getitem", "call", "add", "radd", "mod"),
):
    setattr(Slot, f"__{_name}__", Slot._looked_at)  # noqa: SLF001 - its own module


def made_of(value: Given | Slot, make: Callable[[Given], Made]) -> Made:
    """Make what is bound of a value. Of a slot it gives a slot, which may only be bound."""
    if isinstance(value, Slot):
        return cast(Made, value._make(make))
    return make(value)


def told_of(value: Given | Slot, tell: Callable[[Given], Told]) -> Told:
    """Ask a question of a value on whose answer the plan may hang.

    Args:
        value: known, or a slot.
        tell: a function of a module, so that it is the same each time.
    """
    if isinstance(value, Slot):
        return cast(Told, value._tell(tell))  # noqa: SLF001 - its own module
    return tell(value)


def place_of(parameter: object) -> int | None:
    """Give the place of the value that is bound; None where it is known.

    Raises:
        LookedAt: a slot is bound within a list.
    """
    if isinstance(parameter, list):
        for each in parameter:
            if isinstance(each, Slot):
                raise LookedAt(each.root)
    return parameter.place if isinstance(parameter, Slot) else None
