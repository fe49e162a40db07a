package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEveryLineIsJSON: with --log-format json a machine can read standard error,
// progress and the last error too.
func TestEveryLineIsJSON(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/made.yaml", "name: made\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n  patients: {stage: ingest.mimiciv, in: {mimic: mimic}}\n")
	write(t, dir+"/wrong.yaml", "name: wrong\nsteps:\n  a: {stage: nope}\n  b: {stage: nope}\n")
	for _, c := range []struct {
		code int
		args []string
		want string // part of a message
	}{
		{0, []string{"run", "made.yaml", "--log-format", "json"}, "progress"},
		{2, []string{"lint", "wrong.yaml", "--log-format=json"}, "wrong.yaml"},
		{2, []string{"--log-format", "json", "lint", "missing.yaml"}, ""},
		{2, []string{"run", "made.yaml", "--no-such-flag", "--log-format", "json"}, "unknown flag"},
		{2, []string{"no-such-command", "--log-format", "json"}, "unknown command"},
		{2, []string{"run", "made.yaml", "--memory", "much", "--log-format", "json"}, "made.yaml: --memory"},
	} {
		found := false
		for line := range strings.Lines(clinflow(t, dir, c.code, c.args...).stderr) {
			var entry struct {
				Level, Time, Message string
				ExitCode             *int `json:"exit_code"`
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "" || entry.Time == "" {
				t.Fatalf("%v: no log line: %q, %v", c.args, line, err)
			}
			found = found || strings.Contains(entry.Message, c.want)
			if c.code != 0 && (entry.ExitCode == nil || *entry.ExitCode != c.code) {
				t.Errorf("%v: exit code %v", c.args, entry.ExitCode)
			}
		}
		if !found {
			t.Errorf("%v: no line says %q", c.args, c.want)
		}
	}
}
