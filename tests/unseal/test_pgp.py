"""PGP messages: what is opened, and what is refused before anyone may believe it."""

from __future__ import annotations

import io
import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.unseal.conftest import PASSPHRASE, Sender
from tests.unseal.reading import read

from antechamber.declare.source import Decrypt
from antechamber.errors import SecretError, SourceError, UnsealError
from antechamber.secrets import Secrets
from antechamber.unseal import Unsealer

pytestmark = pytest.mark.usefixtures("temporary")

CURVE = Decrypt(pgp="file:curve.asc", passphrase="file:passphrase")
SIGNED = Decrypt(pgp="file:rsa.asc", signer="file:signer.pub")


def opened(message: bytes, pgp: Decrypt, secrets: Secrets) -> bytes:
    with Unsealer(pgp, secrets) as unsealer, unsealer.unsealed(io.BytesIO(message), "in/x.pgp", ["pgp"]) as members:
        return read(members)[""]


def refused(message: bytes, pgp: Decrypt, secrets: Secrets) -> str:
    """What is said of a message that is not opened."""
    with pytest.raises(UnsealError) as said:
        opened(message, pgp, secrets)
    assert said.value.where == "in/x.pgp"
    assert said.value.remedy
    assert "example" not in str(said.value)
    return said.value.what


@pytest.mark.parametrize("options", [[], ["--armor"], ["--compress-algo=none"], ["--compress-algo=bzip2", "--armor"]])
def test_a_message_is_opened_binary_or_armored(
    options: list[str], sender: Sender, content: bytes, pgp: Decrypt, secrets: Secrets
) -> None:
    assert opened(sender.message(content, *options), pgp, secrets) == content


def test_an_empty_content_is_opened(sender: Sender, pgp: Decrypt, secrets: Secrets) -> None:
    assert opened(sender.message(b""), pgp, secrets) == b""


def test_a_binary_key_opens_too(sender: Sender, secrets: Secrets) -> None:
    assert opened(sender.message(b"a,b\n"), Decrypt(pgp="file:rsa.bin"), secrets) == b"a,b\n"


def test_any_of_several_keys_opens(sender: Sender, secrets: Secrets) -> None:
    both = Decrypt(pgp=("file:curve.asc", "file:rsa.asc"), passphrase="file:passphrase")
    for to in ("rsa", "curve"):
        assert opened(sender.message(b"a,b\n", to=to), both, secrets) == b"a,b\n"


def test_a_message_to_a_hidden_recipient_is_opened(sender: Sender, pgp: Decrypt, secrets: Secrets) -> None:
    assert opened(sender.message(b"a,b\n", "--throw-keyids"), pgp, secrets) == b"a,b\n"


def test_a_byte_order_mark_and_blank_lines_around_armor_are_no_matter(
    sender: Sender, pgp: Decrypt, secrets: Secrets
) -> None:
    armored = sender.message(b"a,b\n", "--armor").replace(b"\n", b"\r\n")
    assert opened(b"\xef\xbb\xbf\r\n" + armored + b"\r\n\r\n", pgp, secrets) == b"a,b\n"


