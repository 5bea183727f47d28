"""Deploying a workspace: its shared foundation, its code, then every tier of every tenant."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from antechamber.deploy.aws import Aws, ClientError, code_of, told
from antechamber.deploy.bundling import bundle
from antechamber.deploy.packages import (
    GLUE,
    LAMBDA,
    LIMIT,
    extras_of,
    function_zip,
    image_zip,
    installed,
    wheels_zip,
)
from antechamber.deploy.setting import Code, Setting
from antechamber.deploy.stacks import Difference, apply, differences, existing
from antechamber.deploy.synthesis import Stack, synthesise
from antechamber.deployed import TIERS, Tier, references_of
from antechamber.errors import AntechamberError, SecretError
from antechamber.secrets import Secrets

Say = Callable[[str], None]
BUILD_WAIT = 10
BUILD_MOST = 3600


@dataclass(frozen=True)
class Wanted:
    """What is to be deployed. tiers, tenants: only these; all when None. packages: whether the code is built anew;
    otherwise what was deployed last stays."""

    tiers: tuple[Tier, ...] = TIERS
    tenants: tuple[str, ...] | None = None
    packages: bool = True


def planned(aws: Aws, setting: Setting, wanted: Wanted) -> list[Difference]:
    """What differs between the account and the declarations. Builds nothing: code that stands is taken as it is.

    Raises AntechamberError.
    """
    stacks = synthesise(_with_code(aws, setting), wanted.tiers, wanted.tenants)
    return [each for stack in stacks for each in differences(aws, stack)]


def deploy(aws: Aws, setting: Setting, wanted: Wanted, say: Say) -> list[Stack]:
    """Make the account what the declarations say. Gives the stacks. Raises AntechamberError; the same again goes
    on."""
    bucket = setting.names.bucket_shared("code")
    if not _is_there(aws, bucket):
        if "foundation" not in wanted.tiers or wanted.tenants is not None:
            raise AntechamberError(
                "the workspace's foundation is not there yet", where=bucket, remedy="antechamber deploy"
            )
        # Before anything else: code and large templates are put into its bucket.
        for stack in synthesise(setting, ("foundation",)):
            if stack.tenant is None:
                apply(aws, stack, None, say)
    code = upload(aws, setting, say) if wanted.packages else _with_code(aws, setting).code
    key, content = bundle(setting.declared)
    with told(key):
        aws.s3.put_object(Bucket=bucket, Key=key, Body=content)
    stacks = synthesise(replace(setting, code=replace(code, workspace=key)), wanted.tiers, wanted.tenants)
    for stack in stacks:
        if differences(aws, stack):
            apply(aws, stack, bucket, say)
    return stacks


def upload(aws: Aws, setting: Setting, say: Say) -> Code:
    """Build the functions' and the job's code and put it into the account. Raises AntechamberError."""
    bucket = setting.names.bucket_shared("code")
    extras = extras_of(connector.source.type for connector in setting.declared.connectors.values())
    with tempfile.TemporaryDirectory(prefix="antechamber-") as name, told(bucket):
        folder = Path(name)
        size = installed(LAMBDA, extras, folder / "function" / "packages")
        if size <= LIMIT:
            function = function_zip(folder / "function" / "packages", folder / "function.zip")
            _put(aws, bucket, function, folder / "function.zip", say)
        else:
            say(f"the functions have {size >> 20} MB, and a zip may have {LIMIT >> 20} MB: they become an image")
            tag = image_zip(folder / "function" / "packages", folder / "image.zip")
            _put(aws, bucket, f"image/{tag}.zip", folder / "image.zip", say)
            function = build(aws, setting, tag, say)
        wheels = wheels_zip(GLUE, extras, folder / "glue" / "packages", folder / "glue.zip")
        _put(aws, bucket, wheels, folder / "glue.zip", say)
        script = (files("antechamber.deploy") / "glue_entry.py").read_bytes()
        key = f"glue/{wheels.removeprefix('glue/').partition('.')[0]}.py"
        aws.s3.put_object(Bucket=bucket, Key=key, Body=script)
    return Code("", function, size > LIMIT, key, wheels)


def build(aws: Aws, setting: Setting, tag: str, say: Say) -> str:
    """The URI of the image of this tag: built in the account when it is not there. Raises AntechamberError."""
    name, names = setting.names.image(), setting.names
    uri = f"{names.account}.dkr.ecr.{names.region}.amazonaws.com/{name}:{tag}"
    try:
        aws.ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])
        return uri
    except ClientError as error:
        if code_of(error) != "ImageNotFoundException":
            raise
    identifier = aws.codebuild.start_build(
        projectName=name,
        sourceLocationOverride=f"{names.bucket_shared('code')}/image/{tag}.zip",
        environmentVariablesOverride=[{"name": "TAG", "value": tag, "type": "PLAINTEXT"}],
    )["build"]["id"]
    say(f"building the image {tag[:12]} in the account, by AWS CodeBuild")
    began = time.monotonic()
    while time.monotonic() - began < BUILD_MOST:
        found = aws.codebuild.batch_get_builds(ids=[identifier])["builds"][0]
        if found["buildStatus"] == "SUCCEEDED":
            return uri
        if found["buildStatus"] != "IN_PROGRESS":
            where = found.get("logs", {}).get("deepLink", identifier)
            raise AntechamberError(
                f"the build of the image is {found['buildStatus']}", where=name, remedy=f"read its log: {where}"
            )
        time.sleep(BUILD_WAIT)
    raise AntechamberError("the build of the image does not come to an end", where=name)


def put_secrets(aws: Aws, setting: Setting, tenants: Iterable[str], say: Say) -> None:
    """Put the values that this machine has behind `file:` and `env:` into the tenants' secrets that have none yet.

    Raises AntechamberError.
    """
    local = Secrets(setting.declared.root)
    for tenant, reference in ((each, one) for each in tenants for one in references_of(setting.declared, each)):
        name = setting.names.secret(tenant, reference)
        with told(name):
            if aws.secretsmanager.describe_secret(SecretId=name).get("VersionIdsToStages"):
                continue
            try:
                value = local.read(reference)
            except SecretError as error:
                say(f"not here, so not put: {name} ({error.what})")
                continue
            aws.secretsmanager.put_secret_value(SecretId=name, **_value(value))
        say(f"put: {name}")


def _is_there(aws: Aws, bucket: str) -> bool:
    with told(bucket):
        try:
            aws.s3.head_bucket(Bucket=bucket)
            return True
        except ClientError as error:
            if code_of(error) in ("404", "NoSuchBucket"):
                return False
            raise


def _value(value: bytes) -> dict[str, str | bytes]:
    """As text where it is text: Secrets Manager's console shows and edits no other."""
    try:
        return {"SecretString": value.decode()}
    except UnicodeDecodeError:
        return {"SecretBinary": value}


