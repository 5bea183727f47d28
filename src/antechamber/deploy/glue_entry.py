"""The job of AWS Glue that works large runs on Spark: it reads what it is told, and calls `stepwise`.

Source: AWS Glue Developer Guide, 'Using job parameters in AWS Glue jobs': parameters come as `--name value`, beside
those of Glue itself, which are passed over here.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from collections.abc import Sequence

from antechamber import stepwise
from antechamber.bundle import deployed_workspace
from antechamber.declare import SparkEngine
from antechamber.on_spark import parcels_on_spark
from antechamber.operate import metrics
from antechamber.operate.log import as_ours, set_up

NEEDED = ("connector", "run", "workspace", "environment", "tenant", "account", "region")


def main(arguments: Sequence[str]) -> None:
    """Work all that was planned. Raises AntechamberError, with a text of ours and nothing of what it came from."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in NEEDED:
        parser.add_argument(f"--{name}", required=True)
    told, _ = parser.parse_known_args(arguments)
    for name in ("workspace", "environment", "tenant", "account"):
        os.environ[f"ANTECHAMBER_{name.upper()}"] = getattr(told, name)
    # boto3 looks at one, other clients at the other.
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = told.region
    set_up(os.environ.get("ANTECHAMBER_LOG_LEVEL", "info"), structured=True)
    began = time.monotonic()
    try:
        declared = deployed_workspace(os.environ)
        engine = SparkEngine.model_validate({"type": "spark"})
        stepwise.work_all(declared, told.connector, told.run, functools.partial(parcels_on_spark, engine))
        places = {"tenant": told.tenant, "connector": told.connector, "stage": "work"}
        workspace = {"workspace": declared.workspace.workspace}
        metrics.emit({"Seconds": round(time.monotonic() - began, 3)}, {**workspace, **places})
    except Exception as error:
        raise as_ours(error, where=told.connector) from None


if __name__ == "__main__":
    main(sys.argv[1:])
