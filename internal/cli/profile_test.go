package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestProfilesAreWritten: go tool pprof reads gzip, which begins with two bytes of
// its own.
func TestProfilesAreWritten(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "stages", "--cpuprofile", "cpu", "--memprofile", "allocations")
	for _, name := range []string{"cpu", "allocations"} {
		if !strings.HasPrefix(read(t, dir, name), "\x1f\x8b") {
			t.Errorf("%s is no profile", name)
		}
	}
	r := clinflow(t, dir, 2, "stages", "--cpuprofile", filepath.Join("missing", "cpu"))
	if !strings.Contains(r.stderr, "begin a profile") {
		t.Errorf("got %q", r.stderr)
	}
}
