package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Numbers are shown as the manifest has them: a seed that is a day stays one. Of what
// is confidential nothing is shown but that it is set.
func TestSettingsAreShownAsTheyAreWritten(t *testing.T) {
	got := flat([]byte(`{"seed": 20260301, "c": 1e-05, "tiny": 0.00001, "peft": {"r": 8, "target_modules": ["q", 3]}, "resume": null, "packing": true, "hub": {"api_key": "S3"}, "from": "https://me:S3@host"}`))
	if diff := cmp.Diff(map[string]string{"seed": "20260301", "c": "1e-05", "tiny": "0.00001", "peft.r": "8", "peft.target_modules": "q 3", "resume": "–", "packing": "true", "hub.api_key": "…", "from": "…"}, got); diff != "" {
		t.Error(diff)
	}
}
