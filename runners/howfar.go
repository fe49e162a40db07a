package runners

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
)

// howFarName is the file that tells how far the steps at work are, for those who watch. It
// is written over while a run is at work and goes with the run; what a killed run left of it
// is of no run at work. A journal with all of it would grow without an end.
const howFarName = runsFolder + "/howfar.json"

// howFar is what the file holds: counts, rates and times.
type howFar struct {
	Run   string            `json:"run"`
	Steps map[string]string `json:"steps"` // what progress says of them
}

// teller writes down how far the steps of a run are. Safe for concurrent use.
type teller struct {
	ctx context.Context
	out store.Dir
	log zerolog.Logger

	mu     sync.Mutex
	far    howFar
	silent bool // nothing is told any more: the run is over, or nothing can be
}

func newTeller(ctx context.Context, out store.Dir, run string, log zerolog.Logger) *teller {
	return &teller{ctx: ctx, out: store.Volatile(out), log: log, far: howFar{Run: run, Steps: map[string]string{}}}
}

// of is a Sink for a step. Steps that are one job share the first one's, and their tasks
// have the names of the steps.
func (t *teller) of(step string, isStep func(string) bool, shown *progress.Sink) *progress.Sink {
	return shown.Telling(func(task, status string) {
		if isStep(task) {
			t.tell(task, status)
		} else {
			t.tell(step, status)
		}
	})
}

func (t *teller) tell(step, status string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.silent {
		return
	}
	t.far.Steps[step] = status
	if err := t.write(); err != nil {
		t.silent = true
		t.log.Warn().Err(err).Msg("how far steps are cannot be told to those who watch")
	}
}

func (t *teller) write() error {
	text, err := json.Marshal(t.far)
	if err != nil {
		return err
	}
	f, err := t.out.Create(t.ctx, howFarName)
	if err != nil {
		return err
	}
	return store.WriteAll(f, text)
}

// end takes the file away. What stays where that fails is of no run at work, and no reason
// for a run to fail whose steps are done.
func (t *teller) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.silent = true
	if err := t.out.RemoveAll(context.WithoutCancel(t.ctx), howFarName); err != nil {
		t.log.Warn().Err(err).Msg("the file that told how far steps were stays until the next run")
	}
}

// tellHowFar adds to a run at work what is told of its steps. A file that is not there, or
// is another run's, tells nothing.
func (r *RunRecord) tellHowFar(ctx context.Context, out store.Dir) {
	var far howFar
	text, err := store.ReadFile(ctx, out, howFarName)
	if err != nil || json.Unmarshal(text, &far) != nil || far.Run != r.ID {
		return
	}
	for i, s := range r.Steps {
		if s.State == Running {
			r.Steps[i].Progress = far.Steps[s.Step]
		}
	}
}
