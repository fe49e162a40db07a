package clinflow_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link   = regexp.MustCompile(`\]\(([^)#]+)\)`)
	fenced = regexp.MustCompile("(?s)```.*?```")
)

// Links of the documents lead to files of the tree.
func TestLinksOfTheDocuments(t *testing.T) {
	documents, err := filepath.Glob("docs/*.md")
	if err != nil || len(documents) < 3 {
		t.Fatal(documents, err)
	}
	for _, document := range append(documents, "README.md", "ARCHITECTURE.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range link.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
			if strings.Contains(target[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), target[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", document, target[1])
			}
		}
	}
}
