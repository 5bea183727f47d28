"""Change capture: the table once in full, then the inserts, updates and deletes of its server's log."""
