package eval

import (
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

func TestInspectAUROC(t *testing.T) {
	for name, c := range map[string]struct {
		in, want string
		code     exit.Code
	}{
		"plain":        {"0,0.1\n1,0.9\n0,0.2\n1,0.15\n", "0.75\n", exit.OK},
		"header, CRLF": {"label,score\r\n0,1\r\n1,1\r\n", "0.5\n", exit.OK},
		"quoted":       {"\"1\",\"2e3\"\n\"0\",\" -1\"\n", "1\n", exit.OK},
		"NaN":          {"0,1\n1,nan\n", "", exit.BadData},
		"infinite":     {"0,1\n1,inf\n", "", exit.BadData},
		"least":        {"0,-Infinity\n1,1\n", "", exit.BadData},
		"underscore":   {"0,1\n1,0_9\n", "", exit.BadData},
		"hexadecimal":  {"0,1\n1,0x1p-2\n", "", exit.BadData},
		"UTF-16":       {"\xff\xfe0\x00,\x001\x00\n\x00", "", exit.BadData},
		"no number":    {"0,1\n1,zqcanary\n", "", exit.BadData},
		"bad label":    {"zqcanary,1\n", "", exit.BadData},
		"three":        {"0,1,2\n", "", exit.BadData},
		"quote":        {"0,1\n1,\"zqcanary\n", "", exit.BadData},
		"one class":    {"1,1\n", "", exit.BadData},
		"empty":        {"", "", exit.BadData},
	} {
		var out strings.Builder
		err := InspectAUROC(strings.NewReader(c.in), &out)
		if out.String() != c.want || exit.Of(err) != c.code {
			t.Errorf("%s: %q, error %v", name, out.String(), err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error holds the input", name)
		}
	}
}

// FuzzInspectAUROC: whatever comes in, a number between 0 and 1 comes out or an
// error of bad data.
func FuzzInspectAUROC(f *testing.F) {
	for _, seed := range []string{"label,score\n1,0.5\n0,0.25\n", "1,inf\n0,-inf\n", "\"1\",\"2\n", "1,1e999\n", "0,nan\n", "\r\n,\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var out strings.Builder
		if err := InspectAUROC(strings.NewReader(in), &out); err != nil {
			if exit.Of(err) != exit.BadData || out.Len() > 0 {
				t.Errorf("error %v after output", err)
			}
			return
		}
		if value, err := strconv.ParseFloat(strings.TrimSpace(out.String()), 64); err != nil || !(value >= 0 && value <= 1) {
			t.Errorf("output %q", out.String())
		}
	})
}
