"""A demo from its beginning to its end: all that it starts, and what is said of it."""

from contextlib import ExitStack, closing

from agents import terminal
from agents.demo.performance import Performance
from agents.demo.samples import samples
from agents.demo.script import crashes
from agents.demo.stage import stage, topics_of
from agents.demo.view import summary_text, view
from agents.demo.worker import running_worker
from agents.embedded import embedded_broker
from agents.exits import Exit, Terminated, held_back

EMBEDDED = "an embedded broker (librdkafka's mock cluster: for demos only)"
ABOUT = """\
Seven made-up services write logs, and crash as real Go programs did. Their lines go, in seven shippers'
envelopes, through {kafka} to a worker of panicstream."""


def run(seconds: float, bootstrap: str | None, is_kept: bool) -> Exit:
    """Run it for so many seconds, on a real Kafka where one is named; whatever it started ends with it.

    Raises MisfitError or FaultError where it cannot go on, OutputClosedError or UnwritableError.
    """
    with ExitStack() as stack:
        server = bootstrap or stack.enter_context(embedded_broker())
        set_up = stage(server, is_embedded=not bootstrap)
        stack.enter_context(topics_of(set_up, is_kept))
        worker = stack.enter_context(running_worker(set_up))
        about = ABOUT.format(kafka=f"Kafka at {server}" if bootstrap else EMBEDDED)
        performance = Performance(set_up, samples(crashes()), worker)
        stopped = _played(performance, about, seconds)
    terminal.show(summary_text(performance.tally, performance.elapsed, performance.first_found))
    fine = performance.tally.is_complete and not performance.tally.others
    return stopped if stopped is not None else Exit.FINE if fine else Exit.FOUND


def _played(performance: Performance, about: str, seconds: float) -> Exit | None:
    """Play, and return what a signal asks for, None where there was none."""
    try:
        with held_back() as is_stopped, closing(view(about)) as shown:
            performance.play(seconds, shown, is_stopped)
    except Terminated:
        return Exit.FINE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return None
