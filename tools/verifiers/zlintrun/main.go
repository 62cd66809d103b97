// Command zlintrun lints PEM certificates and CRLs with zlint and prints what it finds as JSON.
//
//	zlintrun [-min warn|error|fatal] [-exclude lint,lint] [-include-sources CABF_BR,RFC5280] FILE...
//
// It prints one JSON array on stdout, a row per finding, in the order of the files, then of the lint names:
//
//	[{"file": "leaf.pem", "index": 0, "subject": "CN=...", "lint": "e_...", "severity": "error", "source": "CABF_BR", "details": ""}]
//
// index counts the PEM blocks of the file from 0. Exit code 0: linted, found or not; 2: called wrongly or a file
// cannot be read or parsed (the sentence is on stderr).
package main

import (
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

type finding struct {
	File     string `json:"file"`
	Index    int    `json:"index"`
	Subject  string `json:"subject"`
	Lint     string `json:"lint"`
	Severity string `json:"severity"`
	Source   string `json:"source"`
	Details  string `json:"details"`
}

var floors = map[string]lint.LintStatus{"notice": lint.Notice, "warn": lint.Warn, "error": lint.Error, "fatal": lint.Fatal}

func main() {
	floor := flag.String("min", "warn", "lowest severity that is printed: notice, warn, error or fatal")
	exclude := flag.String("exclude", "", "lint names that are not run, separated by commas")
	sources := flag.String("include-sources", "", "only lints of these sources, separated by commas; empty runs all")
	flag.Parse()

	minimum, known := floors[*floor]
	if !known || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	registry, err := choose(*exclude, *sources)
	if err != nil {
		fail(err)
	}
	found := []finding{}
	for _, path := range flag.Args() {
		rows, err := lintFile(path, registry, minimum)
		if err != nil {
			fail(err)
		}
		found = append(found, rows...)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(found); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "zlintrun:", err)
	os.Exit(2)
}

func choose(exclude, sources string) (lint.Registry, error) {
	options := lint.FilterOptions{}
	if exclude != "" {
		options.ExcludeNames = strings.Split(exclude, ",")
	}
	if sources != "" {
		if err := options.IncludeSources.FromString(sources); err != nil {
			return nil, err
		}
	}
	if options.Empty() {
		return lint.GlobalRegistry(), nil
	}
	return lint.GlobalRegistry().Filter(options)
}

func lintFile(path string, registry lint.Registry, minimum lint.LintStatus) ([]finding, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows []finding
	index := 0
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		results, subject, err := lintBlock(block, registry)
		if err != nil {
			return nil, fmt.Errorf("%s, block %d: %w", path, index, err)
		}
		rows = append(rows, worst(results, finding{File: path, Index: index, Subject: subject}, minimum)...)
		index++
	}
	if index == 0 {
		return nil, fmt.Errorf("%s: no PEM block in it", path)
	}
	return rows, nil
}

func lintBlock(block *pem.Block, registry lint.Registry) (*zlint.ResultSet, string, error) {
	switch block.Type {
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, "", err
		}
		return zlint.LintCertificateEx(cert, registry), cert.Subject.String(), nil
	case "X509 CRL":
		crl, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, "", err
		}
		return zlint.LintRevocationListEx(crl, registry), crl.Issuer.String(), nil
	default:
		return nil, "", fmt.Errorf("a %q block is neither a certificate nor a CRL", block.Type)
	}
}

func worst(results *zlint.ResultSet, row finding, minimum lint.LintStatus) []finding {
	names := make([]string, 0, len(results.Results))
	for name := range results.Results {
		names = append(names, name)
	}
	sort.Strings(names)
	var rows []finding
	for _, name := range names {
		result := results.Results[name]
		if result.Status < minimum {
			continue
		}
		row.Lint, row.Severity, row.Details = name, result.Status.String(), result.Details
		row.Source = string(result.LintMetadata.Source)
		rows = append(rows, row)
	}
	return rows
}
