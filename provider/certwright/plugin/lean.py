"""Only Pulumi's wire messages, without the SDK around them: half of what the plugin would otherwise import at its start."""

from __future__ import annotations

import importlib.util
import sys
from itertools import accumulate

# One inside the other. Their `__init__` modules import the whole SDK, and every service of the protocol.
PACKAGES = ("pulumi", "runtime", "proto")


def messages_only() -> None:
    """Put the packages in place without running them, so that `pulumi.runtime.proto.provider_pb2` is all that is read.

    For a process of our own that serves the protocol and never uses the SDK. Does nothing where the SDK is loaded
    already. Without pulumi the later import says so, as it would have.
    """
    if PACKAGES[0] in sys.modules:
        return
    for name in accumulate(PACKAGES, "{}.{}".format):
        spec = importlib.util.find_spec(name)
        if spec is None:
            return
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, module)
