"""What becomes of files whose records are committed: archived, deleted, or left where they are."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from antechamber.catalog import Layout
from antechamber.connect.source import ByteSource, Source
from antechamber.declare import Connector, FileSource
from antechamber.operate.log import as_ours
from antechamber.records import Partition


def put_away(
    source: Source, connector: Connector, layout: Layout, partitions: Sequence[Partition]
) -> tuple[set[str], list[str]]:
    """Archive or remove files; gives the ids of those that still lie there, and what went wrong.

    What cannot be moved now is moved by the next run, which knows from the commit not to read it.
    """
    declared = connector.source
    if not isinstance(source, ByteSource) or not isinstance(declared, FileSource):
        return set(), []
    if declared.after == "leave":
        return {partition.id for partition in partitions}, []
    archive = layout.archive(connector.tenant, connector.connector)

    def move(partition: Partition) -> str:
        """What went wrong, or ""."""
        try:
            if declared.after == "archive":
                source.archive(partition, archive)
            else:
                source.remove(partition)
        except Exception as error:
            return f"not archived yet: {as_ours(error, where=partition.id)}"
        return ""

    with ThreadPoolExecutor(source.at_once, thread_name_prefix="archive") as pool:
        said = list(pool.map(move, partitions))
    left = {partition.id for partition, what in zip(partitions, said, strict=True) if what}
    return left, [what for what in said if what]