def _put(aws: Aws, bucket: str, key: str, path: Path, say: Say) -> None:
    try:
        aws.s3.head_object(Bucket=bucket, Key=key)
        return
    except ClientError as error:
        if code_of(error) not in ("404", "NoSuchKey", "NotFound"):
            raise
    aws.s3.upload_file(str(path), bucket, key)
    say(f"uploaded: s3://{bucket}/{key} ({path.stat().st_size >> 20} MB)")


def _with_code(aws: Aws, setting: Setting) -> Setting:
    """The setting with the code that the account's stacks name, so that a plan without a build shows no
    difference."""
    found = next((each for tenant in setting.tenants for each in _code_of(aws, setting, tenant)), None)
    key, _ = bundle(setting.declared)
    code = setting.code if found is None else found
    return replace(setting, code=replace(code, workspace=key))


def _code_of(aws: Aws, setting: Setting, tenant: str) -> Iterator[Code]:
    with told(setting.names.stack("preparation", tenant)):
        body = existing(aws, setting.names.stack("preparation", tenant))
    if body is None:
        return
    function = body["Resources"]["PlanFunction"]["Properties"]
    job = body["Resources"]["LargeJob"]["Properties"]
    head = f"s3://{setting.names.bucket_shared('code')}/"
    is_image = "ImageUri" in function["Code"]
    yield Code(
        "",
        function["Code"]["ImageUri" if is_image else "S3Key"],
        is_image,
        job["Command"]["ScriptLocation"].removeprefix(head),
        job["DefaultArguments"]["--additional-python-modules"].removeprefix(head),
    )
