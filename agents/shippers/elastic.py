"""Filebeat, Elastic Agent and Logstash."""

from agents.shippers.container import Container, Line, dumped

LINE_BYTES = 80  # of a line in the file that is read


def beat(of: Container, line: Line) -> dict[str, object]:
    """Return what Filebeat adds to a line; dots in the names of labels become underscores there."""
    return {
        "@metadata": {"beat": "filebeat", "type": "_doc", "version": "9.1.3"},
        "kubernetes": {
            "node": {"name": of.node},
            "namespace": of.namespace,
            "labels": {name.replace(".", "_"): value for name, value in of.labels.items()},
            "container": {"name": of.service},
            "pod": {"name": of.pod, "uid": of.uid},
        },
        "container": {"id": of.id, "image": {"name": of.image}},
        "ecs": {"version": "8.0.0"},
        "agent": {"type": "filebeat"},
        "log": {"offset": LINE_BYTES * (line.number + 8), "file": {"path": of.file}},
    }


def filebeat(of: Container, line: Line) -> bytes:
    """Write Filebeat's codec `json`."""
    head = {"@timestamp": f"{line.clock(3)}Z", "stream": "stderr", "message": line.text}
    return dumped({**head, **beat(of, line)})


def elastic_agent(of: Container, line: Line) -> bytes:
    """Write Elastic Agent's."""
    head = {"@timestamp": f"{line.clock(3)}Z", "message": line.text}
    return dumped({**head, **beat(of, line), "elastic_agent": {"id": "1"}})


def logstash(of: Container, line: Line) -> bytes:
    """Write Logstash's codec `json`."""
    head = {"@timestamp": f"{line.clock(3)}Z", "@version": "1", "message": line.text}
    return dumped({**head, "event": {"original": line.text}, **beat(of, line)})
