"""MySQL and MariaDB: a table or a query, read from one snapshot, in full or what changed since the last run."""

from antechamber.connect.mysql.database import MARIADB, SOURCE, MariadbSource, Mysql, MysqlSource

__all__ = ["MARIADB", "SOURCE", "MariadbSource", "Mysql", "MysqlSource"]
