"""The executable `pulumi-resource-certwright`: Pulumi's provider protocol over gRPC."""
