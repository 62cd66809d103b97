// Command sdkgen writes certwright's SDKs with Pulumi's own code generators from schema.json.
//
//	sdkgen -schema schema.json -version 0.1.0 -out sdk [-languages python,nodejs,go]
//
// The version is the plugin's: the SDK gets it, and asks the engine for that plugin. (schema.json has none of its own.)
// Each language gets a directory of its own below -out, which is replaced whole, so that a file of an older schema
// cannot stay behind. The same schema gives the same bytes. It needs no network and starts no plugin: a reference
// to the schema of another package is refused. (The `pulumi package gen-sdk` command would need language hosts as new as
// the CLI, which are not to be had as Go modules.)
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/blang/semver"
	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "certwright's sdkgen (Pulumi's code generators)"

type generator func(*schema.Package) (map[string][]byte, error)

var generators = map[string]generator{
	"python": func(pkg *schema.Package) (map[string][]byte, error) {
		files, err := python.GeneratePackage(tool, pkg, nil, alone{})
		for name, text := range files { // its pyproject names README.md at the root, but it writes it into the package
			if _, there := files["README.md"]; path.Base(name) == "README.md" && !there {
				files["README.md"] = text
			}
		}
		return files, err
	},
	"nodejs": func(pkg *schema.Package) (map[string][]byte, error) {
		return nodejs.GeneratePackage(tool, pkg, nil, nil, false, alone{})
	},
	"go": func(pkg *schema.Package) (map[string][]byte, error) {
		return gogen.GeneratePackage(tool, pkg, nil)
	},
}

// alone is the loader of a schema that refers to no other package.
type alone struct{}

func refuse(name string) error {
	return fmt.Errorf("the schema refers to the package %q; certwright's schema must stand alone", name)
}

func (alone) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return nil, refuse(name)
}

func (alone) LoadPackageV2(_ context.Context, d *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, refuse(d.Name)
}

func (alone) LoadPackageReference(name string, _ *semver.Version) (schema.PackageReference, error) {
	return nil, refuse(name)
}

func (alone) LoadPackageReferenceV2(_ context.Context, d *schema.PackageDescriptor) (schema.PackageReference, error) {
	return nil, refuse(d.Name)
}

func main() {
	source := flag.String("schema", "schema.json", "the package's schema")
	version := flag.String("version", "", "the package's version, where the schema does not say it")
	out := flag.String("out", "sdk", "directory that gets one directory per language")
	languages := flag.String("languages", "python", "languages to write, separated by commas: "+strings.Join(known(), ", "))
	flag.Parse()

	for _, language := range strings.Split(*languages, ",") {
		if err := generate(*source, *version, *out, language); err != nil {
			fmt.Fprintf(os.Stderr, "sdkgen: %s: %v\n", language, err)
			os.Exit(1)
		}
	}
}

func known() []string {
	names := make([]string, 0, len(generators))
	for name := range generators {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func generate(source, version, out, language string) error {
	generator, exists := generators[language]
	if !exists {
		return fmt.Errorf("not a language of this tool; it knows %s", strings.Join(known(), ", "))
	}
	pkg, err := load(source, version) // afresh for each language: a generator writes its settings into the package
	if err != nil {
		return err
	}
	files, err := generator(pkg)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("the generator wrote nothing")
	}
	target := filepath.Join(out, language)
	if err := replace(target, files); err != nil {
		return err
	}
	fmt.Printf("%s: %d files in %s\n", language, len(files), target)
	return nil
}

func load(source, version string) (*schema.Package, error) {
	text, err := os.ReadFile(source)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	if spec.Version == "" {
		spec.Version = version
	}
	pkg, findings, err := schema.BindSpec(spec, alone{}, schema.ValidationOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	for _, finding := range findings {
		fmt.Fprintf(os.Stderr, "%s: %s\n", source, strings.TrimSuffix(finding.Summary+" "+finding.Detail, " "))
	}
	if findings.HasErrors() {
		return nil, fmt.Errorf("%s is not a good Pulumi schema; the findings are above", source)
	}
	return pkg, nil
}

// replace writes the files beside the target first, so that a failure half-way leaves the old SDK as it was.
func replace(target string, files map[string][]byte) error {
	parent := filepath.Dir(target)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(parent, ".sdkgen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		file := filepath.Join(fresh, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return os.Rename(fresh, target)
}
