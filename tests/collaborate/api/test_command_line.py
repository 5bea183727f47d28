"""The aws CLI, unchanged, goes through the whole life of a collaboration; each member with a profile of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.collaborate.api.premises import (
    OVERLAP,
    ROLE,
    TENANTS,
    Given,
    aggregation,
    collaboration_of,
    in_a_process,
    s3,
    table_of,
)

from antechamber.declare import Declarations

Aws = Callable[..., Given]

PAGES = Path(__file__).parents[3] / "docs"


def aws_of(said: Given, home: Path) -> Aws:
    """A function that runs `aws --profile … cleanrooms …` with JSON for whatever is not a text."""

    def aws(profile: str, command: str, *, wrong: str = "", **options: Any) -> Given:
        words = [str(Path(sys.executable).parent / "aws"), "--endpoint-url", said["endpoint"], "--profile", profile]
        words += ["--output", "json", "cleanrooms", command]
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", value if isinstance(value, str) else json.dumps(value)]
        done = subprocess.run(
            words,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "AWS_SHARED_CREDENTIALS_FILE": said["credentials"],
                "AWS_PAGER": "",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if wrong:
            assert done.returncode != 0 and wrong in done.stderr, done.stderr + done.stdout
            return {}
        assert done.returncode == 0, done.stderr
        answer: Given = json.loads(done.stdout or "{}")
        return answer

    return aws


def hyphened(given: Given) -> Given:
    """The members of an input as options."""
    return {re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name): each for name, each in given.items()}


@pytest.mark.parametrize("others", [("streamly",), ("streamly", "shopwell")], ids=["two members", "three members"])
def test_the_aws_cli_goes_through_the_whole_life_of_a_collaboration(
    declared: Declarations, tmp_path: Path, others: tuple[str, ...]
) -> None:
    with in_a_process(declared.root) as (_, said):
        aws = aws_of(said, tmp_path)
        made = aws("acme", "create-collaboration", **hyphened(collaboration_of(*others)))["collaboration"]["id"]
        named = {"collaboration_identifier": made}
        own = {
            tenant: aws(tenant, "create-membership", **named, query_log_status="DISABLED")["membership"]["id"]
            for tenant in ("acme", *others)
        }
        tables = {
            "acme": ("members", "email", "tier"),
            "streamly": ("viewers", "email", "plan"),
            "shopwell": ("buyers", "email"),
        }
        for tenant, membership in own.items():
            name, *columns = tables[tenant]
            table = aws(tenant, "create-configured-table", **hyphened(table_of(tenant, name, *columns)))[
                "configuredTable"
            ]["id"]
            aws(
                tenant,
                "create-configured-table-analysis-rule",
                configured_table_identifier=table,
                analysis_rule_type="AGGREGATION",
                analysis_rule_policy=aggregation(*columns[1:]),
            )
            aws(
                tenant,
                "create-configured-table-association",
                name=name,
                membership_identifier=membership,
                configured_table_identifier=table,
                role_arn=ROLE,
            )
        seen = aws("streamly", "list-schemas", **named)["schemaSummaries"]
        assert [each["name"] for each in seen] == [tables[tenant][0] for tenant in own]
        query = aws(
            "acme",
            "start-protected-query",
            type="SQL",
            membership_identifier=own["acme"],
            sql_parameters={"queryString": OVERLAP},
            result_configuration=s3(),
        )["protectedQuery"]["id"]
        for _ in range(100):
            found = aws(
                "acme", "get-protected-query", membership_identifier=own["acme"], protected_query_identifier=query
            )["protectedQuery"]
            if found["status"] not in ("SUBMITTED", "STARTED"):
                break
            time.sleep(0.2)
        assert found["status"] == "SUCCESS"
        written = declared.root / f"results/results-of-acme/spring/{query}.csv"
        assert written.read_text().splitlines() == ['"plan","people"', '"basic",30', '"max",30']
        aws(
            "streamly",
            "start-protected-query",
            wrong="AccessDeniedException",
            type="SQL",
            membership_identifier=own["streamly"],
            sql_parameters={"queryString": OVERLAP},
            result_configuration=s3(),
        )
        aws("acme", "delete-member", **named, account_id=TENANTS["streamly"])
        aws("streamly", "get-collaboration", **named, wrong="AccessDeniedException")
        aws("acme", "delete-collaboration", **named)
        assert aws("acme", "list-collaborations")["collaborationList"] == []


def test_the_examples_of_the_pages_run_as_printed(declared: Declarations, tmp_path: Path) -> None:
    page = (PAGES / "reference/cleanroom-api.md").read_text()
    python = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shell = re.findall(r"^\$ ((?:export|aws) .*)$", page, re.MULTILINE)
    guide = re.findall(r"^((?:export|aws) .*)$", (PAGES / "guide.md").read_text(), re.MULTILINE)
    assert len(python) == 1 and len(shell) == 2 and len(guide) == 2
    with in_a_process(declared.root) as (_, said):
        scripts = ["\n".join(shell), "\n".join(guide), f"{shell[0]}\n{sys.executable} -c '{python[0]}'"]
        for script in scripts:
            done = subprocess.run(
                ["bash", "-euc", script.replace("http://127.0.0.1:8780", said["endpoint"])],
                cwd=declared.root,
                env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert "collaborationList" in done.stdout or "python" in script
