"""The routes that a worker goes by."""

from agents import route_files
from agents.book import Book
from agents.layout import counted
from agents.metrics import Metrics
from pipeline.route_checks import walk
from pipeline.routes import Routes


class RouteBook(Book[Routes]):
    """The routes; secrets of channels stand in files of their own, which are not read here."""

    def __init__(self, path: str, metrics: Metrics) -> None:
        """Read them; an empty path: as shipped."""
        super().__init__(path, metrics.route_faults, metrics.routes_info)

    @property
    def routes(self) -> Routes:
        """Those that hold."""
        return self.held

    def _load(self, path: str) -> Routes:
        return route_files.load(path)

    def _named(self) -> str:
        return repr(self.held)

    def _counted(self) -> str:
        routes = counted(sum(1 for _ in walk(self.held.root)), "route")
        return f"{routes} and {counted(len(self.held.channels), 'channel')}"
