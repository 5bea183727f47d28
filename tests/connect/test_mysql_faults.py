"""What goes wrong at a MariaDB server is said with place, reason and remedy, and never with a value or a secret."""

from __future__ import annotations

import datetime as dt
import ipaddress
import shutil
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.connect.relational_table import read_all, run, source
from tests.servers.mariadb import MariaDB

from antechamber.connect.mysql.address import parse
from antechamber.errors import AntechamberError, SourceError
from antechamber.records import Progress

SECRET = "s3cr%t/w@rd"
ENCODED = "s3cr%25t%2Fw%40rd"


def message(fault: pytest.ExceptionInfo[AntechamberError]) -> str:
    """Everything that a user or a log may see of an error, checked to hold no secret."""
    said = "".join(traceback.format_exception(fault.value)) + str(fault.value.as_json())
    assert SECRET not in said and ENCODED not in said
    assert fault.value.what and fault.value.where and fault.value.remedy
    return str(fault.value)


@pytest.fixture
def reader(mariadb: MariaDB, database: str) -> Iterator[str]:
    """The URL of a user with a password that must not be seen, and no rights."""
    mariadb.run(f"CREATE USER r_{database}@'%' IDENTIFIED BY '{SECRET}'")
    yield mariadb.url(f"r_{database}", ENCODED, "information_schema")
    mariadb.run(f"DROP USER r_{database}@'%'")


@pytest.mark.parametrize(
    ("change", "what", "remedy"),
    [
        (lambda url, port: url.replace(ENCODED, ENCODED + "x"), "refused the user's name or password", "file:url"),
        (
            lambda url, port: url.replace("127.0.0.1", "nohost.invalid"),
            "host nohost.invalid is not known",
            "file:url",
        ),
        (lambda url, port: url.replace("/information_schema", "/nope"), "database nope", "GRANT"),
        (lambda url, port: url.replace(f":{port}", ":1"), "nothing answers at 127.0.0.1:1", "port"),
        (lambda url, port: url + "?nonsense=1", "parameter that is not known", "unix_socket"),
        (lambda url, port: url + "?tls=no", "tls is unknown", "verify"),
        (lambda url, port: url + "?tls=require", "offers no encryption", "TLS"),
        (lambda url, port: url + "?ca=/nowhere.pem", "ca, cert or key is not there", "URL"),
        (lambda url, port: url + "?unix_socket=/nowhere", "nothing answers at /nowhere", "server runs"),
        (lambda url, port: url.replace("127.0.0.1", "db.example.com") + "?tls=disable", "unencrypted", "ca="),
        (lambda url, port: f"postgresql://u:{ENCODED}@h/d", "not a MySQL connection URL", "mysql://"),
        (lambda url, port: f"mysql://u:{SECRET}@[h/d", "cannot be parsed", "percent-encoded"),
        (lambda url, port: "mysql://127.0.0.1/d", "names no user", "mysql://"),
    ],
)
def test_a_url_that_does_not_lead_to_the_database(
    mariadb: MariaDB, reader: str, tmp_path: Path, change: Any, what: str, remedy: str
) -> None:
    url = change(reader, mariadb.port)
    if "nohost" in url:
        url += "?tls=require"
    with pytest.raises(SourceError) as fault:
        run("mysql", url, tmp_path, table="a.t")
    said = message(fault)
    assert what in said and remedy in fault.value.remedy and fault.value.where == "file:url"


