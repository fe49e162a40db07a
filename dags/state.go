package dags

import "slices"

// State is what a plan says of a step.
type State string

// The states of steps, the worst last. The first two do not run, nor does the last.
const (
	StateDone       State = "done"       // its output is there: same stage, configuration and inputs
	StateAccepted   State = "accepted"   // a person took its output as current
	StateWaiting    State = "waiting"    // an input is yet to be made: it runs unless that turns out as it was
	StateNew        State = "new"        // never ran
	StateIncomplete State = "incomplete" // a run ended in the middle of it
	StateStale      State = "stale"      // its output is of something else
	StateForced     State = "forced"     // it is to run though its output is there
	StateMissing    State = "missing"    // its output is not there, and the run is not to make it
)

var worst = []State{StateDone, StateAccepted, StateWaiting, StateNew, StateIncomplete, StateStale, StateForced, StateMissing}

// WorstState is the worst of some states, StateDone of none.
func WorstState(states ...State) State {
	at := 0
	for _, state := range states {
		at = max(at, slices.Index(worst, state))
	}
	return worst[at]
}

// Runs says whether a step in that state is to run.
func (s State) Runs() bool { return !s.There() && s != StateMissing }

// There says whether a step in that state has an output that the steps after it take.
func (s State) There() bool { return s == StateDone || s == StateAccepted }

// inWords is a state to a person who asks what a run would do.
func (s State) inWords() string {
	if s.Runs() {
		return "will run"
	}
	return string(s)
}
