package pipelines

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// merged is what reaches the finish of a reduce over two parts, in order of keys.
func merged(t *testing.T) []accumulator {
	t.Helper()
	var calls [][]byte
	for part, keys := range [][]string{{"b", "a"}, {"b", "c"}} {
		var all []accumulator
		for _, key := range keys {
			all = append(all, accumulator{Part: part, Key: key})
		}
		all, err := withRollCall(all, part)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, all[len(all)-1].Value)
	}
	call, err := mergeRollCalls(calls)
	if err != nil {
		t.Fatal(err)
	}
	return []accumulator{{Key: rollCallKey, Value: call}, {Key: "a"}, {Key: "b"}, {Key: "c"}}
}

// Prism was seen to finish a reduce on what a failed bundle left: nothing that is
// missing may go unnoticed.
func TestAReduceIsFinishedOnlyWhole(t *testing.T) {
	all := merged(t)
	got, err := answered(all, 2)
	if diff := cmp.Diff([]stages.Keyed{{Key: "a"}, {Key: "b"}, {Key: "c"}}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for name, c := range map[string]struct {
		merged []accumulator
		parts  int
	}{"a part": {all, 3}, "a key": {all[:3], 2}, "the roll call": {all[1:], 2}, "everything": {nil, 2}} {
		if _, err := answered(c.merged, c.parts); exit.Of(err) != exit.Failed {
			t.Errorf("without %s: %v", name, err)
		}
	}
	if got, err := answered(nil, 0); err != nil || got == nil {
		t.Errorf("no parts at all: %v, %v", got, err)
	}
}

// A part merged without a file's rows would be recorded as finished.
func TestAPartIsMergedOnlyWhole(t *testing.T) {
	merge := mergeFn{Task: Task{Step: "lines", Stage: "test", Workers: 1}, files: 3}
	if err := merge.StartBundle(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	arrived := [][]byte{nil, []byte(`{"file":2}`), []byte(`{"file":0}`), []byte(`{"file":2}`)}
	next := func(element *[]byte) bool {
		if len(arrived) == 0 {
			return false
		}
		*element, arrived = arrived[0], arrived[1:]
		return true
	}
	if err := merge.ProcessElement(t.Context(), 0, next, nil); err != nil {
		t.Fatal(err)
	}
	err := exit.Unseal(merge.FinishBundle(t.Context(), nil))
	if exit.Of(err) != exit.Failed || !strings.Contains(err.Error(), "2 of 3 files were scanned") {
		t.Errorf("a file is missing: %v", err)
	}
}
