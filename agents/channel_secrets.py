"""Secrets of channels that stand in files."""

from pathlib import Path
from typing import TypeVar

from pipeline.channels.settings import ChannelSettings

S = TypeVar("S", bound=ChannelSettings)


def unlocked(settings: S) -> S:
    """Return the settings with what stands in the files that they name; read each time: secrets are renewed.

    Raises ValueError, which says which file is wrong.
    """
    read = {name: _read(name, path) for name, path in settings.secret_files().items()}
    for name, text in read.items():
        if fault := settings.fault(name, text):
            raise ValueError(f"{settings.secret_files()[name]}, which holds {name}: {fault}")
    return settings.unlocked(read)


def _read(name: str, path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ValueError(f"{path}, which holds {name}, cannot be read: {why}") from None
    if not text:
        raise ValueError(f"{path}, which holds {name}, is empty")
    return text
