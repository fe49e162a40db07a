package failure

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/runners"
)

// failing notes a run that fails.
func failing(t *Teller) *Teller {
	for _, e := range []runners.Event{
		{Kind: runners.RunStarted, DAG: "made", Run: "r", File: "/home/x/made.yaml"}, {Kind: runners.StepStarted, Step: "a"},
		{Kind: runners.StepFailed, Step: "a", Error: "row 7"}, {Kind: runners.StepCancelled, Step: "b"}, {Kind: runners.RunEnded, Error: "row 7"},
	} {
		t.Note(e)
	}
	return t
}

const told = `{"dag":"made","run":"r","exit_code":3,"failed":["a"]}`

func TestACommandIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "told")
	teller := failing(&Teller{Command: `cat >"` + file + `"; echo " $CLINFLOW_DAG $CLINFLOW_RUN $CLINFLOW_EXIT_CODE $CLINFLOW_FAILED_STEPS" >>"` + file + `"`, Output: io.Discard})
	for _, code := range []exit.Code{exit.OK, exit.Interrupted} {
		if err := teller.End(t.Context(), "made", code); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("told of exit code %d", code)
		}
	}
	if err := teller.End(t.Context(), "made", exit.BadData); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told+" made r 3 a\n", string(text)); diff != "" {
		t.Error(diff)
	}
	if err := failing(&Teller{Command: "exit 7", Output: io.Discard}).End(t.Context(), "made", exit.Failed); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("a command that fails: %v", err)
	}
}

func TestAServerIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		calls   int
		says    string
	}{
		"at once":          {[]int{204}, 1, ""},
		"when it is there": {[]int{503, 429, 200}, 3, ""},
		"that refuses":     {[]int{403}, 1, "403"},
		"that stays away":  {[]int{500, 500, 500}, 3, "500"},
		"that sends on":    {[]int{302}, 1, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text, _ := io.ReadAll(r.Body)
				if string(text) != told || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("%s of %q, %v", r.Method, text, r.Header)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.answers[calls])
				calls++
			}))
			defer server.Close()
			err := failing(&Teller{URL: server.URL + "/secret"}).End(t.Context(), "made", exit.BadData)
			if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret")) || calls != c.calls {
				t.Errorf("%d calls, %v", calls, err)
			}
		})
	}
	if err := failing(&Teller{URL: "http://127.0.0.1:1/secret"}).End(t.Context(), "made", exit.BadData); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestARunThatNeverBegan: its DAG is named, no step.
func TestARunThatNeverBegan(t *testing.T) {
	file := filepath.Join(t.TempDir(), "told")
	if err := (&Teller{Command: `cat >"` + file + `"`, Output: io.Discard}).End(t.Context(), "other", exit.Usage); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	var n Notice
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if diff := cmp.Diff(Notice{DAG: "other", ExitCode: 2, Failed: []string{}}, n); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestURLsThatAreNone(t *testing.T) {
	for url, good := range map[string]bool{"": true, "https://x.example/hook": true, "http://localhost:1": true, "x.example": false, "ftp://x.example": false, "http://": false, "://": false} {
		if err := (&Teller{URL: url}).Check(); (err == nil) != good {
			t.Errorf("%q: %v", url, err)
		}
	}
}
