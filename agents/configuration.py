"""The settings of a run: `panicstream.toml`, over it the environment, and files that hold secrets."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from agents.role import MisfitError
from agents.setting_checks import CHECKS
from pipeline.setting_rows import ROWS, Given
from pipeline.setting_sources import Layer, from_environment, from_toml
from pipeline.setting_values import fault, settle
from pipeline.settings import Settings

FILE = "panicstream.toml"
SECRETS = [name for name, row in ROWS.items() if row.secret]
Command = TypeVar("Command", bound=Callable[..., object])


class FaultySettingsError(MisfitError):
    """The settings cannot be used; `faults` has a line for each that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults), "`panicstream doctor` shows what is set, and where")
        self.faults = faults


@dataclass(frozen=True)
class Configuration:
    """Settings, defaults for what was faulty; where each that was set came from; a line for each fault."""

    settings: Settings
    origins: dict[str, str]
    faults: list[str]


def config_option(command: Command) -> Command:
    """Give a command the option `--config`, and the settings as its argument `settings`."""
    option = click.option(
        "--config",
        "settings",
        metavar="FILE",
        callback=lambda _context, _option, path: load(path),
        help=f"Settings as TOML; without it {FILE} of this folder, where there is one.",
    )
    return option(command)


def load(path: str | None = None) -> Settings:
    """Return the settings of this run. Raises FaultySettingsError with all that is wrong."""
    configuration = read(path, os.environ)
    if configuration.faults:
        raise FaultySettingsError(configuration.faults)
    return configuration.settings


def read(path: str | None, variables: Mapping[str, str]) -> Configuration:
    """Read the file at `path` (None: `panicstream.toml`, where it is) and the variables, faulty or not."""
    layers = [_with_secrets(layer) for layer in (_file(path), from_environment(variables))]
    settled = settle(given for layer in layers for given in layer.given)
    unread = [line for layer in layers for line in layer.faults]
    checked = [
        f"{name} ({settled.origins.get(name, 'default')}): {reason}"
        for name, reason in _checked(settled.settings)
        if name not in settled.faults
    ]
    return Configuration(settled.settings, settled.origins, [*unread, *settled.faults.values(), *checked])


def _checked(settings: Settings) -> Iterator[tuple[str, str]]:
    for check in CHECKS:
        yield from check(settings)


def _file(path: str | None) -> Layer:
    chosen = path or FILE
    try:
        return from_toml(Path(chosen).read_text(), chosen)
    except FileNotFoundError as error:
        return Layer(faults=[f"--config {chosen}: {_said(error)}"] if path else [])
    except (OSError, UnicodeDecodeError) as error:
        return Layer(faults=[f"{chosen}: {_said(error)}"])


def _with_secrets(layer: Layer) -> Layer:
    """Read the secrets that a layer names a file of; each counts as if it stood in the layer itself."""
    given = {one.setting: one for one in layer.given}
    for name in SECRETS:
        file = given.get(f"{name}_file")
        if not file or not isinstance(file.value, str) or not file.value:
            continue
        if name in given and given[name].value != "":
            layer.faults.append(fault(file, f"{name} is set, too; leave one of them away"))
            continue
        try:
            layer.given.append(Given(name, _secret(file.value), file.value))
        except (OSError, ValueError) as error:
            layer.faults.append(fault(file, _said(error)))
    return layer


def _secret(path: str) -> str:
    """Read a file without the line end that editors put. Raises OSError, or ValueError for an empty one."""
    text = Path(path).read_text().rstrip("\r\n")
    if not text:
        raise ValueError("the file is empty")
    return text


def _said(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return str(error.strerror).lower()
    return "the file is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
