"""Only Pulumi's wire messages, without the SDK around them: half of what the plugin would otherwise import at its start."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from types import ModuleType

# One inside the other. Their `__init__` modules import the whole SDK, and every service of the protocol.
PACKAGES = ("pulumi", "runtime", "proto")
# gRPC imports its second, asynchronous half at its own end; a server with threads never asks for it.
ASYNCHRONOUS = "grpc.aio"


@contextmanager
def messages_only() -> Iterator[None]:
    """Inside, `pulumi.runtime.proto.provider_pb2` and the like are all that is read of the SDK.

    For the start of a process of our own that serves the protocol and does not use the SDK. Afterwards `import pulumi` is what
    it always is, for a third party's target or key wrapper that uses it, and so is `import grpc.aio`. Does nothing where the SDK
    is loaded already.
    """
    names = tuple(accumulate(PACKAGES, "{}.{}".format))
    hollow = names[0] not in sys.modules and _put_in_place(names)
    half = "grpc" not in sys.modules
    if half:
        sys.modules[ASYNCHRONOUS] = ModuleType(ASYNCHRONOUS)
    try:
        yield
    finally:
        if hollow:
            for name in names:
                sys.modules.pop(name, None)
        if half:
            sys.modules.pop(ASYNCHRONOUS, None)
            if (grpc := sys.modules.get("grpc")) is not None:
                vars(grpc).pop("aio", None)
                vars(grpc)["__getattr__"] = _late


def _late(name: str) -> object:
    """`grpc.aio` where it is asked for after all (a module's `__getattr__`, PEP 562)."""
    if name == "aio":
        return importlib.import_module(ASYNCHRONOUS)
    raise AttributeError(f"module 'grpc' has no attribute {name!r}")


def _put_in_place(names: tuple[str, ...]) -> bool:
    """The packages without what their `__init__` would do; False where there is no pulumi: the later import says so."""
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None:
            return False
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, module)
    return True
