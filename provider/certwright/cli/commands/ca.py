"""`certwright ca tree`: the hierarchy of authorities."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from certwright.engine.records import AuthorityRecord
    from certwright.engine.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One authority of the tree, with everything that its line shows."""

    record: AuthorityRecord
    tree: dict[str, Any]
    live: int


@command(examples=("certwright ca tree", "certwright ca tree --deleted", "certwright ca tree --json"))
def tree(
    screen: Screen,
    deleted: Annotated[bool, typer.Option("--deleted", help="Show deleted authorities too.")] = False,
    region: Annotated[str, typer.Option(help="Only authorities of this region; default: all.")] = "",
) -> Exit:
    """Draw the private authorities: who signed whom, until when, and how many live certificates hang on each.

    No authority of an installation is trusted by browsers.
    """
    from certwright.cli.installation import absent_note, opened
    from certwright.engine.records import AuthorityRecord, VersionRecord
    from certwright.functions.answering import reading
    from certwright.functions.get_certificate_authority import authority_tree

    with opened(screen) as services, reading(services) as reader:
        nodes: dict[str, Node] = {}
        if reader is not None:
            live = Counter(v.issuer_arn for v in reader.all(VersionRecord, serving=True) if _lives(services, v))
            for record in reader.all(AuthorityRecord):
                if (record.status.value != "DELETED" or deleted) and region in ("", record.region):
                    data = authority_tree(services, reader, record)
                    nodes[record.arn] = Node(record=record, tree=data, live=live[record.arn])
        now = services.clock.now()
    below: dict[str, list[Node]] = defaultdict(list)
    for node in sorted(nodes.values(), key=lambda n: n.record.created_at):
        parent = node.record.parent_arn
        below[parent if parent in nodes else ""].append(node)
    if screen.as_json:
        screen.document("authorities", {"authorities": [_document(n, below) for n in below[""]]})
        return Exit.OK
    if reader is None:
        absent_note(screen)
        return Exit.OK
    if not nodes:
        screen.note("No authorities yet. `certwright quickstart DIR` writes a project that makes two.")
        return Exit.OK
    for root in below[""]:
        screen.show(_draw(screen, root, below, now))
    screen.note("")
    screen.note("No authority of this installation is trusted by browsers; clients need its root.", style="dim")
    return Exit.OK


def _lives(services: Services, version: Any) -> bool:
    return (
        version.not_after is not None and version.not_after >= services.clock.now() and version.status.value == "ISSUED"
    )


def _document(node: Node, below: dict[str, list[Node]]) -> dict[str, Any]:
    from certwright.cli.wording import authority_name

    kept = {k: v for k, v in node.tree.items() if k not in ("certificate", "certificateChain")}
    return {
        **kept,
        "name": authority_name(node.record),
        "liveCertificates": node.live,
        "below": [_document(child, below) for child in below[node.record.arn]],
    }


def _line(screen: Screen, node: Node, now: Any) -> Text:
    from rich.text import Text

    from certwright.cli.wording import NOT_TRUSTED, authority_name

    data = node.tree
    length = data.get("pathLength")
    parts = [
        (safe(authority_name(node.record)), "bold"),
        ("  ", ""),
        (data["status"], str(screen.word(data["status"]).style)),
        (f"  {data.get('keyAlgorithm', '')}", "dim"),
        (f"  pathlen {'any' if length is None else length}", ""),
        (f"  until {data.get('notAfter', '-')[:10]}", ""),
        (f"  {node.live} live", ""),
    ]
    if node.record.type == "ROOT":
        parts.append((f"  {NOT_TRUSTED}", "yellow"))
    return Text.assemble(*parts)


def _draw(screen: Screen, root: Node, below: dict[str, list[Node]], now: Any) -> Tree | Text:
    from rich.text import Text
    from rich.tree import Tree

    if screen.ascii or screen.plain:
        return Text("\n").join(_plain(screen, root, below, now, depth=0))

    def grow(node: Node, branch: Tree | None) -> Tree:
        line = _line(screen, node, now)
        grown = Tree(line) if branch is None else branch.add(line)
        for child in below[node.record.arn]:
            grow(child, grown)
        return grown

    return grow(root, None)


def _plain(screen: Screen, node: Node, below: dict[str, list[Node]], now: Any, *, depth: int) -> list[Text]:
    from rich.text import Text

    lines = [Text("   " * (depth - 1) + "+- " if depth else "") + _line(screen, node, now)]
    for child in below[node.record.arn]:
        lines += _plain(screen, child, below, now, depth=depth + 1)
    return lines
