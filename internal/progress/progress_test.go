package progress

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestPlainLinesWhereThereIsNoTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	task := To(file).Start("ingest", "files", 4)
	task.Add(3)
	task.Note("loss:1.5")
	task.Done()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^ingest: 3/4 files, [0-9.e+]+/s, \S+ left, loss:1\.5 stopped\n$`)
	if !line.Match(text) {
		t.Errorf("printed %q", text)
	}
}

func TestQuietPrintsNothing(t *testing.T) {
	var quiet *Sink
	task := quiet.Start("ingest", "files", 0)
	task.Add(1)
	task.Done()
	quiet.Stop()
	if got := task.status(); got[:7] != "1 files" {
		t.Errorf("status %q", got)
	}
}
