"""A private CA, a private and a public-kind certificate, each served over TLS from a directory."""

import pulumi
import pulumi_certwright as certwright

config = pulumi.Config()
tls = config.require("tls")  # the directory below which the TLS servers read their pairs
wiki_endpoint = config.require("wikiEndpoint")
www_endpoint = config.require("wwwEndpoint")

root = certwright.PrivateCertificateAuthority(
    "root",
    type="ROOT",
    certificate_authority_configuration={
        "key_algorithm": "EC_secp384r1",
        "signing_algorithm": "SHA384WITHECDSA",
        "subject": {"common_name": "Shop Root CA", "organization": "Shop", "country": "DE"},
    },
    validity={"type": "YEARS", "value": "10"},
    opts=pulumi.ResourceOptions(protect=True),
)
issuing = certwright.PrivateCertificateAuthority(
    "issuing",
    type="SUBORDINATE",
    parent_arn=root.arn,
    path_length=0,
    certificate_authority_configuration={
        "subject": {"common_name": "Shop Issuing CA 1", "organization": "Shop"},
    },
    validity={"type": "YEARS", "value": "5"},
    opts=pulumi.ResourceOptions(protect=True),
)

wiki = certwright.Certificate(
    "wiki",
    domain_name="wiki.internal",
    subject_alternative_names=["192.168.1.1", "fire-sensor-123"],
    certificate_authority_arn=issuing.arn,
    validity={"type": "DAYS", "value": "30"},
    early_renewal_duration="P10D",
)
wiki_on_tls = certwright.CertificateAssociation(
    "wikiOnTls",
    certificate_arn=wiki.arn,
    target={"directory": {"path": f"{tls}/wiki"}},
    verify={"endpoints": [wiki_endpoint], "server_name": "wiki.internal"},
)

www = certwright.Certificate(
    "www",
    domain_name="www.shop.example.com",
    subject_alternative_names=["*.shop.example.com"],
    validation_method="DNS",
    public_issuer=issuing.arn,
)
www_validation = certwright.CertificateValidation(
    "wwwValidation",
    certificate_arn=www.arn,
    # Short, for the demonstration; the default is 75 minutes.
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2m", update="2s")),
)
www_on_tls = certwright.CertificateAssociation(
    "wwwOnTls",
    certificate_arn=www_validation.certificate_arn,
    target={"directory": {"path": f"{tls}/www"}},
    verify={"endpoints": [www_endpoint], "server_name": "www.shop.example.com"},
)

pulumi.export("records", www.domain_validation_options)
pulumi.export("rootPem", root.certificate)
pulumi.export("wikiArn", wiki.arn)
pulumi.export("wwwArn", www.arn)
