package runners

import (
	"context"
	"encoding/json"
	"slices"
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
	tasks  map[string][]taskAtWork // by step, in the order in which they began
	silent bool                    // nothing is told any more: the run is over, or nothing can be
}

type taskAtWork struct{ name, status string }

func newTeller(ctx context.Context, out store.Dir, run string, log zerolog.Logger) *teller {
	return &teller{ctx: ctx, out: store.Volatile(out), log: log, far: howFar{Run: run, Steps: map[string]string{}}, tasks: map[string][]taskAtWork{}}
}

// of is a Sink for a step. Steps that are one job share the first one's, and their tasks
// have the names of the steps.
func (t *teller) of(step string, isStep func(string) bool, shown *progress.Sink) *progress.Sink {
	return shown.Telling(func(task, status string) {
		of := step
		if isStep(task) {
			of = task
		}
		t.tell(of, task, status)
	})
}

// tell notes how far a task of a step is, with no status that it has ended. Of several
// tasks at once the step is as far as the first: training is that, and measures on val
// meanwhile.
func (t *teller) tell(step, task, status string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(step, task, status)
	before := t.far.Steps[step]
	if delete(t.far.Steps, step); len(t.tasks[step]) > 0 {
		t.far.Steps[step] = t.tasks[step][0].status
	}
	if t.silent || t.far.Steps[step] == before {
		return
	}
	if err := t.write(); err != nil {
		t.silent = true
		t.log.Warn().Err(err).Msg("how far steps are cannot be told to those who watch")
	}
}

func (t *teller) note(step, task, status string) {
	i := slices.IndexFunc(t.tasks[step], func(one taskAtWork) bool { return one.name == task })
	switch {
	case i < 0 && status != "":
		t.tasks[step] = append(t.tasks[step], taskAtWork{task, status})
	case i >= 0 && status == "":
		t.tasks[step] = slices.Delete(t.tasks[step], i, i+1)
	case i >= 0:
		t.tasks[step][i].status = status
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
