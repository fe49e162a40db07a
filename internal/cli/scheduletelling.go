package cli

import (
	"context"
	"sync"

	"github.com/clinflow/clinflow/runners/failure"
	"github.com/clinflow/clinflow/schedule"
)

// scheduledTeller logs what happens in a scheduler, and tells of runs that failed and
// could not tell it themselves, as they would have been told of.
type scheduledTeller struct {
	*settings
	failure failure.Teller
	telling sync.WaitGroup
	begun   bool
}

// begin logs what is scheduled when the scheduler first reads it: one that waits for
// another, or is refused, schedules nothing.
func (s *scheduledTeller) begin(read schedule.Reading) {
	for _, d := range read.Definitions {
		if !s.begun {
			s.env.Log.Info().Str("dag", d.DAG).Str("file", d.File).Str("cron", d.Cron).Str("timezone", d.Timezone).Msg("scheduled")
		}
	}
	s.begun = true
}

// tell is told every event. A command or a server may take its time: the scheduler does
// not wait for it.
func (s *scheduledTeller) tell(e schedule.Event, r *schedule.Run) {
	s.log(e, r)
	if !e.Untold {
		return
	}
	reason, code := e.Reason()
	s.telling.Go(func() {
		err := s.failure.Tell(context.Background(), failure.Notice{DAG: e.DAG, Run: e.Run, ExitCode: code, Reason: reason})
		if err != nil {
			s.env.Log.Warn().Msg(err.Error())
		}
	})
}

// wait waits until all is told.
func (s *scheduledTeller) wait() { s.telling.Wait() }

// log logs what happens.
func (s *scheduledTeller) log(e schedule.Event, r *schedule.Run) {
	for _, f := range e.Faults {
		s.env.Log.Error().Str("file", f.File).Msg("a DAG file has faults; its DAG stays as it was, and the others go on: " + f.Text)
	}
	if len(e.Faults) > 0 {
		return
	}
	entry := s.env.Log.Info()
	if e.Error != "" {
		entry = s.env.Log.Error().Str("error", e.Error)
		if e.Code >= 0 {
			entry = entry.Int("exit_code", e.Code)
		} else {
			entry = entry.Int("signal", -e.Code)
		}
	}
	if e.DAG != "" {
		entry = entry.Str("dag", e.DAG)
	}
	if r != nil {
		entry = entry.Str("run", r.ID)
	}
	entry.Msg(e.Say())
}
