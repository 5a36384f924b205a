"""The Faust app: every topic, table and agent of TRACK, in the order in which records pass them."""

from typing import Any

from agents import clients
from agents.addresses import advertised
from agents.alertmanager import Alertmanagers
from agents.alertmanager_place import Means
from agents.cluster import Cluster
from agents.metrics import Metrics
from agents.notify import Notify
from agents.sender import Sender
from agents.table_app import TableApp
from agents.tables import Rule, named, table_agent
from agents.watch import Watch
from pipeline.cluster_told import ClusterTold, Gone, read_cluster
from pipeline.commands import read_cluster_command
from pipeline.deploy import read_deploy
from pipeline.settings import Settings
from pipeline.sighting import read_sighting
from pipeline.vital import read_vital
from pipeline.wanted import read_notification

REQUEST_S = 30.0


def create_app(settings: Settings, metrics: Metrics) -> TableApp:
    """Make the app, in an event loop. Raises OSError where a certificate cannot be read."""
    app = TableApp(settings, metrics, **options(settings))

    rows = app.add_rows("fingerprints")
    app.cluster = cluster = Cluster(app, rows)
    # sightings (key: shard) -> one row a fingerprint; clusters, vitals, commands
    table_agent(app, "sightings", rows, Rule(read_sighting, named("fingerprint"), cluster.count))
    # commands (by people, or our own) -> one row a shard; clusters, vitals
    table_agent(app, "commands", rows, Rule(read_cluster_command, named("row_key"), cluster.obey))

    watched = app.add_rows("watched")
    app.watch = watch = Watch(app, watched)
    # vitals (key: service) -> one row a service; a tick lets rules look at many; alerts, reports, actions
    table_agent(app, "vitals", watched, Rule(read_vital, watch.key, watch.take, watch.others))
    # clusters (key: id) -> one row a bug, and one of the partition; alerts, reports
    bugs: Rule[ClusterTold | Gone] = Rule(read_cluster, watch.bug, watch.take_cluster, watch.before, Gone)
    table_agent(app, "clusters", watched, bugs)
    # deploys (key: service), written by CI and CD -> the row of the service
    table_agent(app, "deploys", watched, Rule(read_deploy, watch.deployed, watch.take_deploy))

    told = app.add_rows("told")
    sender = Sender()
    app.alertmanagers = Alertmanagers(Means(sender.send, metrics))
    app.notify = notify = Notify(app, told, watch.routes, sender)
    # notifications (key: channel) -> one row an alert and group; channels are told; deliveries, deadletters
    table_agent(app, "notifications", told, Rule(read_notification, notify.key, notify.take))
    return app


def options(settings: Settings) -> dict[str, Any]:
    """Return how Faust is set up; whatever is not here is as it comes."""
    session = settings.track.session_timeout
    return {
        "broker": clients.faust_brokers(settings.kafka),
        "broker_credentials": clients.faust_credentials(settings.kafka),
        "broker_client_id": settings.kafka.client_id,
        # Tells the others of the group how to reach this worker.
        "canonical_url": advertised(settings.http),
        # A killed worker's partitions wait for as long as the session.
        "broker_session_timeout": session,
        "broker_heartbeat_interval": session / 3,
        "broker_request_timeout": max(REQUEST_S, 2 * session),
        "broker_commit_interval": settings.track.commit_interval,
        "consumer_auto_offset_reset": "earliest",
        # A row's change is sent at once otherwise, in a request of its own (measured: half as fast).
        "producer_linger": 0.02,
        "producer_max_request_size": clients.LARGEST,
        "producer_acks": -1,
        # Rows take care of repeats. "exactly_once" was measured to count some twice, at a third more CPU.
        "processing_guarantee": "at_least_once",
        "store": settings.track.store,
        "stream_wait_empty": True,
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "datadir": settings.track.data_dir,
        "web_enabled": False,
    }
