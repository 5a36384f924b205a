"""What DETECT and CLUSTER would tell in `vitals` of a second of a timeline."""

from collections.abc import Iterator

from pipeline.cluster_vitals import NEW, REGRESSED
from pipeline.event_time import MINUTE, written
from pipeline.timeline import Step, Whose
from pipeline.vital import Second, Vital

HEAP, NS = 100 << 20, 1_000_000_000
NEWS = {"new": NEW, "regressed": REGRESSED}
COUNTED = ("crashes", "lines")


def vitals(step: Step, number: int, at: int) -> Iterator[Vital]:
    """Yield the records of so many of a step, at a second since 1970: one a service."""
    for whose in _services(step):
        if step.what in NEWS:
            yield _news(step, whose, written(at))
        elif step.what == "gc":
            yield _vital("gc", whose, _cycles(step, number, written(at)))
        elif step.what in COUNTED:
            yield _vital("counts", whose, _counts(step, number, written(at)))


def _services(step: Step) -> list[Whose]:
    """Return the one service, or as many as the step says."""
    name, number = step.whose.service, step.fields.get("services")
    if number is None:
        return [step.whose]
    return [step.whose._replace(service=f"{name}-{which}") for which in range(1, number + 1)]


def _news(step: Step, whose: Whose, time: str) -> Vital:
    title = step.fields[step.what]
    return _vital(NEWS[step.what], whose).model_copy(
        update={"cluster_id": title, "title": title, "time": time, "release": whose.release}
    )


def _vital(kind: str, whose: Whose, *seconds: Second) -> Vital:
    return Vital(
        schema_version=1,
        kind=kind,
        service_name=whose.service,
        service_namespace=whose.namespace,
        environment=whose.environment,
        seconds=seconds,
    )


def _counts(step: Step, number: int, time: str) -> Second:
    lines, crashes = (number, 0) if step.what == "lines" else (0, number)
    covered = float(step.what == "lines")
    return Second(time=time, release=step.whose.release, crashes=crashes, lines=lines, covered_s=covered)


def _cycles(step: Step, number: int, time: str) -> Second:
    """Return cycles that cover the time since those before them."""
    covered = number * MINUTE / step.amount.number if step.amount.is_rate else 0.0
    pause, ratio = step.fields.get("pause"), step.fields.get("heap_goal_ratio")
    return Second(
        time=time,
        release=step.whose.release,
        gc_cycles=number,
        covered_s=covered,
        alloc_bytes=int(step.fields.get("alloc", 0) * covered),
        pauses=() if pause is None else (int(pause * NS),) * number,
        heap_live_bytes=0 if ratio is None else HEAP,
        heap_goal_bytes=0 if ratio is None else int(HEAP * ratio),
    )
