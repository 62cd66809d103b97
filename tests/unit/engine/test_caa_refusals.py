"""Several names that one CAA record refuses are one sentence (CAA-3)."""

from __future__ import annotations

import pytest
from builders.world import World
from certwright.domain.caa import CaaRecord, Denied, RelevantSet, judge
from certwright.domain.dnsname import dns_name
from certwright.engine import prove
from certwright.engine.caa import refusals
from certwright.engine.ports import CaaVerdict
from certwright.engine.records import AuthorityRecord

pytestmark = pytest.mark.proves("CAA-3")

HAVE = 'CAA 0 issue "other.example" (found at example.com); this installation issues as "ca.example".'
ADD = 'Add: example.com. CAA 0 issue "ca.example"'


def denied(name: str, *, tag: str = "issue", at: str = "example.com") -> tuple[str, CaaVerdict]:
    there = RelevantSet(found_at=dns_name(at), records=(CaaRecord(flags=0, tag=tag, value="other.example"),))
    found = judge(dns_name(name), there, issuer_domains=("ca.example",))
    assert isinstance(found, Denied)
    verdict = CaaVerdict(
        allowed=False,
        sentence=found.sentence,
        details=found.details,
        shared=found.shared,
        shared_details=found.shared_details,
    )
    return name, verdict


def test_one_name_is_told_as_before() -> None:
    (said,) = refusals([denied("www.example.com")])
    assert said == f'www.example.com has {HAVE} Add: www.example.com. CAA 0 issue "ca.example"'


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["a", "b"], "a.example.com and b.example.com"),
        (["a", "*.a", "b"], "a.example.com, *.a.example.com and b.example.com"),
        (list("abcde"), "a.example.com, b.example.com, c.example.com, d.example.com and e.example.com"),
        (list("abcdefg"), "a.example.com, b.example.com, c.example.com, d.example.com, e.example.com and 2 more"),
    ],
)
def test_several_are_one_sentence_with_one_repair_where_the_record_is(names: list[str], listed: str) -> None:
    (said,) = refusals([denied(f"{name}.example.com") for name in names])
    assert said == f"{listed} have {HAVE} {ADD}"


def test_other_records_and_look_ups_without_an_answer_have_sentences_of_their_own() -> None:
    silent = CaaVerdict(allowed=None, sentence="SERVFAIL at ns1")
    found = refusals(
        [
            denied("a.example.com"),
            denied("*.a.example.com", tag="issuewild"),
            denied("www.example.net", at="example.net"),
            ("c.example.org", silent),
            ("d.example.org", silent),
            denied("b.example.com"),
        ]
    )
    assert len(found) == 5
    assert found[0].startswith("a.example.com and b.example.com have ")


def test_a_wait_says_it_once_as_well(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing, domainName="a.example.com", subjectAlternativeNames=["b.example.com"])
    here.caa.verdicts = dict([denied("a.example.com"), denied("b.example.com")])
    found = prove.step(here.services, record.arn)
    assert found.problems == (f"a.example.com and b.example.com have {HAVE} {ADD}",)
    assert here.version(record.arn).failure_message == found.problems[0]
