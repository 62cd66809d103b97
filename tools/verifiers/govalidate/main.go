// Command govalidate asks Go's crypto/x509 whether a chain is good, as a second opinion on what certwright issues.
//
//	govalidate -root ca.pem [-intermediate chain.pem] -leaf leaf.pem [-name host] [-at RFC3339] [-usage server|client|any]
//
// A flag that takes a file may be repeated and a file may hold several certificates; of the leaf file the first
// certificate is the leaf and the others are intermediates. It prints one JSON object on stdout:
//
//	{"ok": true, "chains": [["leaf subject", "intermediate subject", "root subject"]]}
//	{"ok": false, "kind": "x509.HostnameError", "error": "x509: certificate is valid for ..."}
//
// Exit code 0: good; 1: not good; 2: called wrongly or a file cannot be read (kind "input").
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

type verdict struct {
	OK     bool       `json:"ok"`
	Kind   string     `json:"kind,omitempty"`
	Error  string     `json:"error,omitempty"`
	Chains [][]string `json:"chains,omitempty"`
}

type files []string

func (f *files) String() string     { return strings.Join(*f, ",") }
func (f *files) Set(v string) error { *f = append(*f, v); return nil }

var usages = map[string]x509.ExtKeyUsage{
	"server": x509.ExtKeyUsageServerAuth,
	"client": x509.ExtKeyUsageClientAuth,
	"code":   x509.ExtKeyUsageCodeSigning,
	"email":  x509.ExtKeyUsageEmailProtection,
	"any":    x509.ExtKeyUsageAny,
}

func main() {
	var roots, intermediates files
	flag.Var(&roots, "root", "PEM file of trust anchors (repeatable)")
	flag.Var(&intermediates, "intermediate", "PEM file of intermediates (repeatable)")
	leaf := flag.String("leaf", "", "PEM file of the leaf, its chain may follow it")
	name := flag.String("name", "", "DNS name or IP address to verify; empty verifies none")
	at := flag.String("at", "", "instant of the verification, RFC 3339; empty is now")
	usage := flag.String("usage", "server", "server, client, code, email or any")
	flag.Parse()

	options, first, err := prepare(roots, intermediates, *leaf, *name, *at, *usage)
	if err != nil {
		report(verdict{Kind: "input", Error: err.Error()}, 2)
	}
	chains, err := first.Verify(options)
	if err != nil {
		report(verdict{Kind: kind(err), Error: err.Error()}, 1)
	}
	report(verdict{OK: true, Chains: subjects(chains)}, 0)
}

func prepare(roots, intermediates files, leaf, name, at, usage string) (x509.VerifyOptions, *x509.Certificate, error) {
	options := x509.VerifyOptions{DNSName: name, Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	extended, known := usages[usage]
	if !known {
		return options, nil, fmt.Errorf("usage %q is not known", usage)
	}
	options.KeyUsages = []x509.ExtKeyUsage{extended}
	if at != "" {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return options, nil, err
		}
		options.CurrentTime = instant
	}
	for pool, list := range map[*x509.CertPool]files{options.Roots: roots, options.Intermediates: intermediates} {
		for _, path := range list {
			certs, err := read(path)
			if err != nil {
				return options, nil, err
			}
			for _, cert := range certs {
				pool.AddCert(cert)
			}
		}
	}
	chain, err := read(leaf)
	if err != nil {
		return options, nil, err
	}
	for _, cert := range chain[1:] {
		options.Intermediates.AddCert(cert)
	}
	return options, chain[0], nil
}

func read(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, fmt.Errorf("%s: no PEM certificate in it", path)
	}
	return certs, nil
}

func kind(err error) string {
	for unwrapped := err; unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
		if named := fmt.Sprintf("%T", unwrapped); strings.HasPrefix(named, "x509.") {
			return named
		}
	}
	return fmt.Sprintf("%T", err)
}

func subjects(chains [][]*x509.Certificate) [][]string {
	named := make([][]string, 0, len(chains))
	for _, chain := range chains {
		var one []string
		for _, cert := range chain {
			one = append(one, cert.Subject.String())
		}
		named = append(named, one)
	}
	return named
}

func report(v verdict, code int) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(code)
}
