"""Fluent Bit, Fluentd, and what is built with them."""

from agents.shippers.container import Container, Line, dumped


def kubernetes(of: Container) -> dict[str, object]:
    """Return what Fluent Bit's filter `kubernetes` adds."""
    return {
        "pod_name": of.pod,
        "namespace_name": of.namespace,
        "pod_id": of.uid,
        "labels": of.labels,
        "host": of.node,
        "container_name": of.service,
        "docker_id": of.id,
        "container_image": of.image,
    }


def fluent_bit(of: Container, line: Line) -> bytes:
    """Write Fluent Bit's format `json`, with the parsers `docker, cri`."""
    return dumped(
        {
            "@timestamp": line.time // 1000 / 10**6,
            "time": line.utc,
            "stream": "stderr",
            "_p": "F",
            "log": line.text,
            "kubernetes": kubernetes(of),
        }
    )


def gelf(of: Container, line: Line) -> bytes:
    """Write Fluent Bit's format `gelf`."""
    return dumped(
        {
            "version": "1.1",
            "_time": line.utc,
            "_stream": "stderr",
            "short_message": line.text,
            "_kubernetes_docker_id": of.id,
            "timestamp": line.time // 10**6 / 1000,
        }
    )


def firelens(of: Container, line: Line) -> bytes:
    """Write what AWS FireLens makes of a task's output."""
    return dumped(
        {
            "source": "stderr",
            "log": line.text,
            "container_id": of.id,
            "container_name": f"/ecs-{of.service}",
            "ecs_task_arn": "arn:aws:ecs:eu-west-1:000000000000:task/prod/1",
        }
    )


def docker_fluentd(of: Container, line: Line) -> bytes:
    """Write what Docker's log driver `fluentd` gives, through Fluentd."""
    return dumped(
        {"container_id": of.id, "container_name": f"/{of.service}", "source": "stderr", "log": line.text}
    )


def fluentd(of: Container, line: Line) -> bytes:
    """Write Fluentd's `kafka2` with tag and time injected."""
    return dumped(
        {
            "stream": "stderr",
            "logtag": "F",
            "log": line.text,
            "tag": "kubernetes" + of.file.replace("/", "."),
            "@timestamp": f"{line.clock()}+0000",
        }
    )


def cloudevents(of: Container, line: Line) -> bytes:
    """Write a CloudEvent in structured mode."""
    return dumped(
        {
            "specversion": "1.0",
            "type": "log",
            "source": f"/{of.namespace}",
            "id": str(line.number),
            "time": line.utc,
            "data": {"stream": "stderr", "log": line.text, "kubernetes": kubernetes(of)},
        }
    )
