"""`certwright init`: make the store and its keys, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen
from certwright.domain.errors import CertwrightError

if TYPE_CHECKING:
    from certwright.config import Config
    from certwright.engine.services import Services


@command(
    examples=(
        "certwright init",
        "certwright init --testing        # a store whose clock tests may move",
        "CERTWRIGHT_STORE=postgresql+psycopg://db/certwright CERTWRIGHT_KEY_WRAPPER=file:/etc/cw/wrapping.key certwright init",
    ),
    exits=(Exit.AUTHENTICATION,),
)
def init(
    screen: Screen,
    testing: Annotated[
        bool, typer.Option("--testing", help="Mark the store as made for testing: its clock may be moved.")
    ] = False,
) -> Exit:
    """Make the store and the keys that protect it.

    The first `pulumi up` does the same by itself, except on a CI runner. An existing store is never touched.
    """
    from certwright.config import load
    from certwright.wiring import audit_signer, build

    config = replace(load(), testing_store=testing, allow_new_store=True)
    services = build(config)
    try:
        if services.store.exists():
            raise CertwrightError(
                f"there is a store already (id {services.store.store_id}); nothing was changed. Point CERTWRIGHT_HOME or "
                "CERTWRIGHT_STORE elsewhere to make another one",
                code="store.exists",
            )
        _make(services)
        audit_signer(config, make=True)
        written = _written(config)
        answer = {"storeId": services.store.store_id, "testing": testing, "written": written}
    finally:
        services.close()
    if screen.as_json:
        screen.document("init", answer)
        return Exit.OK
    _tell(screen, config, answer)
    return Exit.OK


def _make(services: Services) -> None:
    """The wrapping key first: a store without its key would be a trap, a key without a store harms nobody."""
    services.vault.make_wrapping_key()  # type: ignore[attr-defined]
    services.store.create()  # type: ignore[attr-defined]


def _written(config: Config) -> list[dict[str, str]]:
    """What lies where, and what must be done with it. An address with a password is never shown."""
    found: list[dict[str, str]] = []
    if config.store_url.startswith("sqlite:///"):
        found.append({"what": "store", "path": str(Path(config.store_url.removeprefix("sqlite:///")).absolute())})
    else:
        found.append({"what": "store", "path": "in PostgreSQL"})
    key = _key_path(config)
    if key is not None:
        found.append({"what": "wrapping key", "path": str(key)})
    from certwright.store.audit import SIGNING_KEY_NAME

    found.append({"what": "audit signing key", "path": str(config.directories.config / SIGNING_KEY_NAME)})
    return found


def _key_path(config: Config) -> Path | None:
    from certwright.store.wrappers.keyfile import DEFAULT_NAME

    scheme, _, rest = (config.key_wrapper or "file:").partition(":")
    if scheme != "file":
        return None
    return Path(rest.removeprefix("//")).absolute() if rest else config.directories.config / DEFAULT_NAME


def _tell(screen: Screen, config: Config, answer: dict[str, Any]) -> None:
    mark = screen.glyphs.ok
    screen.show(f"{mark} made store {answer['storeId']}{' (for testing)' if answer['testing'] else ''}")
    width = max(len(row["what"]) for row in answer["written"])
    for row in answer["written"]:
        screen.show(f"  {row['what']:<{width}}  {row['path']}")
    steps = [
        "Back up the wrapping key apart from the store: without it no private key can be read again.",
        "certwright plugin install      # so that Pulumi finds the provider",
        "certwright quickstart mypki    # a first project: root, issuing CA, one certificate",
        "certwright doctor              # is everything in its place?",
    ]
    screen.steps("NEXT STEPS", steps)
