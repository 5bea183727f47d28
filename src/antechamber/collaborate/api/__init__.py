"""The server that speaks the AWS Clean Rooms API, to boto3 and the aws CLI unchanged."""

from antechamber.collaborate.api.server import REGION, Server, open_server

__all__ = ["REGION", "Server", "open_server"]
