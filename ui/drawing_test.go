package ui

import (
	"fmt"
	"testing"
)

// TestPicturesAreKept of the runs whose pictures came last, and of each the last one.
func TestPicturesAreKept(t *testing.T) {
	d := drawings{by: map[string]drawing{}}
	const runs = mostDrawings + 10
	for run := range runs {
		for _, state := range []string{"running", "done"} {
			d.keep(fmt.Sprint(run), drawing{of: state})
		}
	}
	for run, want := range map[int]bool{0: false, runs - mostDrawings - 1: false, runs - mostDrawings: true, runs - 1: true} {
		if one, kept := d.by[fmt.Sprint(run)]; kept != want || kept && one.of != "done" {
			t.Errorf("run %d of %d: kept %v, %s", run, runs, kept, one.of)
		}
	}
	if len(d.by) != mostDrawings || len(d.runs) != mostDrawings {
		t.Errorf("%d pictures of %d runs are kept", len(d.by), len(d.runs))
	}
}