@pytest.mark.parametrize("options", [[], ["--armor"], ["--compress-algo=none"]])
def test_a_message_cut_anywhere_is_refused(
    options: list[str], sender: Sender, content: bytes, pgp: Decrypt, secrets: Secrets
) -> None:
    message = sender.message(content[:300_000], *options).rstrip()
    size = len(message)
    with Unsealer(pgp, secrets) as unsealer:
        for cut in [0, 1, 2, 30, 100, 270, 300, 600, size // 2, size - 70, size - 25, size - 21, size - 2, size - 1]:
            with (
                pytest.raises(UnsealError),
                unsealer.unsealed(io.BytesIO(message[:cut]), "x", ["pgp"]) as members,
            ):
                read(members)


def test_a_message_with_a_flipped_bit_is_refused(
    sender: Sender, content: bytes, pgp: Decrypt, secrets: Secrets
) -> None:
    dice = random.Random(3)
    stored = sender.message(content, "--compress-algo=none")
    packed = sender.message(content)
    with Unsealer(pgp, secrets) as unsealer:
        for message in (stored, packed):
            for _ in range(8):
                damaged = bytearray(message)
                damaged[dice.randrange(300, len(message))] ^= 1 << dice.randrange(8)
                with (
                    pytest.raises(UnsealError),
                    unsealer.unsealed(io.BytesIO(bytes(damaged)), "x", ["pgp"]) as members,
                ):
                    read(members)


@pytest.mark.parametrize("options", [[], ["--armor"]])
@pytest.mark.parametrize("tail", [b"garbage", b"\0" * 3_000_000, b"-----END PGP MESSAGE-----\n"])
def test_something_after_a_message_is_refused(
    options: list[str], tail: bytes, sender: Sender, pgp: Decrypt, secrets: Secrets
) -> None:
    refused(sender.message(b"a,b\n", *options) + tail, pgp, secrets)


@pytest.mark.parametrize("options", [[], ["--armor"]])
def test_two_messages_in_a_file_are_refused_and_not_half_read(
    options: list[str], sender: Sender, pgp: Decrypt, secrets: Secrets
) -> None:
    message = sender.message(b"a,b\n", *options)
    for between in (b"", b"\n", b"text\n"):
        refused(message + between + message, pgp, secrets)


def test_a_plain_packet_beside_an_encrypted_one_is_refused(
    sender: Sender, content: bytes, pgp: Decrypt, secrets: Secrets
) -> None:
    plain = sender.gpg("--store", data=content)
    message = sender.message(content)
    refused(plain + message, pgp, secrets)
    refused(message + plain, pgp, secrets)


def test_a_message_that_is_not_encrypted_is_refused(sender: Sender, pgp: Decrypt, secrets: Secrets) -> None:
    for message in (
        sender.gpg("--store", data=b"a,b\n"),
        sender.gpg("--local-user=signer@example.org", "--sign", data=b"a,b\n"),
    ):
        assert refused(message, SIGNED, secrets) == "the message is not encrypted"
        assert refused(message, pgp, secrets) == "the message is not encrypted"


def test_what_is_not_pgp_at_all_is_refused(pgp: Decrypt, secrets: Secrets, content: bytes) -> None:
    for data in (b"", b"id,email\n", content, b"\x89PNG", b"-----BEGIN PGP MESSAGE-----\n"):
        refused(data, pgp, secrets)


def test_a_message_to_someone_else_names_the_key_it_was_made_for(sender: Sender, secrets: Secrets) -> None:
    what = refused(sender.message(b"a,b\n", to="curve"), Decrypt(pgp="file:rsa.asc"), secrets)
    listed = sender.gpg("--with-colons", "--list-keys", "curve@example.org").decode()
    subkey = next(line.split(":")[4] for line in listed.splitlines() if line.startswith("sub"))
    assert what.endswith(f"encrypted to {subkey}")


def test_a_message_under_a_passphrase_only_is_refused_even_if_we_know_it(sender: Sender, secrets: Secrets) -> None:
    message = sender.gpg(f"--passphrase={PASSPHRASE}", "--symmetric", data=b"a,b\n")
    assert "passphrase and not to a key" in refused(message, CURVE, secrets)
    assert "passphrase and not to a key" in refused(message, Decrypt(pgp="file:rsa.asc"), secrets)


def test_a_message_without_integrity_protection_is_refused(sender: Sender, pgp: Decrypt, secrets: Secrets) -> None:
    message = _unprotected(sender, b"a,b\n" * 2000)
    assert "no integrity protection" in refused(message, pgp, secrets)


def test_a_protected_key_opens_with_its_passphrase(sender: Sender, content: bytes, secrets: Secrets) -> None:
    assert opened(sender.message(content, to="curve"), CURVE, secrets) == content


def test_a_key_whose_primary_part_is_kept_elsewhere_opens(sender: Sender, secrets: Secrets) -> None:
    passphrase = f"--passphrase={PASSPHRASE}"
    subkeys = sender.gpg(passphrase, "--armor", "--export-secret-subkeys", "curve@example.org")
    (secrets.root / "subkeys.asc").write_bytes(subkeys)
    declared = Decrypt(pgp="file:subkeys.asc", passphrase="file:passphrase")
    assert opened(sender.message(b"a,b\n", to="curve"), declared, secrets) == b"a,b\n"


def test_a_message_of_a_given_signer_is_opened(sender: Sender, content: bytes, secrets: Secrets) -> None:
    two = Decrypt(pgp="file:rsa.asc", signer=("file:stranger.pub", "file:signer.pub"))
    for options in ([], ["--armor"]):
        message = sender.message(content, *options, signed="signer")
        assert opened(message, SIGNED, secrets) == content
        assert opened(message, two, secrets) == content


def test_a_message_that_should_be_signed_and_is_not_is_refused(sender: Sender, secrets: Secrets) -> None:
    assert refused(sender.message(b"a,b\n"), SIGNED, secrets) == "the message is not signed"


def test_a_message_signed_by_another_key_is_refused(sender: Sender, secrets: Secrets) -> None:
    unknown = "the message is signed by a key that is not among the signers"
    assert refused(sender.message(b"a,b\n", signed="stranger"), SIGNED, secrets) == unknown
    # The reader's own key is in the same keyring and yet no signer.
    assert refused(sender.message(b"a,b\n", signed="rsa"), SIGNED, secrets) == unknown


def test_a_second_unknown_signature_does_not_spoil_a_good_one(sender: Sender, secrets: Secrets) -> None:
    message = sender.message(b"a,b\n", "--local-user=stranger@example.org", signed="signer")
    assert opened(message, SIGNED, secrets) == b"a,b\n"


def test_a_signature_that_does_not_fit_the_content_is_refused(sender: Sender, secrets: Secrets) -> None:
    signed = sender.gpg("--compress-algo=none", "--local-user=signer@example.org", "--sign", data=b"id\n1\n")
    forged = sender.message(signed.replace(b"id\n1\n", b"id\n2\n"), "--no-literal", "--compress-algo=none")
    honest = sender.message(signed, "--no-literal", "--compress-algo=none")
    assert opened(honest, SIGNED, secrets) == b"id\n1\n"
    assert refused(forged, SIGNED, secrets) == "the message's signature is wrong"


def test_unsigned_content_beside_signed_content_is_refused(sender: Sender, secrets: Secrets) -> None:
    signed = sender.gpg("--compress-algo=none", "--local-user=signer@example.org", "--sign", data=b"id\n1\n")
    plain = sender.gpg("--compress-algo=none", "--store", data=b"2\n")
    for packets in (signed + plain, plain + signed):
        refused(sender.message(packets, "--no-literal", "--compress-algo=none"), SIGNED, secrets)


def test_a_signature_by_a_key_that_has_expired_is_refused(sender: Sender, secrets: Secrets) -> None:
    then = "--faked-system-time=20200101T000000"
    sender.gpg(then, "--passphrase=", "--quick-gen-key", "expired@example.org", "ed25519", "sign", "30d")
    (secrets.root / "expired.pub").write_bytes(sender.public("expired"))
    message = sender.message(b"a,b\n", then, "--ignore-time-conflict", "--ignore-valid-from", signed="expired")
    assert "expired" in refused(message, Decrypt(pgp="file:rsa.asc", signer="file:expired.pub"), secrets)


def test_a_clear_text_signature_or_a_key_is_no_message(sender: Sender, secrets: Secrets) -> None:
    clear = sender.gpg("--local-user=signer@example.org", "--clear-sign", data=b"a,b\n")
    assert refused(clear, SIGNED, secrets) == "the message is not encrypted"
    assert refused(sender.public("rsa"), SIGNED, secrets) == "this is not a PGP message, or it is truncated"


def test_signatures_are_no_matter_when_no_signer_is_declared(sender: Sender, pgp: Decrypt, secrets: Secrets) -> None:
    assert opened(sender.message(b"a,b\n", signed="stranger"), pgp, secrets) == b"a,b\n"


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        (Decrypt(pgp="file:rsa.pub"), "this is a public key; opening messages needs the private one"),
        (Decrypt(pgp="file:passphrase"), "no PGP key of the kind needed is found here"),
        (Decrypt(pgp="file:rsa.asc", signer="file:passphrase"), "no PGP key of the kind needed is found here"),
        (Decrypt(pgp="file:curve.asc"), "the key has a passphrase"),
        (Decrypt(pgp="file:curve.asc", passphrase="file:wrong"), "the passphrase does not open this key"),
        (Decrypt(pgp="file:absent.asc"), "there is no such file"),
        (Decrypt(pgp="file:rsa.asc", passphrase="env:ANTECHAMBER_NO_SUCH"), "the environment variable is not set"),
    ],
)
def test_keys_are_checked_before_any_message(declared: Decrypt, what: str, secrets: Secrets) -> None:
    with Unsealer(declared, secrets) as unsealer, pytest.raises(SecretError) as said:
        unsealer.check()
    assert said.value.what == what
    assert said.value.remedy


