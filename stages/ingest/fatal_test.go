package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/stagetest"
)

func TestFatalFaults(t *testing.T) {
	discharge := newTree()["note/discharge"]
	for name, c := range map[string]struct {
		file, text string
		words      []string
	}{
		"quote left open":    {"note/discharge", discharge + "20-DS-2,20,201,DS,2,,,\"" + canary + "\n20-DS-3,20,201,DS,3,,,\"" + canary + "\"\n", []string{"row 2", fmt.Sprint("byte ", len(discharge))}},
		"bare quote":         {"note/discharge", discharge + "20-DS-2,20,201,DS,2,,," + canary + "\"\n", []string{"row 2", fmt.Sprint("byte ", len(discharge))}},
		"misspelt column":    {"hosp/admissions", strings.Replace(newTree()["hosp/admissions"], "hospital_expire_flag", "hospital_expired_flag", 1), []string{"hospital_expire_flag is missing (is it hospital_expired_flag?)"}},
		"text after a quote": {"hosp/patients", newTree()["hosp/patients"] + "\"5\"" + canary + "\n", []string{"row 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := newTree().with(c.file, c.text).write(t)
			_, err := stagetest.Try(t, "ingest.mimiciv", config(root), nil)
			checkError(t, err, exit.BadData, append(c.words, c.file+".csv.gz")...)
		})
	}
}

func checkError(t *testing.T, err error, code exit.Code, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	stagetest.WantCode(t, err, code)
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not name %q", err, word)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("%q holds the file's text", err)
	}
}
