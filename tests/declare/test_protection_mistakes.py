"""What a protection needs, and what it cannot do, is told before any data moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.declare.conftest import FILES

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
CLUB = tuple(FILES)[1]
SCORE, LTV, SIGNUP, ZIP = "{type: float}", "precision: 12, scale: 2", 'format: "%m/%d/%Y"', "country: US"

# (text, what stands there instead, where, what, a part of the remedy)
CASES = [
    (SCORE, "{type: float, protect: bucket}", ":22: columns.score.buckets", "bucket needs its bounds",
     "bucket_width: 10"),
    (SCORE, "{type: float, protect: bucket, buckets: []}", ":22: columns.score.buckets", "the list is empty",
     "one bound"),
    (SCORE, "{type: float, protect: bucket, buckets: [1], bucket_width: 2}", ":22: columns.score.bucket_width",
     "the buckets are given twice", "remove either"),
    (SCORE, "{type: float, protect: bucket, buckets: [1, 3, 3]}", ":22: columns.score.buckets[2]",
     "3 does not lie above the bound before it", "from the least to the greatest"),
    (SCORE, "{type: float, protect: bucket, buckets: [1, x]}", ":22: columns.score.buckets[1]",
     "expected a number, found text", "digits"),
    (SCORE, "{type: float, protect: bucket, buckets: [1e16]}", ":22: columns.score.buckets[0]",
     "1e+16 is too large to be exact", "1e+15"),
    (SCORE, "{type: float, protect: bucket, bucket_width: 0}", ":22: columns.score.bucket_width", "0 is too small",
     "more than 0"),
    (SCORE, "{type: integer, protect: bucket, buckets: [1.5]}", ":22: columns.score.buckets[0]",
     "1.5 has a fraction, and the values have none", "whole number"),
    (SCORE, "{type: string, protect: bucket, buckets: [1]}", ":22: columns.score.protect",
     "`bucket` does not go with type string: it is for integer, decimal, float, date", "mask, truncate or sha256"),
    (SCORE, "{type: float, buckets: [1]}", ":22: columns.score.buckets", "only `protect: bucket` uses buckets",
     "write protect: bucket"),
    (SCORE, "{type: float, protect: bucket, buckets: [1], as_of: 2026-01-01}", ":22: columns.score.as_of",
     "`as_of` means nothing for type float", "it is for date"),
    (SIGNUP, SIGNUP + ", protect: bucket, buckets: [18]", ":19: columns.signup.as_of",
     "a date falls into a bucket by the age at some day, and none is named", "add as_of"),
    (SIGNUP, SIGNUP + ', protect: bucket, buckets: [18], as_of: "1/1/2026"', ":19: columns.signup.as_of",
     "'1/1/2026' is not a day", "2026-01-31"),
    (SIGNUP, SIGNUP + ", protect: truncate", ":19: columns.signup.truncate_to",
     "truncate needs to know how much stays", "one of month, quarter, year"),
    (SIGNUP, SIGNUP + ", protect: truncate, truncate_to: 7", ":19: columns.signup.truncate_to",
     "type date cannot be truncated to '7'", "month, quarter, year"),
    (SIGNUP, SIGNUP + ", protect: truncate, truncate_to: day", ":19: columns.signup.truncate_to",
     "type date cannot be truncated to 'day'", "month, quarter, year"),
    (SIGNUP, SIGNUP + ", protect: truncate, truncate_to: week", ":19: columns.signup.truncate_to",
     "'week' is nothing that a value can be truncated to", "day, month, quarter, year"),
    (ZIP, ZIP + ", protect: truncate, truncate_to: month", ":17: columns.zip.truncate_to",
     "type postal_code has no month", "number of characters"),
    (ZIP, ZIP + ", protect: truncate", ":17: columns.zip.truncate_to", "truncate needs to know how much stays",
     "such as 3"),
    (ZIP, ZIP + ", truncate_to: 3", ":17: columns.zip.truncate_to", "only `protect: truncate` uses truncate_to",
     "write protect: truncate"),
    ("protect: sha256", "protect: truncate\n    truncate_to: 3", ":15: columns.email.protect",
     "`truncate` does not go with type email: it is for id, string, postal_code, date, timestamp, date_of_birth, "
     "ip_address", "sha256, mask or tokenize"),
    ("protect: sha256", "protect: tokenize", ":13: columns.email.secret", "tokenize needs a key", "env:NAME"),
    ("protect: sha256", "protect: sha256\n    token_group: people", ":16: columns.email.token_group",
     "only `protect: tokenize` uses token_group", "write protect: tokenize"),
    ("protect: sha256", "protect: tokenize\n    secret: env:X\n    token_group: Our People",
     ":17: columns.email.token_group", "'Our People' is not a name", "lower-case letters"),
    (SCORE, "{type: float, protect: noise}", ":22: columns.score.noise", "noise needs to know how much",
     "epsilon: 1.0"),
    (SCORE, "{type: float, protect: noise, noise: {epsilon: 1, lower: 0}}", ":22: columns.score.noise.upper",
     "this key is missing", "a number"),
    (SCORE, "{type: float, protect: noise, noise: {epsilon: 0, lower: 0, upper: 9}}",
     ":22: columns.score.noise.epsilon", "0 is too small", "more than 0"),
    (SCORE, "{type: float, protect: noise, noise: {epsilon: 1, lower: 9, upper: 9}}",
     ":22: columns.score.noise.upper", "9 does not lie above lower, 9", "greater"),
    (SCORE, "{type: integer, protect: noise, noise: {epsilon: 1, lower: 0.5, upper: 9}}",
     ":22: columns.score.noise.lower", "0.5 has a fraction, and the values have none", "whole number"),
    (LTV, LTV + ", protect: noise, noise: {epsilon: 1, lower: 0, upper: 1e15}", ":21: columns.ltv.noise.upper",
     "1e+15 is too large for noise on 2 digits behind the point", "a smaller scale"),
    (SCORE, "{type: id, protect: noise, noise: {epsilon: 1, lower: 0, upper: 9}}", ":22: columns.score.protect",
     "`noise` does not go with type id: it is for integer, decimal, float", "never who"),
    (SCORE, "{type: float, noise: {epsilon: 1, lower: 0, upper: 9}}", ":22: columns.score.noise",
     "only `protect: noise` uses noise", "write protect: noise"),
    (SCORE, "{type: string, may_hold: [email]}", ":22: columns.score.may_hold",
     "raw identities are published in this column, and no reason is given", "add because:"),
    (SCORE, "{type: string, may_hold: [mail], because: x}", ":22: columns.score.may_hold[0]",
     "'mail' is not a kind of identity", "did you mean 'email'?"),
    (SCORE, "{type: string, may_hold: [ssn, ssn], because: x}", ":22: columns.score.may_hold[1]",
     "'ssn' is in the list before", "remove it"),
    (SCORE, "{type: string, may_hold: [ssn], protect: sha256, because: x}", ":22: columns.score.may_hold",
     "nothing raw leaves under `protect: sha256`", "remove it"),
    ("protect: sha256", "protect: sha256\n    may_hold: [phone]", ":16: columns.email.may_hold",
     "`may_hold` means nothing for type email, an identity itself", "remove it"),
    ("{type: id}", "{type: integer, protect: noise, noise: {epsilon: 1, lower: 0, upper: 9}}", ":28: table.key",
     "'customer_id' has noise, which is another in every run: no record would be found again", "another key"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "instead", "where", "what", "remedy"), CASES)
def test_a_mistake_in_a_protection_is_told_with_its_remedy(
    told: Told, text: str, instead: str, where: str, what: str, remedy: str
) -> None:
    assert text in FILES[CLUB]
    found = told({CLUB: FILES[CLUB].replace(text, instead, 1)})
    assert [(at, said) for at, said, _ in found] == [(CLUB + where, what)]
    assert remedy in found[0][2]


def test_a_number_with_noise_is_summed_but_not_joined_on(told: Told) -> None:
    noisy = FILES[CLUB].replace(LTV, LTV + ", protect: noise, noise: {epsilon: 1, lower: 0, upper: 99}")
    assert told({CLUB: noisy}) == []
    joined = noisy.replace("join: [email, phone]", "join: [email, ltv]").replace(
        "          - {columns: [ltv], function: SUM}\n", ""
    )
    assert [what for _, what, _ in told({CLUB: joined})] == [
        "'ltv' has noise: no value of it would ever meet its equal"
    ]


def test_a_bucket_is_not_summed(told: Told) -> None:
    found = told({CLUB: FILES[CLUB].replace(LTV, LTV + ", protect: bucket, bucket_width: 10")})
    assert [what for _, what, _ in found] == ["SUM needs a number, and 'ltv' is published as text"]
