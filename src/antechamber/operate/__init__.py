"""Running things day by day: run records, leases, progress, logs."""
