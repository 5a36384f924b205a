"""What each channel sends, to the byte: `python -m tests.test_channel_requests` renews the golden files."""

from pathlib import Path

import pytest

from pipeline.channels import CHANNELS
from pipeline.channels.aliyun_sms import authorization
from pipeline.channels.dingtalk import sign as dingtalk_sign
from pipeline.channels.feishu import sign as feishu_sign
from pipeline.channels.webhook import signature
from tests.tellings import TELLINGS, built, written

FOLDER = Path(__file__).parent / "requests"
CASES = [(kind, name) for kind in CHANNELS for name in TELLINGS]


def made(kind: str, name: str) -> bytes:
    telling, more = TELLINGS[name]
    return written(built(kind, telling, **more))


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_request_is_the_golden_one_to_the_byte(kind: str, name: str) -> None:
    path = FOLDER / f"{kind}.{name}.txt"
    assert made(kind, name) == (path.read_bytes() if path.exists() else b"")


def test_there_is_no_golden_file_of_what_is_sent_no_more() -> None:
    sent = {f"{kind}.{name}.txt" for kind, name in CASES if made(kind, name)}
    assert {path.name for path in FOLDER.iterdir()} == sent


def test_the_sign_of_dingtalk_is_that_of_its_vector() -> None:
    told = dingtalk_sign("SEC" + "0" * 60 + "demo", 1_700_000_000_000)
    assert told == "n2gHwd7S4e2vijC7nJlrNelFoQyOuktL93hov1EjFD8="


def test_the_sign_of_feishu_is_that_of_its_vector() -> None:
    assert feishu_sign("demo", 1_700_000_000) == "8oT2n3SMKFfEnDoiwer8BUM/SjKLwe9SqoEIHlhDTKo="


def test_the_sign_of_alibaba_cloud_is_that_of_its_documentation() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    told = authorization("YourAccessKeyId", "YourAccessKeySecret", query, headers)
    proof = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert told.rpartition("=")[2] == proof


def test_a_webhook_is_signed_with_its_time() -> None:
    told = signature("k3y", 1_700_000_000, b"{}")  # printf '1700000000.{}' | openssl dgst -sha256 -hmac k3y
    assert told == "t=1700000000,v1=e2974d0d973957aed8182a7f1ef5690a188566c2c4620fc16bd97d7febcf5ef3"


def write() -> None:
    """Renew the golden files."""
    for path in FOLDER.iterdir():
        path.unlink()
    for kind, name in CASES:
        if content := made(kind, name):
            (FOLDER / f"{kind}.{name}.txt").write_bytes(content)


if __name__ == "__main__":
    write()