@pytest.mark.parametrize(
    ("declared", "what", "remedy"),
    [
        ({"table": "{d}.custommers"}, "no such table", "did you mean {d}.customers?"),
        ({"table": "a.b.c"}, "not a table's name", "schema.table"),
        ({"table": "{d}."}, "not a table's name", "schema.table"),
        ({"table": "{d}.customers", "watermark": "updatedat"}, "no column 'updatedat'", "did you mean updated_at?"),
        ({"table": "{d}.customers", "partition_on": "idd"}, "no column 'idd'", "did you mean id?"),
        ({"table": "{d}.customers", "partition_on": "doc"}, "cannot be cut into ranges", "partition_on"),
        ({"table": "{d}.customers", "watermark": "name"}, "cannot be a watermark", "timestamp"),
        ({"query": "SELECT nme FROM {d}.customers"}, "Unknown column 'nme'", "name"),
        ({"query": "SELECT * FROM {d}.customer"}, "doesn't exist", "check the name"),
        ({"query": "SELEC 1"}, "not SQL that the server reads", "one SELECT"),
        ({"query": "SELECT 1; SELECT 2"}, "not SQL that the server reads", "one SELECT"),
        ({"query": "SELECT 1 AS a, 2 AS a"}, "Duplicate column name 'a'|'a' stands twice", "AS"),
        ({"query": "SELECT {d}.touch() AS a"}, "read-only transaction", "writes"),
        ({"query": "SELECT SLEEP(5) AS s", "statement_timeout": 0.2}, "timeout", "statement_timeout"),
        ({"query": "SELECT name, (SELECT id FROM {d}.twice) AS n FROM {d}.customers"}, "error 1242", "quote"),
    ],
    ids=str,
)  # fmt: skip
def test_a_declaration_that_does_not_fit_the_database(
    mariadb: MariaDB, database: str, tmp_path: Path, declared: dict[str, Any], what: str, remedy: str
) -> None:
    mariadb.run(
        f"CREATE TABLE {database}.customers (id int, name text, doc point, updated_at timestamp)",
        f"INSERT INTO {database}.customers VALUES (1, 'Jane Roe', NULL, now())",
        f"CREATE TABLE {database}.twice (id int)",
        f"INSERT INTO {database}.twice VALUES (1), (2)",
        f"CREATE FUNCTION {database}.touch() RETURNS int BEGIN DELETE FROM {database}.twice; RETURN 1; END",
    )
    given: dict[str, Any] = {
        key: value.format(d=database) if isinstance(value, str) else value for key, value in declared.items()
    }
    with pytest.raises(SourceError) as fault:
        run("mysql", mariadb.url(), tmp_path, **given)
    said = str(fault.value)
    assert any(one in said for one in what.split("|")), said
    assert (
        all(one in fault.value.remedy for one in remedy.format(d=database).rstrip("?").split("did you mean "))
        and fault.value.where
    )
    assert "Jane" not in "".join(traceback.format_exception(fault.value))


def test_a_missing_privilege_names_the_grant(mariadb: MariaDB, database: str, reader: str, tmp_path: Path) -> None:
    mariadb.run(f"CREATE TABLE {database}.t AS SELECT 1 AS a")
    with pytest.raises(SourceError, match="may not see it") as fault:
        run("mysql", reader, tmp_path, table=f"{database}.t")
    message(fault)
    with pytest.raises(SourceError, match="denied") as fault:
        run("mysql", reader, tmp_path, query=f"SELECT * FROM {database}.t")
    assert "GRANT SELECT" in message(fault)
    mariadb.run(f"GRANT SELECT ON {database}.t TO r_{database}@'%'")
    assert run("mysql", reader, tmp_path, table=f"{database}.t")[1] == [{"a": 1}]


def _kill(mariadb: MariaDB) -> None:
    for (number,) in mariadb.run("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()"):
        mariadb.run(f"KILL {number}")


def test_a_connection_that_ends_while_reading_is_an_error_and_the_next_run_is_whole(tmp_path: Path) -> None:
    own = MariaDB()
    own.start()
    try:
        own.run("CREATE TABLE mysql.t AS SELECT seq AS i, REPEAT('x', 300) AS pad FROM mysql.seq_1_to_60000")
        for ends in (_kill, lambda own: own.stop(kill=True), lambda own: own.stop()):
            table = source("mysql", own.url(), tmp_path, table="t", batch_rows=1000)
            (partition,) = table.list(Progress()).partitions
            batches = table.read(partition)
            next(batches)
            ends(own)
            with pytest.raises(SourceError, match="lost") as fault:
                list(batches)
            assert "run again" in message(fault) and fault.value.where == "mysql.t#1/1"
            with pytest.raises(SourceError, match="lost"):
                list(table.read(partition))
            table.close()
            if ends is not _kill:
                own.start()
            assert len(run("mysql", own.url(), tmp_path, table="t")[1]) == 60_000
    finally:
        own.stop(kill=True)
        shutil.rmtree(own.folder, ignore_errors=True)


