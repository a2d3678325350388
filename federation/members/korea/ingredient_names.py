"""The MFDS registers' one text of all ingredients, parted at its slashes."""

_OPENING, _CLOSING = "([{", ")]}"


def ingredient_names(text: str | None) -> list[str]:
    """Part a text at slashes, but neither inside brackets nor between two digits.

    `Thiamine Nitrate 331/3%` states a fraction, `A형[A/California/7/2009]` a strain. Where brackets
    don't pair, a closing one without an opening one counts for nothing.
    """
    text = text or ""
    parts, start, depth = [], 0, 0
    for at, sign in enumerate(text):
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth = max(depth - 1, 0)
        elif sign == "/" and not depth and not _is_fraction(text, at):
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [name for part in parts if (name := part.strip())]


def _is_fraction(text: str, at: int) -> bool:
    return text[at - 1 : at].isdecimal() and text[at + 1 : at + 2].isdecimal()
