"""The evidence for an episode, and the steps that it asks for."""

from dataclasses import replace

from pipeline import watching
from pipeline.deploy import Deploy
from pipeline.event_time import written
from pipeline.reports import text
from tests.rules import RATE
from tests.test_watching import NEW
from tests.watched import BEGIN, Watched, bug, crashes, cycle


def deploy(at: int, release: str) -> Deploy:
    return Deploy(
        schema_version=1,
        service_name="cart",
        service_namespace="shop",
        environment="live",
        release=release,
        finished_at=written(BEGIN + at),
    )


def played(*deploys: Deploy) -> Watched:
    watched = Watched([NEW, replace(RATE, for_s=0, action="rollback")])
    for one in deploys:
        watched.row, _ = watching.deployed(watched.row, one, watched.terms, written(BEGIN))
    watched.take(95, cycle(95, alloc_bytes=10, covered_s=1.0))
    watched.take(100, bug(100, release="v2"))
    watched.play({at: [crashes(at, 1, "v2"), crashes(at, 1, "v1")] for at in range(100, 130, 5)}, 130, 100)
    return watched


def test_a_report_has_the_evidence() -> None:
    report = played(deploy(-4_000, "v0"), deploy(0, "v2")).of("reports")[-1]
    assert report["rule"] == RATE.name
    assert [one["cluster_id"] for one in report["clusters"]] == ["c-0000000000000001"]
    assert [(one["release"], one["crashes"]) for one in report["releases"]] == [("v1", 4), ("v2", 4)]
    assert [one["release"] for one in report["deploys"]] == ["v2"]
    assert report["gc"]["cycles"] == 1
    assert report["suspected_cause"] == {
        "release": "v2",
        "deployed_at": written(BEGIN),
        "first_seen_in_it": ["c-0000000000000001"],
    }


def test_without_evidence_no_cause_is_suspected() -> None:
    for watched in (played(), played(deploy(0, "v1"))):
        report = watched.of("reports")[-1]
        assert report["suspected_cause"] is None
        assert "Suspected cause" not in report["markdown"]


def test_people_read_it_as_markdown() -> None:
    told = played(deploy(0, "v2")).of("reports")[-1]["markdown"]
    assert [line for line in told.splitlines() if line.startswith("#")] == [
        "# cart crashes 6/min",
        "## Timeline",
        "## Value",
        "## Bugs",
        "## Releases, last 15 minutes",
        "## Deploys, an hour before",
        "## Garbage collector, last 15 minutes",
        "## Suspected cause",
        "## Next steps",
    ]


def test_what_programs_wrote_is_no_markdown() -> None:
    assert text("# <b>*x*</b>\n[a](b)") == r"\# \<b\>\*x\*\</b\> \[a\](b)"


def test_an_action_has_the_same_id_whenever_it_is_asked() -> None:
    one, two = played().of("actions"), played().of("actions")
    assert [action["action_id"] for action in one] == [action["action_id"] for action in two]
    assert one[0]["guards"]["not_after"] > one[0]["requested_at"]
