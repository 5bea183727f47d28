"""dlt: any source of the dlt library, without its pipelines: nothing of what it reads is written to a disk."""

from antechamber.connect.dlt.declared import DltSource
from antechamber.connect.dlt.source import DltRecords
from antechamber.declare.registry import SourceType

SOURCE = SourceType(
    DltSource,
    lambda declared, opening: DltRecords(declared, secrets=opening.secrets, columns=opening.columns),
    summary="any source of the dlt library, by name: what it yields, and its incremental state",
    needs="the source's own packages, and its arguments",
    extra="saas",
    modules=("dlt",),
    run_against="dlt's rest_api and sql_database sources, and generators",
)

__all__ = ["SOURCE", "DltRecords", "DltSource"]
