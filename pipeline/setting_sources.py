"""Values of settings as a TOML text and the environment give them, with where each stands."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from pipeline.setting_rows import ROWS, SECTIONS, Given
from pipeline.toml_lines import broken, line

PREFIX = "PANICSTREAM_"
RESERVED = f"{PREFIX}TEST_"
VARIABLES = {PREFIX + name.upper().replace(".", "_"): name for name in ROWS}
# Kubernetes tells every pod of a Service that is called `panicstream` or `panicstream-...` by such variables.
KUBERNETES = re.compile(
    r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$"
)


@dataclass
class Layer:
    """What one place gives: values of settings that exist, and a line for each fault."""

    given: list[Given] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def from_environment(variables: Mapping[str, str]) -> Layer:
    """Take what begins with PANICSTREAM_; other programs' variables, and those of tests, are passed over."""
    layer = Layer()
    for variable, text in sorted(variables.items()):
        if variable in VARIABLES:
            layer.given.append(Given(VARIABLES[variable], text, variable))
        elif variable.startswith(PREFIX) and not (
            variable.startswith(RESERVED) or KUBERNETES.search(variable)
        ):
            layer.faults.append(f"{variable}: no such setting; {_meant(variable, VARIABLES, PREFIX)}")
    return layer


def from_toml(text: str, path: str) -> Layer:
    """Take the values of a file, section by section."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Layer(faults=[broken(str(error), path)])
    layer = Layer()
    for section, values in document.items():
        place = f"{section} ({path}{line(text, section)})"
        if isinstance(values, dict) and section in SECTIONS:
            _take(layer, values, section, (text, path))
        elif section in SECTIONS:
            layer.faults.append(f"{place}: a section, [{section}], with its settings below it")
        else:
            known = SECTIONS if isinstance(values, dict) else ROWS
            layer.faults.append(f"{place}: no such section; {_meant(section, known)}")
    return layer


def _take(layer: Layer, values: dict[str, object], section: str, source: tuple[str, str]) -> None:
    text, path = source
    for key, value in values.items():
        name = f"{section}.{key}"
        place = f"{path}{line(text, name)}"
        if name in ROWS:
            layer.given.append(Given(name, value, place))
        else:
            layer.faults.append(f"{name} ({place}): no such setting; {_meant(name, ROWS)}")


def _meant(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Say which known name is the nearest: first among those of other sections that end alike."""
    bare, names = name.removeprefix(prefix), [one.removeprefix(prefix) for one in known]
    alike = [one for one in names if one.endswith("." + bare.rpartition(".")[2])]
    near = get_close_matches(bare, alike, n=1, cutoff=0) or get_close_matches(bare, names, n=1)
    return f"did you mean {prefix}{near[0]}?" if near else "`panicstream doctor` lists all"
