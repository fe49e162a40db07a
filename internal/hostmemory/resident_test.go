package hostmemory

import (
	"os"
	"testing"
	"testing/fstest"
)

func TestResidentIsInPages(t *testing.T) {
	for text, want := range map[string]int64{"9000 321 20 1 0 4 0\n": 321, "": 0, "9000": 0, "9000 many": 0} {
		root := fstest.MapFS{"proc/self/statm": {Data: []byte(text)}}
		if got := resident(root); got != want*int64(os.Getpagesize()) {
			t.Errorf("%q: %d bytes", text, got)
		}
	}
	if resident(fstest.MapFS{}) != 0 {
		t.Error("memory where nobody tells")
	}
}