def test_closing_ends_readers_of_other_threads(mariadb: MariaDB, tmp_path: Path) -> None:
    table = source("mysql", mariadb.url(), tmp_path, query="SELECT seq, SLEEP(0.01) AS s FROM mysql.seq_1_to_99999")
    (partition,) = table.list(Progress()).partitions
    faults: list[BaseException] = []

    def read() -> None:
        try:
            list(table.read(partition))
        except BaseException as fault:
            faults.append(fault)

    reader = threading.Thread(target=read)
    reader.start()
    reader.join(0.4)
    table.close()
    reader.join(10)
    assert not reader.is_alive() and isinstance(faults[0], SourceError) and "closed" in str(faults[0])


def test_a_table_that_is_rebuilt_while_it_is_read_is_an_error_and_not_other_records(
    mariadb: MariaDB, database: str, tmp_path: Path
) -> None:
    mariadb.run(f"CREATE TABLE {database}.t AS SELECT seq AS i FROM mysql.seq_1_to_5")
    for change in (f"ALTER TABLE {database}.t MODIFY i varchar(9)", f"TRUNCATE {database}.t"):
        table = source("mysql", mariadb.url(), tmp_path, table=f"{database}.t")
        try:
            listing = table.list(Progress())
            mariadb.run(change)
            with pytest.raises(SourceError, match="changed while it was read") as fault:
                read_all(table, listing)
            message(fault)
        finally:
            table.close()


@pytest.mark.parametrize(
    ("url", "verifies"),
    [
        ("mysql://u@db.example.com/d", True),
        ("mysql://u@[2001:db8::1]:3307/d", True),
        ("mariadb://u@localhost.example.com/d", True),
        ("mysql://u@db.example.com/d?tls=require", False),
        ("mysql://u@localhost/d", None),
        ("mysql://u@[::1]/d", None),
        ("mysql://u@x/d?unix_socket=/run/mysqld/mysqld.sock", None),
    ],
)
def test_encryption_is_the_default_off_this_machine(url: str, verifies: bool | None) -> None:
    tls = parse(url, "env:X").tls
    assert (tls is None) == (verifies is None)
    assert tls is None or tls.check_hostname is verifies


def test_a_server_is_read_encrypted_and_its_certificate_verified(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "db.example.test")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
    builder = builder.add_extension(names, critical=False)
    certificate = builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(key, hashes.SHA256())
    authority, private = tmp_path / "server.pem", tmp_path / "key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    own = MariaDB()
    shutil.copy(authority, own.folder / "cert")
    shutil.copy(private, own.folder / "key")
    for part in ("cert", "key"):
        (own.folder / part).chmod(0o644)
    own.settings += [f"--ssl-cert={own.folder}/cert", f"--ssl-key={own.folder}/key"]
    own.start()
    try:
        query = (
            "SELECT VARIABLE_VALUE AS v FROM information_schema.session_status WHERE VARIABLE_NAME = 'SSL_VERSION'"
        )
        with pytest.raises(SourceError, match="certificate could not be verified") as fault:
            run("mysql", own.url() + "?tls=verify", tmp_path, query=query)
        assert "ca=" in message(fault)
        assert run("mysql", own.url() + f"?ca={authority}", tmp_path, query=query)[1][0]["v"].startswith("TLS")
        with pytest.raises(SourceError, match="certificate could not be verified"):
            run("mysql", own.url().replace("127.0.0.1", "localhost") + f"?ca={authority}", tmp_path, query=query)
    finally:
        own.stop()
        shutil.rmtree(own.folder, ignore_errors=True)
