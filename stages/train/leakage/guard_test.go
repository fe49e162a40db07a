package leakage

import (
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

func TestSplitGuard(t *testing.T) {
	type row struct {
		subject int64
		split   string
	}
	all := func(split string) (rows []row) { // ten patients: fewer are not told
		for subject := range int64(10) {
			rows = append(rows, row{subject, split})
		}
		return rows
	}
	shared := map[int64]bool{70: true} // whom the split has on two sides, and is allowed to
	for _, c := range []struct {
		name string
		rows []row
		want string // in the error; "": passes
	}{
		{"patients keep to their split", []row{{1, "train"}, {1, "train"}, {2, "val"}, {3, "test"}}, ""},
		{"a patient is trained on and tested", []row{{7, "train"}, {8, "train"}, {7, "test"}}, "<10 patients occur in more than one split"},
		{"a patient in three splits counts once", slices.Concat(all("train"), all("val"), all("test")), "corpus: 10 patients occur"},
		{"a patient whom the split has on two sides", []row{{70, "train"}, {70, "test"}}, ""},
		{"another patient beside", []row{{70, "train"}, {70, "test"}, {7, "train"}, {7, "val"}}, "<10 patients occur"},
		{"a split without a meaning", []row{{1, "train"}, {2, "dev"}}, "1 rows belong to a split other than"},
		{"a row without a split", []row{{1, ""}}, "1 rows belong to a split other than"},
	} {
		g := Guard{Shared: shared}
		for _, r := range c.rows {
			g.See(r.subject, r.split)
		}
		err := g.Verdict("corpus")
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || exit.Of(err) != exit.BadData {
			t.Errorf("%s: error %v (exit %d), want %q (exit %d)", c.name, err, exit.Of(err), c.want, exit.BadData)
		}
	}
}
