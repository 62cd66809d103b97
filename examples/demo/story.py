"""The story in six steps. Each claim on the terminal is checked here, by what the programs and the store really say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import observe
from certwright.engine.records import AssociationRecord, AuthorityRecord, AuthorityStatus, CertificateRecord
from proof import PREVIEW, QUIET, Proof
from stage import IDENTITY, VALIDATION_ZONE

UP = ("pulumi", "up", "--yes", "--skip-preview")
DONE = r"(created|updated|deleted|failed)[ (*]"
JUST_DONE = (r"(created \([\d.]+s\)).*", r"\1")  # without the last word of its progress, which sticks to the row
OTHER_CA = "letsencrypt.org"


@dataclass(slots=True)
class Story(Proof):
    """The steps, in order, are in STEPS below."""

    # -- the six steps -----------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The plugin into the demonstration's own PULUMI_HOME, so that Pulumi finds it without a warning about PATH."""
        if self.stage.form != "dynamic":
            self.succeeds(self.runner.run(["certwright", "plugin", "install"], cwd=self.stage.base, keep="plugin"))

    def preview_first(self) -> None:
        self.terminal.step("Preview: the DNS records are known before anything exists")
        for project in (self.stage.shop, self.stage.edge):
            self.succeeds(self.pulumi("pulumi", "stack", "init", "dev", cwd=project, show=""))
        result = self.succeeds(
            self.pulumi(
                *PREVIEW,
                keep=r"certwright.*(Certificate|CertificateValidation|Association) \w+ create|resourceRecord(Name|Value)|to create",
                past=True,
            )
        )
        self.records = observe.records(result.output)
        self.check(
            len(self.records) == 2 and all(v.endswith(VALIDATION_ZONE) for _, _, v in self.records),
            "names and values of both validation records are in the preview",
            "DNS-1 DNS-3",
            expected="2 CNAME records into " + VALIDATION_ZONE,
            seen=self.records,
        )
        assert self.stage.dns is not None
        written = [path for path in self.stage.home.rglob("*") if path.is_file()]
        updates = [query for query in self.stage.dns.queries if query.rdtype == "UPDATE"]
        self.check(
            not written and not updates,
            "it wrote nothing: there is still no store, no key, no record",
            "IAC-2",
            seen=[*written, *updates],
        )

    def first_up(self) -> None:
        self.terminal.step("Up: prove the names by DNS, check CAA, issue, deploy, serve")
        assert self.stage.dns is not None
        first, second = self.records
        self.terminal.say(
            f"The DNS team adds the first record to its zone (RFC 2136, TSIG): {first[0][:12]}….{'.'.join(first[0].split('.')[1:])}"
        )
        self.stage.change_dns("shop.example.com", add=(first,))
        asked: list[str] = []

        def add_second(line: str) -> None:
            if "names validated" in line and not asked:
                asked.append(line)
                self.stage.change_dns("shop.example.com", add=(second,))
                self.terminal.say("The DNS team adds the second record.")

        self.stage.dns.queries.clear()
        result = self.succeeds(
            self.pulumi(
                *UP,
                keep=rf"creating.*names validated|certwright.*{DONE}|\+ \d+ created",
                trim=JUST_DONE,
                past=True,
                on_line=add_second,
            )
        )
        self.says(
            result, r"wwwValidation.*1 of 2 names validated", "the waiting resource's line says how far it is", "VAL-1"
        )
        self._dns_was_asked()
        self._outputs()
        self.connects("wiki", "wiki.internal", "192.168.1.1", "fire-sensor-123")
        self.connects("www", "www.shop.example.com", "any.shop.example.com")
        self._nothing_private_asked()
        found = self.nowhere(b"PRIVATE KEY", self.stage.base / "state", self.stage.logs)
        self.check(not found, "neither Pulumi's state nor any output holds a private key", "CRT-2 SEC-2", seen=found)

    def _dns_was_asked(self) -> None:
        assert self.stage.dns is not None
        seen = {(q.name.rstrip(".").lower(), q.rdtype) for q in self.stage.dns.queries}
        cnames = {name.lower() for name, _, _ in self.records}
        targets = {value.lower() for _, _, value in self.records}
        followed = all(any(n == name for n, _ in seen) for name in cnames) and all((t, "TXT") in seen for t in targets)
        updates = [q for q in self.stage.dns.queries if q.rdtype == "UPDATE" and q.name.rstrip(".") == VALIDATION_ZONE]
        self.check(
            followed and updates,
            f"it wrote its TXT values into {VALIDATION_ZONE} (its key may write only there) and followed CNAME -> TXT",
            "DNS-4 DNS-5",
            expected=f"updates of {VALIDATION_ZONE}, and questions for {sorted(cnames)} and {sorted(targets)}",
            seen=sorted(seen),
        )
        climb = ["www.shop.example.com", "shop.example.com", "example.com", "com"]
        missing = [name for name in climb if (name, "CAA") not in seen]
        self.check(not missing, f"it looked for CAA at {', '.join(climb)}", "CAA-1", seen=f"no question for {missing}")

    def _nothing_private_asked(self) -> None:
        assert self.stage.dns is not None
        private = [q.name for q in self.stage.dns.queries if "wiki" in q.name or "fire-sensor" in q.name]
        self.check(not private, "no DNS server was asked for a private name", "NAM-6", seen=private)

    def _outputs(self) -> None:
        result = self.succeeds(
            self.runner.run(["pulumi", "stack", "output", "--json", *QUIET], cwd=self.stage.shop, show="", apart=True)
        )
        self.outputs = {k: v for k, v in json.loads(result.output).items() if isinstance(v, str)}
        self.root = self.stage.base / "root.pem"
        self.root.write_text(self.outputs["rootPem"])

    def preview_again(self) -> None:
        self.terminal.step("Preview again: no change")
        self.no_change(past=True)

    def renewal(self) -> None:
        self.terminal.step("25 days later: the renewal is a diff, reviewed before it happens")
        arn = self.outputs["wikiArn"]
        old = self.newest(arn).serial.lstrip("0")
        before = self.dump()
        listed = self.succeeds(self.pulumi(*PREVIEW, keep=r"^ ~ .*update|to update", note="real clock"))
        detailed = self.succeeds(self.pulumi(*PREVIEW, "--diff", keep=r"~ (version|deployedVersion) *:"))
        self.says(
            listed,
            r"wiki update.*~version.*renewal due: expires \d{4}-\d\d-\d\d",
            "the certificate's row says that it renews, when it expires, and why now",
            "REN-1 REN-2",
        )
        self.says(
            listed,
            r"wikiOnTls update.*will redeploy.*version 1 -> 2",
            "the association's row says that it will be redeployed",
            "REN-2",
        )
        for name in ("version", "deployedVersion"):
            self.says(detailed, rf"~ {name} *: 1 => 2", f"--diff shows {name}: 1 => 2")
        self.check(self.dump() == before, "after two previews every row of the store is what it was", "IAC-2")
        self.succeeds(self.pulumi(*UP, keep=rf"certwright.*{DONE}|~ \d+ updated"))
        new = self.newest(arn)
        self._outputs()
        self.check(
            new.version == 2 and self.outputs["wikiArn"] == arn,
            "it is version 2, under the same ARN",
            "REN-3",
            seen=f"version {new.version} of {self.outputs['wikiArn']}",
        )
        serial = self.connects("wiki", "wiki.internal", "192.168.1.1")
        self.check(
            serial != old and serial == new.serial.lstrip("0"),
            f"the endpoint serves the new serial {serial[:8]}… (was {old[:8]}…)",
            "ASC-1",
            expected=new.serial,
            seen=serial,
        )
        self.no_change()

    def refusals(self) -> None:
        self.terminal.step("What goes wrong is a sentence, and the next up goes on")
        self._san()
        self._in_use()

    def _san(self) -> None:
        name = "pay.example.com"
        self.terminal.say(f"The program gains the name {name}; the DNS team's CAA names another CA:")
        self.edit(lambda text: text.replace('"*.shop.example.com"]', f'"*.shop.example.com", "{name}"]'))
        self.stage.change_dns("example.com", add=(("example.com", "CAA", f'0 issue "{OTHER_CA}"'),))
        denied = self.pulumi(*PREVIEW, keep=r"CAA forbids issuance. www", most=1)
        self.fails(denied, "the preview fails", "CAA-3")
        self.says(
            denied,
            rf'CAA 0 issue "{OTHER_CA}".*example\.com',
            "it says which record forbids it, where that is, and what to add",
        )
        self.terminal.say(f"The DNS team allows {IDENTITY}, but forgets the validation record:")
        self.stage.change_dns("example.com", add=(("example.com", "CAA", f'0 issue "{IDENTITY}"'),))
        refused = self.pulumi(*UP, keep=r"\* not validated|certwright.*(updated|failed)")
        self.fails(refused, "the wait ends after customTimeouts", "VAL-1")
        self.says(
            refused,
            rf"not validated after .*{re.escape(name)}",
            "it says which name, what was seen there",
            "DNS-4 VAL-1",
        )
        to_create = observe.wanted_records(refused.output)
        self.check(
            len(to_create) == 1 and to_create[0][0].endswith(name),
            "and which record to create",
            "DNS-4",
            expected=f"one record for {name}",
            seen=to_create,
        )
        waiting = self.newest(self.outputs["wwwArn"])
        self.connects("www", "www.shop.example.com")  # the old version serves on
        self.terminal.say("The DNS team creates it:")
        self.stage.change_dns("example.com", add=tuple(to_create))
        self.succeeds(self.pulumi(*UP, keep=r"certwright.*(updated|failed)"))
        done = self.newest(self.outputs["wwwArn"])
        self.check(
            (done.version, done.requested_at) == (waiting.version, waiting.requested_at) and done.version == 2,
            "the same request went on (version 2, not 3) and was deployed",
            "CRT-6 VAL-2",
            expected=f"version 2 of {waiting.requested_at}",
            seen=f"version {done.version} of {done.requested_at}",
        )
        self.connects("www", "www.shop.example.com", name)

    def _in_use(self) -> None:
        self.terminal.say(
            "Another team's stack serves the wiki's certificate too; then the shop drops it from its program:"
        )
        self.succeeds(self.pulumi(*UP, keep=r"wikiOnEdge created", cwd=self.stage.edge))
        self.edit(lambda text: without_wiki(text, self.stage.form))
        preview = self.succeeds(self.pulumi(*PREVIEW, keep=r"^ - .*Certificate wiki delete warning"))
        if self.stage.form != "dynamic":  # Pulumi tells the dynamic host nothing of the run's end (mechanics.md 7)
            self.says(preview, r"wiki delete warning: .*wikiOnEdge", "the preview warns on the delete row", "ASC-8")
        self._gate()
        refused = self.pulumi(*UP, keep=r"wiki \*\*deleting failed.*error|associations? serve", most=2)
        self.fails(refused, "up refuses", "ASC-8")
        self.says(refused, r"wikiOnEdge", "and names the association that is in the way", "ASC-8")

    def _gate(self) -> None:
        planned = self.stage.base / "preview.json"
        result = self.succeeds(
            self.runner.run(
                [*PREVIEW, "--json", *QUIET],
                cwd=self.stage.shop,
                show="pulumi preview --json > preview.json",
                apart=True,
            )
        )
        planned.write_text(result.output)
        gate = self.runner.run(
            ["certwright", "check"],
            cwd=self.stage.shop,
            stdin=planned,
            show="certwright check < preview.json",
            keep=r"in use|serve",
        )
        self.check(gate.code == 1, "the gate for CI fails (exit code 1)", "ASC-8", seen=f"exit code {gate.code}")
        self.says(gate, r"wikiOnEdge", "with the same sentence")

    def destroy(self) -> None:
        self.terminal.step("Destroy: nothing stays but the audit and the CAs in their restore window")
        for project in (self.stage.edge, self.stage.shop):
            self.succeeds(
                self.pulumi(
                    "pulumi",
                    "state",
                    "unprotect",
                    "--all",
                    "--yes",
                    cwd=project,
                    show="" if project == self.stage.edge else None,
                )
            )
            self.succeeds(
                self.pulumi("pulumi", "destroy", "--yes", "--skip-preview", keep=r"- \d+ deleted", cwd=project)
            )
        with observe.opened(self.stage.environment) as services, services.store.read() as reader:
            certificates = reader.all(CertificateRecord)
            associations = reader.all(AssociationRecord)
            authorities = reader.all(AuthorityRecord)
        self.check(
            not certificates and not associations,
            "no certificate and no association is left",
            seen=[certificates, associations],
        )
        self.check(
            len(authorities) == 2 and all(a.status is AuthorityStatus.DELETED for a in authorities),
            "both CAs are deleted and can be restored for 30 days",
            "PCA-3",
            seen=[(a.arn, a.status) for a in authorities],
        )
        left = [p for p in self.stage.tls.rglob("*") if p.is_file()]
        self.check(not left, "the directories hold no certificate and no key any more", "ASC-6", seen=left)
        assert self.stage.dns is not None
        values = [v for _, _, target in self.records for v in self.stage.dns.records(target, "TXT")]
        self.check(not values, "its TXT values are gone from DNS", "DNS-7", seen=values)
        audit = self.runner.run(["certwright", "audit", "verify"], cwd=self.stage.shop, keep=r".")
        self.check(audit.code == 0, "the audit's chain of hashes is whole", "AUD-1", seen=f"exit code {audit.code}")

    STEPS = (preview_first, first_up, preview_again, renewal, refusals, destroy)


def without_wiki(text: str, form: str) -> str:
    """The program without the wiki's certificate and association, and without every line that speaks of it."""
    first, after = (r"^  wiki:", r"^  www:") if form == "yaml" else (r"^wiki = ", r"^www = ")
    cut = re.sub(rf"(?ms){first}.*?(?={after})", "", text)
    return "".join(line for line in cut.splitlines(keepends=True) if "wiki" not in line)
