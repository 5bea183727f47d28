"""What goes wrong is said with its remedy, without a secret and without a value of a record."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.connect.postgres_table import run, source
from tests.servers.postgres import Postgres

from antechamber.connect.postgresql.address import parse
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
def reader(postgres: Postgres, schema: str) -> Iterator[str]:
    """The URL of a role with a password that must not be seen, and no rights."""
    postgres.run(f"CREATE ROLE r_{schema} LOGIN PASSWORD '{SECRET}'")
    yield postgres.url(f"r_{schema}", ENCODED)
    postgres.run(f"DROP OWNED BY r_{schema}", f"DROP ROLE r_{schema}")


def test_a_password_with_reserved_characters_works(postgres: Postgres, reader: str, tmp_path: Path) -> None:
    assert run(reader, tmp_path, query="SELECT current_user::text AS a, 1 AS b")[1][0]["b"] == 1


@pytest.mark.parametrize(
    ("change", "what", "remedy"),
    [
        (lambda url, port: url.replace(ENCODED, ENCODED + "x"), "refused the user's name or password", "file:url"),
        (lambda url, port: url.replace("r_test", "nobody"), "refused the user's name or password", "file:url"),
        (
            lambda url, port: url.replace("127.0.0.1", "nohost.invalid"),
            "host nohost.invalid is not known",
            "file:url",
        ),
        (lambda url, port: url.replace("/postgres", "/nope"), "no database nope", "file:url"),
        (lambda url, port: url.replace(f":{port}", ":1"), "nothing answers at 127.0.0.1", "port"),
        (lambda url, port: url + "?nonsense=1", "parameter that the driver does not accept", "file:url"),
        (lambda url, port: url + "?sslmode=no", "sslmode is unknown", "verify-full"),
        (lambda url, port: url + "?sslmode", "cannot be parsed", "percent-encoded"),
        (lambda url, port: url.replace("127.0.0.1", "db.example.com") + "?sslmode=disable", "unencrypted", "sslmode"),
        (lambda url, port: url.replace("127.0.0.1", "10.1.2.3") + "?sslmode=prefer", "unencrypted", "sslmode"),
        (lambda url, port: url + "?hostaddr=10.1.2.3&sslmode=allow", "unencrypted", "sslmode"),
        (lambda url, port: url + "?sslmode=require", "offers no encryption", "ssl"),
        (lambda url, port: f"host=127.0.0.1 password={SECRET}", "not a PostgreSQL connection URL", "postgresql://"),
        (lambda url, port: f"mysql://u:{ENCODED}@h/d", "not a PostgreSQL connection URL", "postgresql://"),
        (lambda url, port: f"postgresql://u:{SECRET}@[h/d", "cannot be parsed", "percent-encoded"),
        (lambda url, port: f"postgresql://u:{SECRET} x@127.0.0.1/d", "", "percent-encoded"),
    ],
)
def test_a_url_that_does_not_lead_to_the_database(
    postgres: Postgres, reader: str, tmp_path: Path, change: Any, what: str, remedy: str
) -> None:
    with pytest.raises(SourceError) as fault:
        run(change(reader, postgres.port), tmp_path, table="public.t")
    said = message(fault)
    assert what in said and remedy in fault.value.remedy and fault.value.where == "file:url"


@pytest.mark.parametrize(
    ("declared", "what", "remedy"),
    [
        ({"table": "{s}.custommers"}, "no such table", "did you mean {s}.customers?"),
        ({"table": "a.b.c"}, "not a table's name", "schema.table"),
        ({"table": "{s}."}, "not a table's name", "schema.table"),
        ({"table": "{s}.customers", "watermark": "updatedat"}, "no column 'updatedat'", "did you mean updated_at?"),
        ({"table": "{s}.customers", "partition_on": "idd"}, "no column 'idd'", "did you mean id?"),
        ({"table": "{s}.customers", "partition_on": "doc"}, "cannot be cut into ranges", "partition_on"),
        ({"table": "{s}.customers", "watermark": "name"}, "cannot be a watermark", "timestamp"),
        ({"table": "{s}.nothing"}, "no columns", ""),
        ({"query": "SELECT nme FROM {s}.customers"}, 'column "nme" does not exist', "name"),
        ({"query": "SELECT * FROM {s}.customer"}, "does not exist", "check the name"),
        ({"query": "SELEC 1"}, "syntax error", "one SELECT"),
        ({"query": "SELECT 1; SELECT 2"}, "syntax error", "one SELECT"),
        ({"query": "SELECT 1 AS a, 2 AS a"}, "'a' stands twice", "AS"),
        ({"query": "DELETE FROM {s}.customers RETURNING *"}, "syntax error", "one SELECT"),
        ({"query": "SELECT setval('{s}.n', 7)"}, "read-only transaction", "read-only"),
        ({"query": "SELECT pg_sleep(9)::text", "statement_timeout": 0.2}, "statement timeout", "statement_timeout"),
        ({"query": "SELECT name::int AS n FROM {s}.customers"}, "could not compute|while reading", "quote a record"),
        ({"table": "{s}.customers", "query": "SELECT 1"}, "either a table or a query", "one of"),
        ({}, "either a table or a query", "one of"),
    ],
    ids=str,
)
def test_a_declaration_that_does_not_fit_the_database(
    postgres: Postgres, schema: str, tmp_path: Path, declared: dict[str, Any], what: str, remedy: str
) -> None:
    postgres.run(
        f"CREATE TABLE {schema}.customers (id int, name text, doc jsonb, updated_at timestamptz)",
        f"INSERT INTO {schema}.customers VALUES (1, 'Jane Roe', '{{}}', now())",
        f"CREATE TABLE {schema}.nothing ()",
        f"CREATE SEQUENCE {schema}.n",
    )
    given: dict[str, Any] = {
        key: value.format(s=schema) if isinstance(value, str) else value for key, value in declared.items()
    }
    watermark = given.pop("watermark", None)
    with pytest.raises(SourceError) as fault:
        run(postgres.url(), tmp_path, watermark_column=watermark, **given)
    said = str(fault.value)
    assert any(one in said for one in what.format(s=schema).split("|")), said
    assert remedy.format(s=schema) in fault.value.remedy and fault.value.where
    assert "Jane" not in "".join(traceback.format_exception(fault.value))


def test_a_missing_privilege_names_the_grant(postgres: Postgres, schema: str, reader: str, tmp_path: Path) -> None:
    postgres.run(f"CREATE TABLE {schema}.t AS SELECT 1 AS a")
    with pytest.raises(SourceError, match="permission denied for schema") as fault:
        run(reader, tmp_path, table=f"{schema}.t")
    assert "GRANT USAGE" in message(fault)
    postgres.run(f"GRANT USAGE ON SCHEMA {schema} TO r_{schema}")
    with pytest.raises(SourceError, match="permission denied for table t") as fault:
        run(reader, tmp_path, table=f"{schema}.t")
    assert "GRANT SELECT" in message(fault)
    postgres.run(f"GRANT SELECT ON {schema}.t TO r_{schema}")
    assert run(reader, tmp_path, table=f"{schema}.t")[1] == [{"a": 1}]


def _terminate(postgres: Postgres) -> None:
    postgres.run(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'antechamber'"
    )


def test_a_connection_that_drops_while_reading_is_an_error_and_the_next_run_is_whole(
    postgres: Postgres, tmp_path: Path
) -> None:
    declared: dict[str, Any] = {"query": "SELECT i, repeat('x', 200) AS pad FROM generate_series(1, 300000) i"}
    table = source(postgres.url(), tmp_path, **declared)
    (partition,) = table.list(Progress()).partitions
    batches = table.read(partition)
    next(batches)
    _terminate(postgres)
    with pytest.raises(SourceError, match="connection to the server was lost") as fault:
        list(batches)
    assert "run again" in message(fault) and fault.value.where == "query#1/1"
    with pytest.raises(SourceError, match="connection to the server was lost"):
        list(table.read(partition))
    table.close()
    assert len(run(postgres.url(), tmp_path, **declared)[1]) == 300_000


def test_a_server_that_restarts_in_the_middle_is_an_error_and_the_next_run_is_whole(tmp_path: Path) -> None:
    own = Postgres()
    own.start()
    try:
        own.run("CREATE TABLE t AS SELECT i, repeat('x', 300) AS pad FROM generate_series(1, 400000) i")
        table = source(own.url(), tmp_path, table="t", max_connections=1)
        (partition,) = table.list(Progress()).partitions
        batches = table.read(partition)
        next(batches)
        own.stop("fast")
        own.start()
        with pytest.raises(SourceError, match="lost"):
            list(batches)
        with pytest.raises(SourceError):
            list(table.read(partition))
        table.close()
        assert len(run(own.url(), tmp_path, table="t")[1]) == 400_000
    finally:
        own.stop()
        shutil.rmtree(own.folder, ignore_errors=True)


def test_closing_ends_readers_of_other_threads(postgres: Postgres, tmp_path: Path) -> None:
    table = source(postgres.url(), tmp_path, query="SELECT i, pg_sleep(0.01)::text FROM generate_series(1, 100000) i")
    (partition,) = table.list(Progress()).partitions
    faults: list[BaseException] = []

    def read() -> None:
        try:
            list(table.read(partition))
        except BaseException as fault:
            faults.append(fault)

    reader = threading.Thread(target=read)
    reader.start()
    reader.join(0.5)
    table.close()
    reader.join(10)
    assert not reader.is_alive() and isinstance(faults[0], SourceError) and "closed" in str(faults[0])
    assert postgres.run("SELECT 1 FROM pg_stat_activity WHERE application_name = 'antechamber'") == []


def test_the_password_is_in_no_process_argument(postgres: Postgres, reader: str, tmp_path: Path) -> None:
    table = source(reader, tmp_path, query="SELECT 1 AS a")
    table.list(Progress())
    processes = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    table.close()
    assert SECRET not in processes and ENCODED not in processes
    assert SECRET not in repr(table.__dict__)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://u@db.example.com/d", "sslmode=verify-full&sslrootcert=system"),
        ("postgres://u@[2001:db8::1]:5432/d", "sslmode=verify-full&sslrootcert=system"),
        ("postgresql://u@localhost,db.example.com/d", "sslmode=verify-full"),
        ("postgresql://u@/d?host=db.example.com", "sslmode=verify-full"),
        ("postgresql://u@localhost/d?service=x", "sslmode=verify-full"),
        ("postgresql://u@localhost.example.com/d", "sslmode=verify-full"),
        ("postgresql://u@db.example.com/d?sslmode=require", "sslmode=require"),
        ("postgresql://u@db/d?sslrootcert=/x/ca.pem", "sslrootcert=%2Fx%2Fca.pem"),
        ("postgresql://u@localhost/d", "sslmode=prefer"),
        ("postgresql://u@[::1]/d", "sslmode=prefer"),
        ("postgresql:///d?host=/var/run/postgresql", "sslmode=prefer"),
    ],
)
def test_encryption_is_the_default_off_this_machine(url: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    uri = parse(url, "env:X").uri
    assert mode in uri and "application_name=antechamber" in uri
    assert ("sslrootcert=system" in uri) == (mode.startswith("sslmode=verify-full"))


def test_a_host_of_the_environment_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.com")
    assert "sslmode=verify-full" in parse("postgresql:///d", "env:X").uri
    monkeypatch.setenv("PGSSLMODE", "disable")
    with pytest.raises(SourceError, match="unencrypted"):
        parse("postgresql:///d", "env:X")


@pytest.fixture
def encrypted(postgres: Postgres, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """(port, certificate) of a front of the server that speaks TLS as db.example.test, by an authority of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "db.example.test")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("db.example.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain = tmp_path / "server.pem"
    chain.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.set_alpn_protocols(["postgresql"])
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if client.recv(8)[4:] != b"\x04\xd2\x16\x2f":  # not an SSLRequest
                client.close()
                continue
            client.sendall(b"S")
            try:
                inside = context.wrap_socket(client, server_side=True)
            except (ssl.SSLError, OSError):
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", postgres.port))
            threading.Thread(target=pump, args=(inside, server), daemon=True).start()
            threading.Thread(target=pump, args=(server, inside), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], chain
    listener.close()


def test_a_server_off_this_machine_is_read_encrypted_and_its_certificate_verified(
    encrypted: tuple[int, Path], tmp_path: Path
) -> None:
    port, authority = encrypted
    url = f"postgresql://postgres@db.example.test:{port}/postgres?hostaddr=127.0.0.1"
    with pytest.raises(SourceError, match="certificate could not be verified") as fault:
        run(url, tmp_path, query="SELECT 1 AS a")
    assert "sslrootcert" in message(fault)
    assert run(f"{url}&sslrootcert={authority}", tmp_path, query="SELECT 1 AS a")[1] == [{"a": 1}]
    wrong_name = url.replace("db.example.test", "other.example.test")
    with pytest.raises(SourceError, match="certificate could not be verified"):
        run(f"{wrong_name}&sslrootcert={authority}", tmp_path, query="SELECT 1 AS a")
