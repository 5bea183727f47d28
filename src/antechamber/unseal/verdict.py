"""What GnuPG's status lines say about a message: whether it may be believed, and why not.

Source: GnuPG doc/DETAILS, "Format of the --status-fd output".
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from antechamber.errors import UnsealError

AGAIN = "ask the sender to upload it again"


class Verdict:
    """Collects the status lines of one decryption."""

    def __init__(self) -> None:
        self._recipients: list[str] = []
        self._inside = self._okay = self._intact = self._unprotected = self._no_key = False
        self._contents = self._contents_outside = 0
        self._passphrase_only = False
        self._signatures: list[_Signature] = []

    def line(self, line: str) -> None:
        """Take in one line, such as `[GNUPG:] GOODMDC`."""
        _, _, said = line.partition("[GNUPG:] ")
        keyword, *words = said.split(" ")
        match keyword:
            case "ENC_TO" if words and len(self._recipients) < 100:
                self._recipients.append(words[0])
            case "NEED_PASSPHRASE_SYM":
                self._passphrase_only = not self._recipients
            case "NO_SECKEY":
                self._no_key = True
            case "BEGIN_DECRYPTION":
                self._inside = True
            case "END_DECRYPTION":
                self._inside = False
            case "DECRYPTION_INFO":
                self._unprotected = words[0] == "0" and words[2:3] in ([], ["0"])
            case "PLAINTEXT":
                self._contents += 1
                self._contents_outside += not self._inside
            case "DECRYPTION_OKAY":
                self._okay = True
            case "GOODMDC":
                self._intact = True
            case "NEWSIG" if len(self._signatures) < 100:
                self._signatures.append(_Signature())
            case "GOODSIG" | "BADSIG" | "ERRSIG" | "EXPSIG" | "EXPKEYSIG" | "REVKEYSIG" if self._signatures:
                self._signatures[-1].outcome = keyword
            case "VALIDSIG" if self._signatures:
                self._signatures[-1].fingerprints = {words[0], words[-1]}

    def judge(self, code: int, name: str, signers: AbstractSet[str]) -> None:
        """Raise UnsealError unless the message was meant for us, whole, untouched and rightly signed.

        code: the exit code of gpg. signers: fingerprints of primary keys; when there are any, one of them
        must have signed.
        """
        problem = self._problem() or self._signature_problem(signers)
        if problem is None and code != 0 and not any(s.outcome == "ERRSIG" for s in self._signatures):
            problem = (f"GnuPG gave up on the message (exit code {code})", AGAIN)
        if problem is not None:
            what, remedy = problem
            raise UnsealError(what, where=name, remedy=remedy)

    def _problem(self) -> tuple[str, str] | None:
        if self._passphrase_only:
            return (
                "the message is encrypted with a passphrase and not to a key, which is not supported",
                "send the sender your public key and ask for a message encrypted to it",
            )
        if not self._recipients:
            if self._contents or self._signatures:
                return ("the message is not encrypted", "ask the sender to encrypt it to your public key")
            return ("this is not a PGP message, or it is truncated", AGAIN)
        if self._okay and self._intact and self._contents == 1 and not self._contents_outside:
            return None
        if self._unprotected:
            return (
                "the message has no integrity protection: anyone could have changed it on its way",
                "ask the sender to use current PGP software",
            )
        if self._no_key and not self._contents:
            to = ", ".join(key for key in dict.fromkeys(self._recipients) if key.strip("0")) or "a hidden key"
            return (
                f"none of the given private keys can open the message, which is encrypted to {to}",
                "add that private key under decrypt.pgp, or send the sender your public key",
            )
        if any(s.outcome == "BADSIG" for s in self._signatures):  # GnuPG then calls the decryption failed too
            return ("the message's signature is wrong", AGAIN)
        return ("the message is truncated, was changed on its way or is followed by something else", AGAIN)

    def _signature_problem(self, signers: AbstractSet[str]) -> tuple[str, str] | None:
        if not signers or any(s.outcome == "GOODSIG" and s.fingerprints & signers for s in self._signatures):
            return None
        ours = "check decrypt.signer, and ask the sender which key they sign with"
        if not self._signatures:
            return ("the message is not signed", "ask the sender to sign it, or remove decrypt.signer")
        outcomes = {s.outcome for s in self._signatures}
        if outcomes & {"EXPSIG", "EXPKEYSIG", "REVKEYSIG"}:
            return ("the message's signature or the key that made it has expired or was revoked", ours)
        return ("the message is signed by a key that is not among the signers", ours)


class _Signature:
    def __init__(self) -> None:
        self.outcome = ""
        self.fingerprints: set[str] = set()
