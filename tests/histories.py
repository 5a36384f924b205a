"""Small histories of labelled crashes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from pipeline.history import Label, Labelled

Fields = dict[str, Any]


def crash(label: Label, *names: str, value: str = "boom", **more: object) -> Fields:
    """Give a row whose frames are functions of the shop."""
    frames = [[f"example.com/shop/{name}", f"/srv/shop/{name}.go", 7, 0] for name in names]
    return {"cluster": label, "kind": "panic", "msg": value, "frames": frames, **more}


def keyed(label: Label, *names: str, **more: object) -> Fields:
    """Give a row whose frames somebody has normalised."""
    return {"cluster": label, "key": list(names), **more}


def history(folder: Path, rows: Iterable[Fields | bytes]) -> str:
    """Write a file of rows, or of lines that are none; give its path."""
    path = folder / "crashes.jsonl"
    path.write_bytes(b"".join((row if isinstance(row, bytes) else orjson.dumps(row)) + b"\n" for row in rows))
    return str(path)


def row(number: int, label: Label, tokens: Sequence[str], submission: Label | None = None) -> Labelled:
    """Give a row as it is read; equal tokens are an equal fingerprint."""
    return Labelled(number, label, submission, "/".join(tokens), tuple(tokens), "")


TWO_BUGS = [  # each bug under two fingerprints, far from the other's
    crash("cart", "cart.Add", "api.Put", "api.Serve", value="cart is closed"),
    crash("mail", "mail.Send", "queue.Next", "queue.Run", value="no recipient"),
    crash("cart", "cart.Add", "api.Post", "api.Serve", value="cart is closed"),
    crash("mail", "mail.Send", "queue.Retry", "queue.Run", value="no recipient"),
    crash("cart", "cart.Add", "api.Put", "api.Serve", value="cart is closed"),
]
