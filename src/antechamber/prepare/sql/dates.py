"""Functions of ours for SQL expressions: texts that say a date in one of the common ways."""

from __future__ import annotations

DATES = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S", "%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m-%d-%Y", "%m %d %Y", "%m.%d.%Y",
    "%d/%m/%Y", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y", "%d %m %Y", "%d.%m.%Y", "%m/%d/%y", "%m-%d-%y", "%d-%Y-%m",
    "%B %d %Y", "%B %d, %Y", "%B/%d/%Y", "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
"""How a text may write a date, in the order in which they are tried: the month comes before the day where both fit.

Source: the answers that AWS Glue's page of the transform MonthName lists (read 2026-11-25), and ISO 8601.
"""

TIMES = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")
"""How a text may write a time of day alone."""

MACROS = {
    "read_date": f"(said) AS try_strptime(CAST(said AS VARCHAR), {list(DATES)})",
    "read_time": f"(said) AS try_strptime(CAST(said AS VARCHAR), {[*DATES, *TIMES]})",
}
"""Function → its parameters and what it stands for. read_date: a date, with its time of day when it has one;
read_time: that, or a time of day alone, as of 1900-01-01; null for what is neither."""
