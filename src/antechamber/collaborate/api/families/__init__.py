"""The operations, a module a family of resources; each has HANDLERS, operation → what carries it out."""
