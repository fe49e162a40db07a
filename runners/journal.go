package runners

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/store"
)

// The kinds of events in a run's journal.
const (
	RunStarted    = "run started"
	RunEnded      = "run ended"
	StepStarted   = "step started"
	StepSkipped   = "step skipped"
	StepAccepted  = "step accepted" // skipped for an output that a person took as current, or just taken
	StepDone      = "step done"
	StepFailed    = "step failed"
	StepCancelled = "step cancelled"
	Published     = "published"

	StepAtWork = "step at work" // in no journal: Follow tells of it
)

// The outcomes of a run.
const (
	OutcomeDone        = "done"
	OutcomeFailed      = "failed"
	OutcomeInterrupted = "interrupted"
	OutcomeAccepted    = "accepted" // nothing ran: outputs were taken as current
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
	Of          string    `json:"of,omitempty"`     // sha256 of the step's file that it was made of, where it is another
	Runner      string    `json:"runner,omitempty"`
	Revision    string    `json:"revision,omitempty"`
	Workers     int       `json:"workers,omitempty"`
	Steps       []Outline `json:"steps,omitempty"`  // of the DAG, at the run's start, in an order in which each follows what it needs
	Forced      []string  `json:"forced,omitempty"` // steps, at the run's start
	Step        string    `json:"step,omitempty"`
	Stage       string    `json:"stage,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Reasons     []string  `json:"reasons,omitempty"` // why the step runs or is skipped
	Seconds     float64   `json:"seconds,omitempty"`
	// PeakMemory is the most memory in bytes that the whole process had while the step
	// ran, others beside it too; 0: not known, or the step ran elsewhere.
	PeakMemory int64 `json:"peak_memory,omitempty"`
	// Progress is how far a StepAtWork is.
	Progress string `json:"progress,omitempty"`
	// Counts are those of the output's manifest, small ones hidden.
	Counts  map[string]smallcell.Count `json:"counts,omitempty"`
	Outcome string                     `json:"outcome,omitempty"`
	Error   string                     `json:"error,omitempty"`
	// ExitCode is what the run's process ends with.
	ExitCode int `json:"exit_code,omitempty"`
	// Scheduled is the scheduler's id of the run, and Attempt which try at it this is.
	Scheduled string `json:"scheduled,omitempty"`
	Attempt   int    `json:"attempt,omitempty"`
}

// Outline is a step as the DAG has it: what a picture of the run needs, though the DAG's
// file is another one since.
type Outline struct {
	Step    string   `json:"step"`
	Stage   string   `json:"stage"`
	Written string   `json:"written,omitempty"` // the name in the DAG's file, of a group's step
	Needs   []string `json:"needs,omitempty"`   // steps
}

func outlines(d *dags.DAG) []Outline {
	var all []Outline
	for _, s := range d.Steps {
		o := Outline{Step: s.Name, Stage: s.Stage.Name, Needs: s.Upstream()}
		if s.Written != s.Name {
			o.Written = s.Written
		}
		all = append(all, o)
	}
	return all
}

// Journal appends the events of one run to runs/RUN.jsonl, each on disk before
// the run goes on. Safe for concurrent use.
type Journal struct {
	run    string
	notify func(Event)
	mu     sync.Mutex
	log    store.Log
	done   bool // a step
}

const (
	runsFolder    = "runs"
	stepsFolder   = "steps"
	cacheFolder   = "cache"
	journalSuffix = ".jsonl"
)

func startJournal(ctx context.Context, out store.Dir, notify func(Event)) (*Journal, error) {
	run := newRunID(time.Now())
	log, err := store.StartLog(ctx, out, runsFolder+"/"+run+journalSuffix)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &Journal{run: run, notify: notify, log: log}, nil
}

// runOf is the id of the run that a journal is of.
func runOf(log string) string { return strings.TrimSuffix(path.Base(log), journalSuffix) }

// runTime is the beginning of a run's id.
const runTime = "20060102-150405.000"

// began is the time that a run's id tells.
func began(run string) time.Time {
	t, _ := time.Parse(runTime, run[:min(len(run), len(runTime))])
	return t
}

// newRunID is sortable by time; the random end keeps two runs of the same
// moment apart.
func newRunID(now time.Time) string {
	random := make([]byte, 2)
	_, _ = rand.Read(random) // never fails since Go 1.24
	return now.UTC().Format(runTime) + "-" + hex.EncodeToString(random)
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
	if err := j.log.Append(line.Bytes()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.done = j.done || e.Kind == StepDone
	if j.notify != nil {
		j.notify(e)
	}
	return nil
}

// worked says whether a step of the run was done, not all skipped.
func (j *Journal) worked() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.done
}

// Close ends the journal.
func (j *Journal) Close() error { return j.log.Close() }
