package main

import (
	"errors"
	"slices"
	"time"

	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// state is the card's while something was timed.
type state struct {
	ClockMHz  int      `json:"sm_clock_mhz"` // the median
	PowerW    float64  `json:"power_w"`      // the highest
	Throttled []string `json:"throttle_reasons"`
}

// every is the time from one look at the card to the next.
const every = 10 * time.Millisecond

// watch looks at the card beside what is timed. Without NVIDIA's library for that it
// sees nothing.
type watch struct{ monitor *driver.Monitor }

func (w *watch) open(bus string) {
	m, err := driver.OpenMonitor(bus)
	if errors.Is(err, driver.ErrNotFound) {
		err = driver.ErrNotFound // where it was looked for is of no interest
	}
	if err != nil {
		say("no clock and power of the card, NVIDIA's libnvidia-ml: %v", err)
		return
	}
	w.monitor = m
}

func (w *watch) close() {
	if w.monitor != nil {
		_ = w.monitor.Close() // nothing is lost by it
	}
}

// during is the state while f runs, nil where it is not seen.
func (w *watch) during(f func() error) (*state, error) {
	if w.monitor == nil {
		return nil, f()
	}
	done, seen := make(chan struct{}), make(chan *state)
	go func() { seen <- w.look(done) }()
	err := f()
	close(done)
	return <-seen, err
}

// look puts together what is seen until all is done.
func (w *watch) look(done <-chan struct{}) *state {
	s, clocks := &state{Throttled: []string{}}, []int{}
	for ticks := time.NewTicker(every); ; {
		now, err := w.monitor.State()
		if err != nil {
			<-done
			return nil
		}
		clocks = append(clocks, now.ClockMHz)
		s.PowerW = max(s.PowerW, now.PowerW)
		s.Throttled = append(s.Throttled, now.Throttled...)
		select {
		case <-ticks.C:
		case <-done:
			ticks.Stop()
			slices.Sort(clocks)
			slices.Sort(s.Throttled)
			s.ClockMHz, s.Throttled = clocks[len(clocks)/2], slices.Compact(s.Throttled)
			return s
		}
	}
}
