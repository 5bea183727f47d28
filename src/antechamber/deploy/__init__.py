"""The AWS tiers of a workspace as CDK stacks, and how they are made, looked after and removed.

Nothing here is imported by a run: the CDK and boto3 are loaded by `antechamber deploy`, `destroy` and `doctor` alone.
"""
