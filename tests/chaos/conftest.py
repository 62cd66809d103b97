"""The stacks of `live.stacks` as fixtures."""

from live.stacks import aged, blank, deployed, deployed_long_ago, empty, ended, fork, stack

__all__ = ["aged", "blank", "deployed", "deployed_long_ago", "empty", "ended", "fork", "stack"]
