"""One module a tier: what it holds, for the workspace and for each tenant."""
