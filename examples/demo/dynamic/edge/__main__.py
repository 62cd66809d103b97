"""Another team's stack, which serves the wiki's certificate as well."""

import pulumi
from certwright.dynamic import CertificateAssociation

tls = pulumi.Config().require("tls")
shop = pulumi.StackReference("organization/shop/dev")

CertificateAssociation(
    "wikiOnEdge",
    certificate_arn=shop.require_output("wikiArn"),
    target={"directory": {"path": f"{tls}/edge"}},
)
