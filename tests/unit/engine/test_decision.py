"""Every policy of the decision, one row a sentence (REN-1, REN-6, REN-7, REN-8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import store_records as build
from certwright.engine.authoritydecision import AuthorityFacts, decide_authority
from certwright.engine.decision import (
    Action,
    CertificateFacts,
    Decision,
    decide_certificate,
)
from certwright.engine.issuer import not_active
from certwright.engine.issuing import Bounds, IssuerFacts
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    CertificateStatus,
    Mode,
)

NOW, DAY, SECOND = build.NOW, timedelta(days=1), timedelta(seconds=1)
CA = "arn:certwright:acm-pca:local:000000000000:certificate-authority/1"


def ca(**changes: Any) -> AuthorityRecord:
    values: dict[str, Any] = {
        "arn": CA,
        "region": "local",
        "account": "000000000000",
        "urn": "urn:ca",
        "type": "SUBORDINATE",
        "status": AuthorityStatus.ACTIVE,
        "spec": {},
        "serving_version": 1,
        "newest_version": 1,
        "created_at": NOW,
    }
    return AuthorityRecord(**{**values, **changes})


def ca_version(**changes: Any) -> AuthorityVersionRecord:
    values: dict[str, Any] = {
        "arn": CA,
        "version": 1,
        "status": AuthorityStatus.ACTIVE,
        "spec": {},
        "key_handle": "k",
        "not_before": NOW - 100 * DAY,
        "not_after": NOW + 1000 * DAY,
        "created_at": NOW,
        "has_certificate": True,
        "issuer_arn": "arn:root",
        "issuer_version": 1,
    }
    return AuthorityVersionRecord(**{**values, **changes})


def known(*, not_after: datetime = NOW + 1000 * DAY, version: int = 1, **state: Any) -> IssuerFacts:
    """What decisions see of a CA: ACTIVE, long-lived, in its first version."""
    bounds = Bounds(not_before=NOW - 100 * DAY, not_after=not_after)
    return IssuerFacts(reference=CA, name="issuing", version=version, bounds=bounds, may_issue=not_active(ca(**state)))


def facts(
    *,
    record: dict[str, Any] | None = None,
    newest: dict[str, Any] | None = None,
    issuer: IssuerFacts | None = None,
    **changes: Any,
) -> CertificateFacts:
    """A private certificate of 30 days, ten of them over, whose window opens in ten days."""
    version = build.version(
        **{
            "status": CertificateStatus.ISSUED,
            "issuer_arn": CA,
            "issuer_version": 1,
            "not_before": NOW - 10 * DAY,
            "not_after": NOW + 20 * DAY,
            "renewal_due": NOW + 10 * DAY,
            "has_certificate": True,
            **(newest or {}),
        }
    )
    stored = build.certificate(**{"mode": Mode.PRIVATE, "serving_version": 1, "newest_version": 1, **(record or {})})
    defaults: dict[str, Any] = {
        "record": stored,
        "newest": version,
        "serving": version if stored.serving_version == 1 else None,
        "issuer": issuer or known(),
    }
    return CertificateFacts(**{**defaults, **changes})


def decide(found: CertificateFacts, now: datetime = NOW, **more: Any) -> Decision:
    return decide_certificate(found, now=now, **more)


def summary(decision: Decision) -> tuple[Action, list[str], list[str]]:
    return decision.action, [r.code for r in decision.reasons], [w.code for w in decision.warnings]


KEEP: tuple[Action, list[str], list[str]] = (Action.KEEP, [], [])
DUE = {"renewal_due": NOW}

ROWS: list[tuple[str, CertificateFacts, tuple[Action, list[str], list[str]]]] = [
    ("nothing is due", facts(), KEEP),
    ("one microsecond before the window opens", facts(newest={"renewal_due": NOW + timedelta(microseconds=1)}), KEEP),
    (
        "the very instant at which the window opens",
        facts(newest=DUE),
        (Action.REISSUE, ["renewal.window_open"], []),
    ),
    (
        "already expired, it is renewed too",
        facts(newest={**DUE, "not_after": NOW - DAY}),
        (Action.REISSUE, ["renewal.window_open"], []),
    ),
    (
        "due, and its CA would let it gain less than a tenth of a lifetime",
        facts(newest=DUE, issuer=known(not_after=NOW + 23 * DAY - 2 * SECOND)),
        (Action.KEEP, [], ["issuer.too_short"]),
    ),
    (
        "due, and its CA lets it gain a tenth of a lifetime",
        facts(newest=DUE, issuer=known(not_after=NOW + 23 * DAY)),
        (Action.REISSUE, ["renewal.window_open"], []),
    ),
    (
        "not due, so a short-lived CA is no matter",
        facts(issuer=known(not_after=NOW + 20 * DAY)),
        KEEP,
    ),
    (
        "due, and its CA is disabled",
        facts(newest=DUE, issuer=known(enabled=False)),
        (Action.KEEP, [], ["issuer.not_active"]),
    ),
    (
        "due, and its CA is deleted",
        facts(newest=DUE, issuer=known(status=AuthorityStatus.DELETED)),
        (Action.KEEP, [], ["issuer.not_active"]),
    ),
    ("not due, so a disabled CA is no matter", facts(issuer=known(enabled=False)), KEEP),
    (
        "its CA has another certificate",
        facts(issuer=known(version=2)),
        (Action.REISSUE, ["issuer.rotated"], []),
    ),
    (
        "an imported one with a CA of the same name is not re-issued when that rotates",
        facts(record={"mode": Mode.IMPORTED}, issuer=known(version=2)),
        KEEP,
    ),
    ("its stored bytes are damaged", facts(damage="other bytes"), (Action.REISSUE, ["leaf.damaged"], [])),
    (
        "damaged and due at once: the damage is the reason",
        facts(newest=DUE, damage="other bytes"),
        (Action.REISSUE, ["leaf.damaged"], []),
    ),
    (
        "revoked elsewhere",
        facts(newest={"status": CertificateStatus.REVOKED}),
        (Action.REISSUE, ["leaf.revoked"], []),
    ),
    (
        "a signed one in its last third is reported, not renewed",
        facts(record={"mode": Mode.SIGNED}, newest={"renewal_due": None, "not_after": NOW + 5 * DAY}),
        (Action.KEEP, [], ["renewal.not_automatic"]),
    ),
    (
        "an imported one in its last third is reported, not renewed",
        facts(record={"mode": Mode.IMPORTED}, newest={"renewal_due": None, "not_after": NOW + 5 * DAY}),
        (Action.KEEP, [], ["renewal.not_automatic"]),
    ),
    (
        "a fixed end in its last third is reported, not renewed",
        facts(newest={"renewal_due": None, "not_after": NOW + 5 * DAY}),
        (Action.KEEP, [], ["renewal.not_automatic"]),
    ),
    (
        "a signed one that has expired is reported still",
        facts(record={"mode": Mode.SIGNED}, newest={"renewal_due": None, "not_after": NOW - 5 * DAY}),
        (Action.KEEP, [], ["renewal.not_automatic"]),
    ),
    (
        "a signed one early in its life is silent",
        facts(record={"mode": Mode.SIGNED}, newest={"renewal_due": None}),
        KEEP,
    ),
    (
        "issuing was interrupted",
        facts(record={"serving_version": 0}, newest={"status": CertificateStatus.PENDING_VALIDATION}),
        (Action.RESUME, ["request.interrupted"], []),
    ),
    (
        "a public request that nobody drives gets one attempt",
        facts(
            record={"mode": Mode.PUBLIC, "serving_version": 0}, newest={"status": CertificateStatus.PENDING_VALIDATION}
        ),
        (Action.RESUME, ["request.pending"], []),
    ),
    (
        "a public request that a CertificateValidation drives is left to it",
        facts(
            record={"mode": Mode.PUBLIC, "serving_version": 0, "driven": True},
            newest={"status": CertificateStatus.PENDING_VALIDATION},
        ),
        KEEP,
    ),
    (
        "a failed request gets a new attempt",
        facts(record={"serving_version": 0}, newest={"status": CertificateStatus.FAILED}),
        (Action.RESUME, ["request.retry"], []),
    ),
    (
        "a timed-out request gets a new attempt, driven or not",
        facts(
            record={"mode": Mode.PUBLIC, "serving_version": 0, "driven": True},
            newest={"status": CertificateStatus.VALIDATION_TIMED_OUT},
        ),
        (Action.RESUME, ["request.retry"], []),
    ),
]


@pytest.mark.proves("REN-1", "REN-6", "REN-7", "REN-8", "CRT-4")
@pytest.mark.parametrize(("found", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_an_up_would_do(found: CertificateFacts, expected: tuple[Action, list[str], list[str]]) -> None:
    assert summary(decide(found)) == expected


@pytest.mark.proves("REN-6")
def test_due_but_its_authority_is_gone() -> None:
    found = replace(facts(newest=DUE), issuer=None)
    assert summary(decide(found)) == (Action.KEEP, [], ["issuer.not_found"])


@pytest.mark.proves("REN-1")
@pytest.mark.parametrize(
    ("found", "number"),
    [
        (facts(), 1),
        (facts(newest=DUE), 2),
        (facts(record={"serving_version": 0}, newest={"status": CertificateStatus.PENDING_VALIDATION}), 1),
    ],
    ids=["kept", "renewed", "resumed"],
)
def test_the_next_version_is_the_newest_after_the_up(found: CertificateFacts, number: int) -> None:
    assert decide(found).next_version == number


@pytest.mark.proves("CRT-6")
def test_changed_inputs_come_before_everything_else_and_name_the_properties() -> None:
    decision = decide(facts(newest=DUE, damage="x"), reissue_inputs=("subjectAlternativeNames", "keyAlgorithm"))
    assert summary(decision)[:2] == (Action.REISSUE, ["inputs.changed"])
    assert decision.reasons[0].sentence.startswith("subjectAlternativeNames, keyAlgorithm changes")
    assert decision.next_version == 2


@pytest.mark.proves("CRT-6")
def test_changed_inputs_replace_a_request_that_never_came_to_its_end() -> None:
    found = facts(record={"serving_version": 0}, newest={"status": CertificateStatus.FAILED})
    decision = decide(found, reissue_inputs=("subjectAlternativeNames",))
    assert (decision.action, decision.next_version) == (Action.REISSUE, 1)


@pytest.mark.proves("REN-7")
@pytest.mark.parametrize(("mode", "action"), [(Mode.PRIVATE, Action.REISSUE), (Mode.IMPORTED, Action.KEEP)])
def test_an_authority_that_is_re_signed_in_this_run_takes_its_leaves_along(mode: Mode, action: Action) -> None:
    assert decide(facts(record={"mode": mode}), issuer_announced=True).action is action


@pytest.mark.proves("REN-1", "REN-2")
def test_the_sentence_of_a_renewal_names_expiry_window_key_and_version() -> None:
    sentence = decide(facts(newest={"renewal_due": NOW - DAY})).reasons[0].sentence
    assert sentence == (
        f"renewal due: expires {NOW + 20 * DAY:%Y-%m-%d}, window open since {NOW - DAY:%Y-%m-%d}. New key, same ARN, "
        "version 2."
    )


@pytest.mark.proves("REN-3")
def test_a_kept_key_is_said_so() -> None:
    found = facts(newest=DUE, record={"spec": {"renewalKeyPolicy": "REUSE"}})
    assert "Same key, same ARN" in decide(found).reasons[0].sentence


def test_the_parts_are_judged_at_the_given_time_only() -> None:
    found = facts()
    assert decide(found, NOW + 10 * DAY - SECOND).action is Action.KEEP
    assert decide(found, NOW + 10 * DAY).action is Action.REISSUE


def authority_facts(
    newest: dict[str, Any] | None = None,
    parent: AuthorityVersionRecord | None = None,
    record: dict[str, Any] | None = None,
) -> AuthorityFacts:
    version = ca_version(**{"renewal_due": NOW + 500 * DAY, **(newest or {})})
    above = parent or ca_version(arn="arn:root", not_after=NOW + 3000 * DAY)
    return AuthorityFacts(record=ca(**(record or {})), newest=version, parent=ca(arn="arn:root"), parent_version=above)


@pytest.mark.proves("REN-7", "PCA-3", "REN-1")
@pytest.mark.parametrize(
    ("found", "more", "action", "codes"),
    [
        (authority_facts(), {}, Action.KEEP, []),
        (authority_facts({"has_certificate": False}), {}, Action.RESUME, ["request.interrupted"]),
        (authority_facts(), {"reissue_inputs": ("validity",)}, Action.REISSUE, ["inputs.changed"]),
        (
            authority_facts(parent=ca_version(arn="arn:root", version=2)),
            {},
            Action.REISSUE,
            ["issuer.rotated"],
        ),
        (authority_facts(), {"parent_announced": True}, Action.REISSUE, ["issuer.rotated"]),
        (
            authority_facts({"renewal_due": NOW, "not_before": NOW - 500 * DAY}),
            {},
            Action.REISSUE,
            ["renewal.window_open"],
        ),
        (authority_facts({"renewal_due": NOW + SECOND}), {}, Action.KEEP, []),
        (
            authority_facts({"renewal_due": NOW}, ca_version(arn="arn:root", not_after=NOW + 1000 * DAY)),
            {},
            Action.KEEP,
            ["issuer.too_short"],
        ),
    ],
    ids=[
        "nothing is due",
        "its creation was interrupted",
        "inputs changed",
        "its parent has another certificate",
        "its parent is re-signed in this run",
        "its window is open",
        "one second before",
        "due, but its parent ends as soon",
    ],
)
def test_what_an_up_would_do_with_an_authority(
    found: AuthorityFacts, more: dict[str, Any], action: Action, codes: list[str]
) -> None:
    decision = decide_authority(found, now=NOW, **more)
    assert decision.action is action
    assert [r.code for r in (*decision.reasons, *decision.warnings)] == codes
