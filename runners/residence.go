package runners

import (
	"sync"
	"time"

	"github.com/clinflow/clinflow/internal/hostmemory"
)

// sampleEvery is short beside steps that need much memory.
const sampleEvery = 200 * time.Millisecond

// residence notes how much memory this process has at most while steps are at work. It
// is the whole process's: steps side by side, and what Go has not given back yet, are in
// it, so of a step it is an upper bound.
type residence struct {
	stop  func()
	mu    sync.Mutex
	peaks map[string]int64 // bytes by the steps at work
}

func watchMemory() *residence {
	r := &residence{peaks: map[string]int64{}}
	ticker, ended := time.NewTicker(sampleEvery), make(chan struct{})
	r.stop = func() { ticker.Stop(); close(ended) }
	go func() {
		for {
			select {
			case <-ticker.C:
				r.sample()
			case <-ended:
				return
			}
		}
	}()
	return r
}

func (r *residence) sample() {
	now := hostmemory.Resident()
	r.mu.Lock()
	defer r.mu.Unlock()
	for step, peak := range r.peaks {
		r.peaks[step] = max(peak, now)
	}
}

func (r *residence) begin(step string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peaks[step] = hostmemory.Resident()
}

// end is the peak of a step in bytes, 0 where it never began or nobody tells.
func (r *residence) end(step string) int64 {
	r.sample()
	r.mu.Lock()
	defer r.mu.Unlock()
	peak := r.peaks[step]
	delete(r.peaks, step)
	return peak
}
