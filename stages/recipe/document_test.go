package recipe

import (
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The table of docs/recipes.md has the quirks, in their order, and which recipe has each.
func TestTheDocumentKnowsTheQuirks(t *testing.T) {
	text, err := os.ReadFile("../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	var told, want [][]string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| (yes|no) \\| (yes|no) \\|").FindAllStringSubmatch(string(text), -1) {
		told = append(told, row[1:])
	}
	yes := map[bool]string{true: "yes", false: "no"}
	for i, f := range (Overrides{}).Fields() {
		want = append(want, []string{f.Key, yes[reflect.ValueOf(core).Field(i).Bool()], yes[reflect.ValueOf(clinical).Field(i).Bool()]})
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}
