"""Who acts, and how that is known (AUD-1)."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass

# (variable that names the person, what the source is called), first match wins
CI_ACTORS: tuple[tuple[str, str], ...] = (
    ("CERTWRIGHT_ACTOR", "CERTWRIGHT_ACTOR"),
    ("GITHUB_ACTOR", "GitHub Actions"),
    ("GITLAB_USER_LOGIN", "GitLab CI"),
    ("BITBUCKET_STEP_TRIGGERER_UUID", "Bitbucket Pipelines"),
    ("CIRCLE_USERNAME", "CircleCI"),
    ("BUILD_REQUESTEDFOR", "Azure Pipelines"),
    ("BUILDKITE_BUILD_CREATOR", "Buildkite"),
    ("TRAVIS_COMMIT_AUTHOR", "Travis CI"),
    ("BUILD_USER_ID", "Jenkins"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """who: a name as the source gives it. source: ``OS user``, or the CI system that said so (a claim, not a proof)."""

    who: str
    source: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, os_user: str | None = None) -> Actor:
        """The CI's actor when there is one, else the operating system's user."""
        for variable, source in CI_ACTORS:
            if who := environment.get(variable, "").strip():
                return cls(who=who[:256], source=source)
        return cls(who=os_user or _os_user(), source="OS user")


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        return "unknown"
