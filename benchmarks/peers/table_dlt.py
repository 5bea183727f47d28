"""A table with dlt, to Parquet files: BENCH_URL=… python table_dlt.py <output folder> <backend> <table> [schema].

dlt copies; it neither normalises nor hashes a column, and it makes no Iceberg table here.
"""

import os
import sys
from pathlib import Path
from typing import Any

DRIVERS = {"postgresql": "postgresql+psycopg2", "mysql": "mysql+pymysql"}


def main(url: str, target: Path, backend: Any, table: str, schema: str | None) -> None:
    target.mkdir(parents=True)
    os.environ.update(
        DLT_DATA_DIR=str(target / "state"),
        RUNTIME__DLTHUB_TELEMETRY="false",
        RUNTIME__LOG_LEVEL="ERROR",
        DATA_WRITER__FILE_MAX_ITEMS="1000000",
    )
    import dlt
    from dlt.sources.sql_database import sql_table

    pipeline = dlt.pipeline(
        table,
        pipelines_dir=str(target / "state"),
        destination=dlt.destinations.filesystem(bucket_url=(target / "data").as_uri()),
        dataset_name="bench",
    )
    scheme, _, rest = url.partition("://")
    records = sql_table(
        credentials=f"{DRIVERS[scheme]}://{rest}",
        schema=schema,
        table=table,
        backend=backend,
        chunk_size=100_000,
        reflection_level="full_with_precision",
    )
    pipeline.run(records, loader_file_format="parquet", write_disposition="replace")


if __name__ == "__main__":
    main(os.environ["BENCH_URL"], Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] if sys.argv[4:] else None)
