"""Cutting to what a vendor takes."""

from collections.abc import Callable

from pipeline.alert import cut


def fitted(make: Callable[[str], bytes], text: str, limit: int) -> bytes:
    """Return what is made of as much of a text as keeps it within so many bytes.

    What is made grows with the text: it is looked for by halves.
    """
    whole = make(text)
    if len(whole) <= limit:
        return whole
    fits, too_many = 0, len(text.encode())
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(make(cut(text, middle))) <= limit:
            fits = middle
        else:
            too_many = middle
    return make(cut(text, fits))
