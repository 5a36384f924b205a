"""Requests and mails over real sockets: what came back, or why nothing did."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from agents.mail_sender import Attempt
from agents.sender import Sender
from pipeline.channels import read_channel
from pipeline.channels.answer import Answer
from pipeline.channels.request import Mail, Request, Sendable, Server
from tests.certificates import Certificates, certificates
from tests.mail_server import mail_server
from tests.vendors import CLOSE, CUT, HANG, HUGE, Reply, vendor

TOKEN = "t0ken-that-nobody-may-see"  # noqa: S105 - made up


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates") / "made")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def send(request: Sendable, **settings: object) -> Answer:
    async def sent() -> Answer:
        sender = Sender()
        try:
            given = {"timeout_s": 5.0, **settings}
            return await sender.send(request, read_channel({"type": "webhook", "url": "http://x", **given}))
        finally:
            await sender.close()

    return asyncio.run(sent())


def request(url: str, body: bytes = b"{}") -> Request:
    return Request("POST", f"{url}/hook/{TOKEN}", {"X-One": "1"}, body, secrets=(TOKEN,))


def unused() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_an_answer_comes_back_with_status_headers_and_body() -> None:
    with vendor("webhook", Reply(429, b"slow", {"Retry-After": "7"})) as stub:
        answer = send(request(stub.url, b"all of it"))
        came = stub.asked[0]
    assert (answer.status, answer.headers["retry-after"], answer.body) == (429, "7", b"slow")
    assert (came.method, came.path, came.body, came.headers["x-one"]) == (
        *("POST", f"/hook/{TOKEN}", b"all of it"),
        "1",
    )


def test_nobody_listening_is_not_sent() -> None:
    port = unused()
    told = send(request(f"http://127.0.0.1:{port}"))
    assert told == Answer(
        fault=f"http://127.0.0.1:{port}: cannot be reached: Connection refused", was_sent=False
    )


def test_an_unknown_host_is_not_sent() -> None:
    told = send(request("http://no-such-host.invalid"))
    fault = "http://no-such-host.invalid: there is no host of that name: no-such-host.invalid"
    assert told == Answer(fault=fault, was_sent=False)


@pytest.mark.parametrize("url", ["http://[::1", "nonsense", "http://x:99999999", "ftp://127.0.0.1"])
def test_what_is_no_address_is_not_sent_and_not_shown(url: str) -> None:
    told = send(request(url))
    assert (told.was_sent, told.status) == (False, None)
    assert TOKEN not in str(told)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "://?: its address: it begins with https:// or http://"),
        ("http://x:99999999", "?: its address: its host or its port is none"),
        ("http://", "http://?: its address: it names no host: https://HOST/..."),
    ],
)
def test_what_is_wrong_with_an_address_is_said(url: str, why: str) -> None:
    assert send(request(url)).fault == why


@pytest.mark.parametrize("end", ["\r\n", "\n", "\0"])
def test_a_header_that_would_be_two_is_named_and_not_sent(end: str) -> None:
    with vendor("webhook") as stub:
        made = Request("POST", stub.url, {"Idempotency-Key": f"{TOKEN}{end}X: 1"}, b"", secrets=(TOKEN,))
        told = send(made)
    broken = "it has a line's end or another control character in it"
    assert told == Answer(fault=f"{stub.url}: the header Idempotency-Key: {broken}", was_sent=False)
    assert stub.asked == []


def test_a_proxy_that_is_no_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "proxy.example.com:3128")
    told = send(request("http://receiver.example.com"))
    fault = "http://receiver.example.com: the proxy: it begins with https:// or http://"
    assert told == Answer(fault=fault, was_sent=False)


def test_silence_may_have_been_sent() -> None:
    with vendor("webhook", HANG) as stub:
        told = send(request(stub.url), timeout_s=0.3)
    assert told == Answer(fault=f"{stub.url} did not answer within 0.3 s")


def test_a_closed_connection_may_have_been_sent() -> None:
    with vendor("webhook", CLOSE) as stub:
        told = send(request(stub.url))
    assert told == Answer(fault=f"{stub.url}: closed the connection without an answer")


def test_an_answer_that_is_cut_short_may_have_been_sent() -> None:
    with vendor("webhook", CUT) as stub:
        told = send(request(stub.url))
    assert told == Answer(fault=f"{stub.url}: closed the connection within its answer")


def test_of_a_large_answer_only_the_beginning_is_read() -> None:
    with vendor("webhook", HUGE) as stub:
        told = send(request(stub.url))
    assert told.body == b"x" * (1 << 16)


def test_no_redirect_is_followed() -> None:
    with vendor("webhook") as other, vendor("webhook", Reply(307, headers={"Location": other.url})) as stub:
        assert (send(request(stub.url)).status, other.asked) == (307, [])


def test_the_settings_name_the_proxy() -> None:
    with vendor("webhook") as stub, vendor("webhook", Reply(200, b"by proxy")) as proxy:
        told = send(request(stub.url), proxy=proxy.url)
    assert (told.body, stub.asked) == (b"by proxy", [])


def test_else_the_environment_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with vendor("webhook") as stub, vendor("webhook", Reply(200, b"by proxy")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        by_environment, by_none = send(request(stub.url)), send(request(stub.url), proxy="none")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        left_out = send(request(stub.url))
    assert [one.body for one in (by_environment, by_none, left_out)] == [b"by proxy", b"", b""]


def test_a_proxy_that_is_not_there_is_named_without_its_password() -> None:
    with vendor("webhook") as stub:
        told = send(request(stub.url), proxy=f"http://me:s3cret@127.0.0.1:{unused()}")
    fault = f"{stub.url}: the proxy cannot be reached: Connection refused"
    assert told == Answer(fault=fault, was_sent=False)


def test_a_proxy_that_refuses_a_tunnel_sent_nothing(trusted: Certificates) -> None:
    with (
        vendor("webhook", tls=trusted.fine) as stub,
        vendor("webhook", fine=lambda _: Reply(407)) as proxy,
    ):
        told = send(request(stub.url), proxy=proxy.url, ca_file=trusted.authority)
    assert (told.was_sent, stub.asked) == (False, [])
    assert told.fault is not None
    assert told.fault.startswith(f"{stub.url}: the proxy refuses: ")


def test_an_authority_of_ones_own_is_trusted(trusted: Certificates) -> None:
    with vendor("webhook", tls=trusted.fine) as stub:
        assert send(request(stub.url), ca_file=trusted.authority).status == 200


@pytest.mark.parametrize(
    ("server", "knows_us", "why"),
    [
        ("expired", True, "certificate has expired"),
        ("fine", False, "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told_in_one_line_and_nothing_is_sent(
    trusted: Certificates, server: str, knows_us: bool, why: str
) -> None:
    with vendor("webhook", tls=getattr(trusted, server)) as stub:
        told = send(request(stub.url), ca_file=trusted.authority if knows_us else "")
    fault = f"its certificate cannot be trusted: {why}; it has to renew it, or ca_file to name who signs it"
    assert told == Answer(fault=f"{stub.url}: {fault}", was_sent=False)
    assert stub.asked == []


def test_plain_text_on_the_port_is_no_tls(trusted: Certificates) -> None:
    with vendor("webhook") as stub:
        told = send(request(stub.url.replace("http:", "https:")), ca_file=trusted.authority)
    assert told.was_sent is False
    assert (told.fault or "").partition(": ")[2].startswith("no TLS")


@pytest.mark.parametrize(
    ("text", "why"), [(None, "No such file or directory"), ("x", "it holds no certificates")]
)
def test_a_file_of_authorities_that_cannot_be_used_is_named(
    tmp_path: Path, text: str | None, why: str
) -> None:
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    told = send(request("http://127.0.0.1:1"), ca_file=str(path))
    assert told == Answer(fault=f"{path} cannot be used as ca_file: {why}", was_sent=False)


def test_a_file_of_authorities_that_no_system_could_have_is_told() -> None:
    read = read_channel({"type": "webhook", "url": "http://x"}).model_copy(update={"ca_file": "/a\0b"})
    told = asyncio.run(Sender().send(request("http://127.0.0.1:1"), read))
    assert told == Answer(fault="/a\0b cannot be used as ca_file: embedded null byte", was_sent=False)


def mail(port: int, security: str = "none", user: str = "") -> Mail:
    server = Server("127.0.0.1", port, security, user, "s3cret" if user else "")
    return Mail("us@example.com", ("a@example.com", "b@example.com"), b"Subject: x\r\n\r\n.dot\r\n", server)


def test_a_mail_is_taken() -> None:
    with mail_server() as stub:
        told = send(mail(stub.port))
        came = stub.asked[0]
    assert told == Answer(250, body=b"ok")
    assert came.query == {"sender": "us@example.com", "recipients": "a@example.com,b@example.com"}
    assert came.body == b"Subject: x\r\n\r\n..dot\r\n"


def test_a_mail_goes_encrypted_and_logged_in(trusted: Certificates) -> None:
    with mail_server(tls=trusted.fine) as stub:
        told = send(mail(stub.port, "starttls", "me"), ca_file=trusted.authority)
    assert (told.status, stub.logins) == (250, ["\0me\0s3cret"])


def test_a_mail_goes_encrypted_from_the_first_byte(trusted: Certificates) -> None:
    with mail_server({"TLS": "first"}, tls=trusted.fine) as stub:
        told = send(mail(stub.port, "tls", "me"), ca_file=trusted.authority)
    assert (told.status, stub.logins) == (250, ["\0me\0s3cret"])


def test_a_server_without_encryption_is_told_nothing() -> None:
    with mail_server() as stub:
        told = send(mail(stub.port, "starttls", "me"))
    assert (told.was_sent, stub.logins, stub.asked) == (False, [], [])
    assert (told.fault or "").startswith(f"smtp://127.0.0.1:{stub.port}: it cannot do what is set: STARTTLS")


def test_a_mail_server_whose_certificate_expired_is_told_nothing(trusted: Certificates) -> None:
    with mail_server(tls=trusted.expired) as stub:
        told = send(mail(stub.port, "starttls"), ca_file=trusted.authority)
    where = f"smtp://127.0.0.1:{stub.port}"
    fault = f"{where}: its certificate cannot be trusted: certificate has expired"
    assert told == Answer(fault=fault, was_sent=False)


@pytest.mark.parametrize(
    ("says", "answer"),
    [
        ({"CONNECT": "421 busy"}, Answer(421, body=b"busy", was_sent=False)),
        ({"AUTH": "535 wrong"}, Answer(535, body=b"wrong", was_sent=False)),
        ({"MAIL": "452 full"}, Answer(452, body=b"full", was_sent=False)),
        ({"RCPT": "550 nobody"}, Answer(550, body=b"nobody", was_sent=False)),
        ({"TEXT": "554 spam"}, Answer(554, body=b"spam")),
        ({"DATA": "451 later"}, Answer(451, body=b"later")),
    ],
)
def test_the_codes_of_a_mail_server_come_back(says: dict[str, str], answer: Answer) -> None:
    with mail_server(says) as stub:
        assert send(mail(stub.port, user="me")) == answer


def test_who_was_refused_is_told_where_others_were_not() -> None:
    with mail_server({"rcpt TO:<b@example.com>": "550 nobody"}) as stub:
        told = send(mail(stub.port))
    assert told == Answer(250, {"refused": "b@example.com (550 nobody)"}, b"ok")


@pytest.mark.parametrize(("says", "was_sent"), [({"MAIL": "close"}, False), ({"TEXT": "close"}, True)])
def test_a_mail_server_that_hangs_up_may_have_taken_the_text_alone(
    says: dict[str, str], was_sent: bool
) -> None:
    with mail_server(says) as stub:
        told = send(mail(stub.port))
    fault = f"smtp://127.0.0.1:{stub.port}: closed the connection without an answer"
    assert told == Answer(fault=fault, was_sent=was_sent)


@pytest.mark.parametrize(
    ("says", "was_sent"),
    [
        ({"CONNECT": "drip"}, False),
        ({"MAIL": "drip"}, False),
        ({"MAIL": "hang"}, False),
        ({"TEXT": "drip"}, True),
        ({"TEXT": "hang"}, True),
    ],
)
def test_a_mail_server_that_answers_byte_by_byte_is_not_waited_for_longer(
    says: dict[str, str], was_sent: bool
) -> None:
    with mail_server(says) as stub:
        told = send(mail(stub.port), timeout_s=0.3)
    fault = f"smtp://127.0.0.1:{stub.port}: did not answer within 0.3 s"
    assert told == Answer(fault=fault, was_sent=was_sent)


def test_a_mail_that_is_taken_stays_so_however_long_the_good_bye_takes() -> None:
    with mail_server({"QUIT": "hang"}) as stub:
        assert send(mail(stub.port), timeout_s=0.3) == Answer(250, body=b"ok")


def test_what_is_over_is_not_sent_any_more() -> None:
    attempt = Attempt()
    attempt.stop()
    with pytest.raises(TimeoutError):
        attempt.sending()
    assert not attempt.was_sent


def test_what_a_mail_server_cannot_be_told_is_said_and_not_sent() -> None:
    with mail_server() as stub:
        address = Mail("ü@example.com", ("a@example.com",), b"x", Server("127.0.0.1", stub.port, "none"))
        host = Mail("us@example.com", ("a@example.com",), b"x", Server("mail..example.com", 25, "none"))
        told = [send(address), send(host)]
    assert [answer.was_sent for answer in told] == [False, False]
    assert ["has characters it cannot take" in str(answer.fault) for answer in told] == [True, True]


def test_authorities_that_are_renewed_are_trusted(trusted: Certificates, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"

    async def sent() -> list[int | None]:
        sender, answers = Sender(), []
        read = read_channel({"type": "webhook", "url": "http://x", "ca_file": str(path)})
        with vendor("webhook", tls=trusted.fine) as stub:
            for at, authority in enumerate((certificates(tmp_path / "other").authority, trusted.authority)):
                path.write_bytes(Path(authority).read_bytes())
                os.utime(path, (at, at))
                answers.append((await sender.send(request(stub.url), read)).status)
        await sender.close()
        return answers

    assert asyncio.run(sent()) == [None, 200]
