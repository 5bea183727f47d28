"""The orders with dlt, PostgreSQL → Parquet files: ORDERS_URL=… python orders_dlt.py <output folder> <backend>.

dlt copies; it neither normalises nor hashes the e-mail column, and it makes no Iceberg table here.
"""

import os
import sys
from pathlib import Path


def main(url: str, target: Path, backend: str) -> None:
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
        "orders",
        pipelines_dir=str(target / "state"),
        destination=dlt.destinations.filesystem(bucket_url=(target / "data").as_uri()),
        dataset_name="bench",
    )
    orders = sql_table(
        credentials=url.replace("postgresql://", "postgresql+psycopg2://"),
        schema="public",
        table="orders",
        backend=backend,
        chunk_size=100_000,
        reflection_level="full_with_precision",
    )
    pipeline.run(orders, loader_file_format="parquet", write_disposition="replace")


if __name__ == "__main__":
    main(os.environ["ORDERS_URL"], Path(sys.argv[1]), sys.argv[2])
