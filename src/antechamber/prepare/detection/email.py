"""E-mail addresses: `name@host.tld`, also in links (`%40`).

Not one: a handle (`@name`, `@name@host.social`), the user of a connection (`https://user@host/`, `git@host:path`), a
package or an image and its version (`lodash@4.17.21`, `logo@2x.png`).
"""

from __future__ import annotations

import re

from antechamber.prepare.detection.detector import Detector, Situation

_ADDRESS = re.compile(
    r"(?<![\w.!#$&'*+^`{|}~%@-])"
    r"(?P<local>[\w!#$&'*+^`{|}~%-]+(?:\.[\w!#$&'*+^`{|}~%-]+)*)@"
    r"(?P<host>[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*)\.(?P<top>xn--[a-z0-9-]+|[^\W\d_]{2,24})"
    r"(?![\w@-])",
    re.IGNORECASE,
)

FILE_ENDINGS = frozenset(
    {
        "png", "jpg", "jpeg", "gif", "svg", "tsv", "webp", "bmp", "tif", "tiff", "ico", "heic", "avif", "js", "mjs",
        "ts", "tsx", "jsx", "css", "scss", "json", "jsonl", "html", "htm", "xml", "yaml", "yml", "toml", "txt", "csv",
        "parquet", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "gz", "tgz", "bz2", "xz", "exe", "dll", "jar",
        "war", "log", "sql", "woff", "ttf", "eot", "lock",
    }
)  # fmt: skip
"""Endings of files that are no top-level domain of the Internet."""


def _holds(text: str, _: Situation) -> bool:
    text = text.replace("%40", "@")
    return any(_is_address(text, found) for found in _ADDRESS.finditer(text))


def _is_address(text: str, found: re.Match[str]) -> bool:
    if found["top"].lower() in FILE_ENDINGS or len(found["local"]) > 64:
        return False
    before = text[: found.start()].split()[-1:] if found.start() and not text[found.start() - 1].isspace() else []
    authority = before[0].rpartition("://") if before else ("", "", "")
    if authority[1] and not re.search("[/?#]", authority[2]):
        return False  # the user of a URL
    return re.match(r":[^\s/]*[^\s/:]+/", text[found.end() :]) is None  # scp's user@host:path


EMAIL = Detector("email", "an e-mail address", "@|%40", 6, _holds)
