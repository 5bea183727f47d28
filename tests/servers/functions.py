"""AWS Lambda's functions behind moto, for real: the handlers that the stacks name, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from tests.servers.aws import Aws

LIFE = """
import importlib, json, os, sys
answers = os.fdopen(int(sys.argv[1]), "w")
for line in sys.stdin:
    call = json.loads(line)
    if call["kill"]:
        from tests.stepwise.executions import kill_at
        kill_at(call["kill"])
    module, _, name = call["handler"].rpartition(".")
    try:
        answer = {"answer": getattr(importlib.import_module(module), name)(call["event"])}
    except Exception as error:
        answer = {"errorType": type(error).__name__, "errorMessage": str(error)}
    answers.write(json.dumps(answer) + "\\n")
    answers.flush()
"""
"""A function's process answers one call after the other, as AWS Lambda keeps one for the next call."""


class _Instance:
    """A function's process."""

    def __init__(self, environment: dict[str, str], said: Path, folder: Path) -> None:
        reading, writing = os.pipe()
        self._said = said.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-c", LIFE, str(writing)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=self._said,
            pass_fds=(writing,),
            text=True,
            cwd=folder,
        )
        os.close(writing)
        self._answers = os.fdopen(reading)

    def call(self, **call: Any) -> dict[str, Any] | None:
        """Its answer; None when it died."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        line = self._answers.readline()
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._answers.close()
        self._said.close()


@dataclass
class Functions:
    """kills: task → where its next call dies. asked: tasks in the order of calls."""

    folder: Path
    kills: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    instances: dict[str, _Instance] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def said(self) -> str:
        """All that functions wrote."""
        return (self.folder / "said").read_text()

    def metrics(self) -> list[dict[str, Any]]:
        """Every line of metrics."""
        return [json.loads(line) for line in self.said.splitlines() if line.startswith('{"_aws"')]


@contextmanager
def functions(server: Aws, folder: Path) -> Iterator[Functions]:
    """Until the block ends. folder: where they work. Calls of a task have its name for their access key."""
    running = Functions(folder)
    plain, sleep = LambdaFunction._invoke_lambda, retrier_decl.time  # type: ignore[attr-defined]
    before = dict(default_user_config["stepfunctions"])
    port = os.environ.get("MOTO_PORT")

    def started(function: Any, task: str) -> _Instance:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            **server.environment,
            **function.environment_vars,
            "AWS_ACCESS_KEY_ID": task,
            # The deployed package has the same files as the installed one, which is compiled already.
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        return _Instance(environment, folder / "said", folder)

    def invoke(function: Any, event: Any = None) -> tuple[str, bool, str]:
        task = function.handler.rpartition(".")[2]
        # One call at a time: there are few cores, and the order of calls is looked at.
        with running.lock:
            running.asked.append(task)
            instance = running.instances.get(task) or started(function, task)
            running.instances[task] = instance
            given = json.loads(event) if isinstance(event, str) else event
            answer = instance.call(handler=function.handler, event=given, kill=running.kills.pop(task, ""))
            if answer is None:
                running.instances.pop(task).end()
                # AWS Lambda Developer Guide, 'Troubleshoot execution issues': a process that died.
                answer = {"errorType": "Runtime.ExitError", "errorMessage": "exited"}
        failed = "errorType" in answer
        return json.dumps(answer if failed else answer["answer"]), failed, ""

    class _NoWait:
        @staticmethod
        def sleep(seconds: float) -> None:
            """A retry's wait, which is not what is tested."""

    LambdaFunction._invoke_lambda = invoke  # type: ignore[assignment, method-assign]
    retrier_decl.time = _NoWait  # type: ignore[assignment, attr-defined]
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    os.environ["MOTO_PORT"] = server.endpoint.rpartition(":")[2]
    try:
        yield running
    finally:
        for instance in running.instances.values():
            instance.end()
        LambdaFunction._invoke_lambda = plain  # type: ignore[method-assign]
        retrier_decl.time = sleep  # type: ignore[attr-defined]
        default_user_config["stepfunctions"].update(before)  # type: ignore[typeddict-item]
        if port is None:
            del os.environ["MOTO_PORT"]
        else:
            os.environ["MOTO_PORT"] = port