def test_a_pgp_file_without_a_declared_key_says_what_to_declare(sender: Sender, secrets: Secrets) -> None:
    with (
        Unsealer(None, secrets) as unsealer,
        unsealer.unsealed(io.BytesIO(sender.message(b"x")), "in/x.pgp", ["pgp"]) as members,
        pytest.raises(UnsealError, match="decrypt:"),
    ):
        next(members)


def test_without_gnupg_the_remedy_is_to_install_it(
    secrets: Secrets, pgp: Decrypt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Unsealer(pgp, secrets) as unsealer, pytest.raises(UnsealError, match="apt install gnupg"):
        unsealer.check()


def test_other_files_go_on_after_a_bad_one(sender: Sender, content: bytes, pgp: Decrypt, secrets: Secrets) -> None:
    good = sender.message(content)
    files = [good, good[:-1], good, sender.message(b"x", to="curve"), b"", good]
    outcomes = []
    with Unsealer(pgp, secrets) as unsealer:
        for file in files:
            try:
                with unsealer.unsealed(io.BytesIO(file), "x", ["pgp"]) as members:
                    outcomes.append(read(members)[""] == content)
            except UnsealError:
                outcomes.append(False)
    assert outcomes == [True, False, True, False, False, True]


def test_many_threads_share_one_unsealer(sender: Sender, content: bytes, secrets: Secrets) -> None:
    message = sender.message(content, to="curve")
    with Unsealer(CURVE, secrets) as unsealer, ThreadPoolExecutor(16) as threads:

        def work(_: int) -> bool:
            with unsealer.unsealed(io.BytesIO(message), "x", ["pgp"]) as members:
                return read(members)[""] == content

        assert all(threads.map(work, range(48)))


def test_a_reader_may_stop_early_without_leaving_anything(sender: Sender, pgp: Decrypt, secrets: Secrets) -> None:
    message = sender.message(random.Random(5).randbytes(20_000_000), "--compress-algo=none")
    source = io.BytesIO(message)
    with Unsealer(pgp, secrets) as unsealer:
        with unsealer.unsealed(source, "x", ["pgp"]) as members:
            assert len(next(members).stream.read(1000)) == 1000
            assert decrypting()
        assert not decrypting()
        assert not source.closed
        assert source.tell() < len(message)


def test_an_error_of_the_source_comes_through(sender: Sender, content: bytes, pgp: Decrypt, secrets: Secrets) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 500_000:
                raise SourceError("the file changed while it was read")
            return super().read(min(size or 0, 100_000))

    with (
        Unsealer(pgp, secrets) as unsealer,
        unsealer.unsealed(Breaking(sender.message(content)), "x", ["pgp"]) as members,
        pytest.raises(SourceError, match="changed"),
    ):
        read(members)


def decrypting() -> list[str]:
    """The gpg processes that this process runs now."""
    listed = subprocess.run(["ps", "-ww", "-eo", "ppid,stat,args"], capture_output=True, text=True, check=True).stdout
    fields = (line.split(maxsplit=2) for line in listed.splitlines()[1:])
    return [args for parent, state, args in fields if int(parent) == os.getpid() and "--decrypt" in args]


def _unprotected(sender: Sender, data: bytes) -> bytes:
    """A message in the old way (a packet of tag 9 without modification detection), which GnuPG no longer makes."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    try:
        from cryptography.hazmat.decrepit.ciphers.modes import CFB
    except ImportError:
        from cryptography.hazmat.primitives.ciphers.modes import CFB

    message = sender.message(b"x", "--compress-algo=none", "--cipher-algo=AES256", "--rfc4880")
    shown = subprocess.run(
        ["gpg", f"--homedir={sender.home}", "--batch", "--show-session-key", "--decrypt"],
        input=message,
        capture_output=True,
        check=True,
    ).stderr.decode()
    key = bytes.fromhex(shown.split("session key: '9:")[1].split("'")[0])
    header = 3 if message[0] & 3 == 1 else 2  # old packet format: tag octet and one or two octets of length
    length = int.from_bytes(message[1:header], "big")
    session_key = message[: header + length]

    literal = b"b\0" + bytes(4) + data
    packet = b"\xcb\xff" + len(literal).to_bytes(4, "big") + literal
    start = random.Random(9).randbytes(16)
    first = Cipher(algorithms.AES256(key), CFB(bytes(16))).encryptor()
    prefix = first.update(start + start[-2:])
    rest = Cipher(algorithms.AES256(key), CFB(prefix[2:18])).encryptor()  # RFC 4880, 13.9: resynchronised
    body = prefix + rest.update(packet)
    return session_key + b"\xc9\xff" + len(body).to_bytes(4, "big") + body
