"""A table with ConnectorX and pyarrow: BENCH_URL=… python table_connectorx.py <output folder> <table> <key>.

It copies only, and holds the whole table in memory.
"""

import os
import sys
from pathlib import Path

import connectorx as cx
import pyarrow.parquet as pq

PARTITIONS = 4


def main(url: str, target: Path, table: str, key: str) -> None:
    target.mkdir(parents=True)
    found = cx.read_sql(
        url, f"SELECT * FROM {table}", partition_on=key, partition_num=PARTITIONS, return_type="arrow"
    )
    pq.write_table(found, target / "table.parquet", compression="snappy")


if __name__ == "__main__":
    main(os.environ["BENCH_URL"], Path(sys.argv[1]), sys.argv[2], sys.argv[3])
