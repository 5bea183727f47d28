"""Steps that hide personal information: masks and keyed hashes, as far as their algorithms are documented."""

from __future__ import annotations

import re

from antechamber.declare.model import show
from antechamber.prepare.databrew.arguments import read_argument
from antechamber.prepare.databrew.operation import (
    ACTION,
    EACH,
    ONE_COLUMN,
    Call,
    Native,
    Operation,
    Parameter,
    Refused,
    Steps,
    optional,
    required,
)

ALGORITHMS = ("MD5", "SHA1", "SHA256", "SHA512", "HMAC_MD5", "HMAC_SHA1", "HMAC_SHA256", "HMAC_SHA512")
WEAK = ("MD5", "SHA1", "HMAC_MD5", "HMAC_SHA1")
DATE_PARTS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND")
ENTITIES = optional("entityTypeFilter", "texts")
ALPHABET = optional("alphabet", "texts", "SYMBOLS", "WHITESPACE")
SYMBOL = required("maskSymbol", "text")


def _whole_values(call: Call) -> None:
    call.no_conditions("this operation is not carried over for a part of the rows")
    if call.arguments.get("entityTypeFilter"):
        raise Refused(
            "DataBrew does not document how it finds entities in free text",
            "remove entityTypeFilter: whole values are protected",
            "entityTypeFilter",
        )
    call.state.numeric -= set(call.columns)


def _masked(call: Call, **how: object) -> list[Native]:
    _whole_values(call)
    if len(call["maskSymbol"]) != 1:
        raise Refused(
            f"{show(call['maskSymbol'])} is not one character", "write one character, such as #", "maskSymbol"
        )
    body = {
        "columns": list(call.columns),
        "symbol": call["maskSymbol"],
        **{name: each for name, each in how.items() if each is not None},
    }
    if call.arguments.get("alphabet"):
        body["keep"] = [each.lower() for each in call["alphabet"]]
    return [{"mask": body}]


def _range(call: Call) -> list[Native]:
    return _masked(call, start=call["start"], stop=call["stop"])


def _delimiter(call: Call) -> list[Native]:
    if call["startDelimiter"] is None and call["endDelimiter"] is None:
        raise Refused("no delimiter is named", "add startDelimiter or endDelimiter, or use MASK_RANGE")
    return _masked(
        call, after=call["startDelimiter"], before=call["endDelimiter"], delimiters=call["preserveDelimiters"] or None
    )


def _custom(call: Call) -> list[Native]:
    if not call["regex"]:
        return _masked(call, find=call["customValue"])
    return _masked(call, pattern=read_argument(Parameter("customValue", "pattern"), call["customValue"]))


def _date(call: Call) -> list[Native]:
    if (call["locale"] or "en").split("-")[0].lower() != "en":
        raise Refused(
            f"{show(call['locale'])} is not English", "dates of other languages are not carried over", "locale"
        )
    return _masked(call, date_parts=[each.lower() for each in call["redact"]])


def secret_reference(secret_id: str, version: str | None, secrets: object) -> str:
    """DataBrew's id of a secret → a secret reference: the connector's, else AWS Secrets Manager's of that name."""
    if isinstance(secrets, dict) and secret_id in secrets:
        return str(secrets[secret_id])
    arn = re.fullmatch(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:(\S+)", secret_id)
    if secret_id.startswith("arn:") and arn is None:
        raise Refused(
            "it is no ARN of Secrets Manager", "write arn:aws:secretsmanager:region:account:secret:name", "secretId"
        )
    return f"aws-secretsmanager:{secret_id}"


def _hash(call: Call) -> list[Native]:
    algorithm = call["algorithm"]
    if algorithm in WEAK:
        raise Refused(
            f"{algorithm} is broken: what it hides can be found by trying",
            "use HMAC_SHA256, and have the partner do the same",
            "algorithm",
        )
    if call["outputFormat"] not in ("BASE64", "HEX"):
        raise Refused(
            f"{show(call['outputFormat'])} is not an output format", "use one of BASE64, HEX", "outputFormat"
        )
    body: dict[str, object] = {"columns": list(call.columns), "algorithm": algorithm.lower().replace("_", "-")}
    if algorithm.startswith("HMAC"):
        if call["secretId"] is None:
            raise Refused("a keyed hash needs its key", "add secretId", "secretId")
        if call["secretId"] == "databrew!default" and "databrew!default" not in call.state.secrets:
            raise Refused(
                "anyone with access to DataBrew can read its default secret",
                "say under recipe: secrets: where a copy of it is kept, or use a secret of your own",
                "secretId",
            )
        body["key"] = secret_reference(call["secretId"], call["secretVersion"], dict(call.state.secrets))
        body["key_encoding"] = "base64"
    body["encoding"] = call["outputFormat"].lower()
    _whole_values(call)
    return [{"hash": body}]


def _action(name: str, parameters: tuple[Parameter, ...], about: str, steps: Steps) -> Operation:
    return Operation(name, ACTION + name, (*EACH, *parameters), about, steps, (ONE_COLUMN,))


OPERATIONS = (
    _action(
        "CRYPTOGRAPHIC_HASH",
        (
            optional("secretId", "text"),
            optional("secretVersion", "text"),
            ENTITIES,
            optional("createSecretIfMissing", "flag"),
            optional("algorithm", "text", *ALGORITHMS, default="HMAC_SHA256"),
            optional("outputFormat", "text", default="BASE64"),
        ),
        "The value becomes its HMAC (RFC 2104) under the key, which is what the secret's text stands for "
        "in Base64, or its "
        "SHA-2; written in Base64 (`outputFormat: HEX` for hexadecimal digits). The DataBrew guide does "
        "not say how a hash "
        "is written: Base64 is what AWS Glue's page of the same transform (CryptographicHash) and an AWS sample of "
        "DataBrew's output show. MD5 and SHA-1 are refused.",
        _hash,
    ),
    _action(
        "MASK_RANGE",
        (SYMBOL, optional("start", "whole"), optional("stop", "whole"), ALPHABET, ENTITIES),
        "Every character from `start` on and before `stop`, counted from 0 and from the end when negative, "
        "becomes the "
        "symbol, but for symbols or white space when `alphabet` keeps them.",
        _range,
    ),
    _action(
        "MASK_DELIMITER",
        (
            SYMBOL,
            optional("startDelimiter", "text"),
            optional("endDelimiter", "text"),
            optional("preserveDelimiters", "flag", default=False),
            ALPHABET,
            ENTITIES,
        ),
        "Every character between the first start "
        "and the end behind it becomes the symbol; the delimiters too when `preserveDelimiters` is true, "
        "as the guide "
        "says.",
        _delimiter,
    ),
    _action(
        "MASK_CUSTOM",
        (SYMBOL, required("customValue", "text"), optional("regex", "flag", default=False), ENTITIES),
        "Every character of what is found becomes the symbol.",
        _custom,
    ),
    _action(
        "MASK_DATE",
        (SYMBOL, required("redact", "texts", *DATE_PARTS), optional("locale", "text")),
        "The digits or letters of a date's parts become the symbol, each one; what is no date stays.",
        _date,
    ),
)
