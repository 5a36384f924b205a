"""The routes of a run: those that are shipped, and in their place what a file of one's own has."""

from pathlib import Path

import pipeline
from pipeline.route_checks import read_routes
from pipeline.routes import Routes

SHIPPED = Path(pipeline.__file__).with_name("routes.toml")


def load(path: str = "") -> Routes:
    """Return all routes and channels; an empty path: as shipped.

    Raises RouteFaultsError, with every fault of the file; OSError; UnicodeDecodeError.
    """
    shipped = SHIPPED.read_text()
    return read_routes(Path(path).read_text(), path, shipped) if path else read_routes(shipped, SHIPPED.name)
