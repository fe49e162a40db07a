package runners

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/store"
)

// The kinds of events in a run's journal.
const (
	RunStarted    = "run started"
	RunEnded      = "run ended"
	StepStarted   = "step started"
	StepSkipped   = "step skipped"
	StepDone      = "step done"
	StepFailed    = "step failed"
	StepCancelled = "step cancelled"
	Published     = "published"
)

// The outcomes of a run.
const (
	OutcomeDone        = "done"
	OutcomeFailed      = "failed"
	OutcomeInterrupted = "interrupted"
)

// Event is one line of a run's journal. It holds names, counts, times and
// errors, never data.
type Event struct {
	Time        time.Time `json:"time"`
	Kind        string    `json:"event"`
	Run         string    `json:"run"`
	DAG         string    `json:"dag,omitempty"`
	File        string    `json:"file,omitempty"`   // of the DAG, or published
	SHA256      string    `json:"sha256,omitempty"` // of what was published
	Runner      string    `json:"runner,omitempty"`
	Revision    string    `json:"revision,omitempty"`
	Workers     int       `json:"workers,omitempty"`
	Step        string    `json:"step,omitempty"`
	Stage       string    `json:"stage,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Reasons     []string  `json:"reasons,omitempty"` // why the step runs or is skipped
	Seconds     float64   `json:"seconds,omitempty"`
	// Counts are those of the output's manifest, small ones hidden.
	Counts  map[string]smallcell.Count `json:"counts,omitempty"`
	Outcome string                     `json:"outcome,omitempty"`
	Error   string                     `json:"error,omitempty"`
}

// Journal appends the events of one run to runs/RUN.jsonl, each on disk before
// the run goes on. Safe for concurrent use.
type Journal struct {
	run    string
	notify func(Event)
	mu     sync.Mutex
	file   *os.File
}

const (
	runsFolder    = "runs"
	stepsFolder   = "steps"
	cacheFolder   = "cache"
	journalSuffix = ".jsonl"
)

func startJournal(out string, notify func(Event)) (*Journal, error) {
	run := newRunID(time.Now())
	path := filepath.Join(out, runsFolder, run+journalSuffix)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, store.FileMode())
	if err != nil {
		return nil, store.DiskError("start the journal", path, err)
	}
	return &Journal{run: run, notify: notify, file: file}, nil
}

// newRunID is sortable by time; the random end keeps two runs of the same
// moment apart.
func newRunID(now time.Time) string {
	random := make([]byte, 2)
	_, _ = rand.Read(random) // never fails since Go 1.24
	return now.UTC().Format("20060102-150405.000") + "-" + hex.EncodeToString(random)
}

// Write appends an event.
func (j *Journal) Write(e Event) error {
	e.Time, e.Run = time.Now().UTC(), j.run
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err := j.file.Write(line.Bytes())
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return store.DiskError("write the journal", j.file.Name(), err)
	}
	if j.notify != nil {
		j.notify(e)
	}
	return nil
}

// Close ends the journal.
func (j *Journal) Close() error { return j.file.Close() }
