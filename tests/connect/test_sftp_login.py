"""Who an SFTP server must prove to be, and how we prove who we are."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest
from tests.connect.landing import NOTHING, drop, ids
from tests.connect.sftp_site import Open, site, source
from tests.servers.sftp import PASSWORD, USER, Sftp

from antechamber.connect.sftp import SftpSource
from antechamber.connect.sftp.hostkey import is_host_key
from antechamber.errors import AntechamberError, SecretError, SourceError

__all__ = ["site", "source"]


def public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


def test_a_server_proves_that_it_is_the_declared_one_in_any_of_three_spellings(site: Sftp, source: Open) -> None:
    drop(site.folder, "out/x.csv")
    key = public(site.host_key)
    other = public(asyncssh.generate_private_key("ssh-rsa"))
    fingerprint = site.host_key.get_fingerprint()
    known_hosts = f"[127.0.0.1]:{site.port},sftp.example.com {key} somebody@somewhere"
    for declared in (key, known_hosts, fingerprint, (other, key), (other, fingerprint)):
        assert ids(source("out/*.csv", host_key=declared).list(NOTHING)) == ["x.csv"]


def test_a_server_of_several_kinds_of_keys_is_known_by_any_of_them(site: Sftp, source: Open) -> None:
    drop(site.folder, "out/x.csv")
    for key in (site.host_key, site.other_host_key):
        for declared in (public(key), key.get_fingerprint()):
            assert ids(source("out/*.csv", host_key=declared).list(NOTHING)) == ["x.csv"]


def test_a_server_with_another_key_hears_nothing_of_ours(site: Sftp, source: Open) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    rsa = asyncssh.generate_private_key("ssh-rsa")
    for declared in (public(other), other.get_fingerprint(), public(rsa), (public(rsa), other.get_fingerprint())):
        with pytest.raises(SourceError) as said:
            source("out/*.csv", host_key=declared, retries=50).list(NOTHING)
        assert said.value.where == f"127.0.0.1:{site.port}"
        assert "nothing was sent" in said.value.what or "no way to speak" in said.value.what
    assert site.asked == 0


def test_a_private_key_opens_the_server_with_and_without_a_passphrase(
    site: Sftp, source: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(site.folder, "out/x.csv")
    (tmp_path / "key").write_bytes(site.key.export_private_key())
    (tmp_path / "sealed").write_bytes(site.key.export_private_key(passphrase="offen", rounds=1))
    monkeypatch.setenv("PHRASE", "offen")
    assert ids(source("out/*.csv", password=None, key="file:key").list(NOTHING)) == ["x.csv"]
    sealed = {"password": None, "key": "file:sealed"}
    assert ids(source("out/*.csv", **sealed, passphrase="env:PHRASE").list(NOTHING)) == ["x.csv"]
    with pytest.raises(SecretError, match="has a passphrase"):
        source("out/*.csv", **sealed)
    monkeypatch.setenv("PHRASE", "zu")
    with pytest.raises(SecretError, match="passphrase is wrong"):
        source("out/*.csv", **sealed, passphrase="env:PHRASE")
    (tmp_path / "key").write_text("no key")
    with pytest.raises(SecretError, match="not a private key"):
        source("out/*.csv", password=None, key="file:key")


def test_a_wrong_password_is_refused_once_and_never_shown(
    site: Sftp, source: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("SFTP_PASSWORD", "verkehrt-1234")
    with pytest.raises(SourceError, match="does not let us in") as said:
        source("out/*.csv", retries=50).list(NOTHING)
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    source("*.csv").list(NOTHING)
    for secret in ("verkehrt-1234", PASSWORD):
        assert secret not in str(said.value) + caplog.text


def mistakes(**declared: object) -> list[str]:
    whole = {"type": "sftp", "host": "h", "user": USER, "password": "env:P", "path": "out/*.csv", **declared}
    model = SftpSource.model_validate({key: value for key, value in whole.items() if value is not None})
    return [mistake.what for mistake in model.mistakes(None)]  # type: ignore[arg-type]


def test_a_declaration_that_cannot_work_is_refused_before_anything_is_connected() -> None:
    good = "SHA256:" + "A" * 43
    assert mistakes(host_key=good) == []
    assert mistakes(host_key=good, archive_to="done") == []
    assert mistakes(host_key=good, archive_to="out/done") == []
    assert mistakes(host_key=good, path="out/**/*.csv", archive_to="out/_done") == []
    assert mistakes(host_key=good, path="out/**/*.csv", archive_to="out/done") == [
        "the path would find the archived files again"
    ]
    assert mistakes(host_key=good, path="**/*.csv", archive_to="done") == [
        "the path would find the archived files again"
    ]
    assert mistakes(host_key=good, archive_to="../done") == ["'../done' climbs"]
    assert mistakes(host_key=good, archive_to="done", after="leave") == ["after is leave"]
    assert mistakes(host_key="me", password=None) == ["there is no way to log in", "'me' is no public key"]
    assert mistakes(host_key=[]) == ["the list is empty"]
    assert mistakes(host_key=good, passphrase="env:X") == ["a passphrase is given, and no key"]
    assert mistakes(host_key=good, path="~/out/*.csv") == ["'~' means nothing to an SFTP server"]


def test_only_whole_keys_count_as_keys() -> None:
    key = public(asyncssh.generate_private_key("ecdsa-sha2-nistp256"))
    kind, encoded = key.split()[:2]
    assert is_host_key(key)
    assert not is_host_key(f"@revoked * {key}")
    assert not is_host_key(f"ssh-ed25519 {encoded}")
    assert not is_host_key(f"{kind} {encoded[:20]}*")
    assert not is_host_key("MD5:aa:bb")


def test_a_missing_secret_is_named(site: Sftp, source: Open) -> None:
    with pytest.raises(AntechamberError, match="env:NOT_THERE"):
        source("out/*.csv", password="env:NOT_THERE")
