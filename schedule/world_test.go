package schedule

import (
	"context"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// killed is what a simulated kill -9 throws: nothing of the scheduler goes on after it.
type killed struct{}

// memory are files as a journal sees them. A scheduler that uses them may be killed
// before and after each change.
type memory struct {
	files map[string][]byte
	names []string // sorted
	all   [][]byte // every event that was ever made
	// fault is asked before and after each change, and may end the scheduler.
	fault func(point string)
}

func (m *memory) create(_ context.Context, name string, data []byte) error {
	m.fault("before create")
	if _, there := m.files[name]; there {
		return store.ErrExists
	}
	m.files[name] = data
	i, _ := slices.BinarySearch(m.names, name)
	m.names = slices.Insert(m.names, i, name)
	if strings.HasPrefix(name, eventsFolder) {
		m.all = append(m.all, data)
	}
	m.fault("after create")
	return nil
}

func (m *memory) read(_ context.Context, name string) ([]byte, error) {
	if data, there := m.files[name]; there {
		return data, nil
	}
	return nil, fs.ErrNotExist
}

func (m *memory) list(context.Context) ([]string, error) { return slices.Clone(m.names), nil }

func (m *memory) remove(_ context.Context, name string) error {
	m.fault("before remove")
	delete(m.files, name)
	if i, there := slices.BinarySearch(m.names, name); there {
		m.names = slices.Delete(m.names, i, i+1)
	}
	m.fault("after remove")
	return nil
}

// world is what a scheduler lives in: time that passes, a clock that may be wrong, an
// output folder with at most one run at work, processes that outlive their scheduler, and
// faults, all drawn from one seed.
type world struct {
	random *rand.Rand
	now    time.Time     // true time
	wrong  time.Duration // by which the clock is ahead
	memory *memory
	lasts  func(w *world, file string) time.Duration
	result func(w *world) Result

	processes []*process
	held      bool               // by Hold
	journal   map[Attempt]Result // what runs have written of their ends
	completed map[string]int     // runs, by how often they ended well
	plans     []plan             // in order of time
	stop      context.CancelFunc // of the scheduler that is at work
	faults    map[string]int
	quiet     bool   // no more faults
	reader    *State // told
}

// plan is something that happens at a moment of true time.
type plan struct {
	at time.Time
	do func()
}

type process struct {
	world   *world
	attempt Attempt
	locks   time.Time // when it tries for the folder
	lasts   time.Duration
	ends    time.Time // once it has the folder
	result  Result
	killed  bool // it writes nothing of its end
	over    bool
}

func newWorld(seed uint64, now time.Time) *world {
	w := &world{
		random: rand.New(rand.NewPCG(seed, 18)), now: now, memory: &memory{files: map[string][]byte{}},
		journal: map[Attempt]Result{}, completed: map[string]int{}, faults: map[string]int{},
		reader: newState(), lasts: func(*world, string) time.Duration { return time.Minute },
	}
	w.memory.fault = func(string) {}
	return w
}

// drawn is a length of time between two.
func (w *world) drawn(least, most time.Duration) time.Duration {
	return least + time.Duration(w.random.Int64N(int64(most-least)+1)).Truncate(time.Second)
}

func (w *world) plan(at time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(w.plans, at, func(p plan, t time.Time) int { return p.at.Compare(t) })
	w.plans = slices.Insert(w.plans, i, plan{at, do})
}

// crash ends the scheduler, and with the machine the runs too.
func (w *world) crash(what string, machine bool) {
	if w.quiet {
		return
	}
	w.faults[what]++
	w.held = false // the kernel's lock ends with its process
	if machine {
		w.faults["runs lost with the machine"] += len(w.alive())
		w.processes = nil
	}
	panic(killed{})
}

func (w *world) alive() []*process {
	w.processes = slices.DeleteFunc(w.processes, func(p *process) bool { return p.over })
	return w.processes
}

// pass lets true time pass up to a moment, and says whether a run ended or something that
// was planned came in between, at which it stops.
func (w *world) pass(until time.Time) bool {
	for {
		next, happens := until, func() {}
		if len(w.plans) > 0 && w.plans[0].at.Before(next) {
			next, happens = w.plans[0].at, func() { do := w.plans[0].do; w.plans = w.plans[1:]; do() }
		}
		worth := len(w.plans) > 0 && next.Equal(w.plans[0].at)
		for _, p := range w.alive() {
			if at := p.next(); at.Before(next) {
				next, happens, worth = at, p.act, !p.ends.IsZero()
			}
		}
		if w.now.Before(next) {
			w.now = next
		}
		if next.Equal(until) {
			return false
		}
		if happens(); worth {
			return true
		}
	}
}

// next is when a process does something.
func (p *process) next() time.Time {
	if p.ends.IsZero() {
		return p.locks
	}
	return p.ends
}

// act takes the folder, if the attempt is still wanted, or ends.
func (p *process) act() {
	w := p.world
	if !p.ends.IsZero() {
		if p.over = true; !p.killed {
			w.journal[p.attempt] = p.result
		}
		if p.result.Code == 0 {
			w.completed[p.attempt.Run]++
		}
		return
	}
	if w.held || w.atWork() != nil {
		p.locks = w.now.Add(time.Second)
		return
	}
	if r := w.told().Run(p.attempt.Run); r == nil || r.State != Running || r.Attempt != p.attempt.Number {
		w.faults["attempts that came too late"]++
		p.over = true
		return
	}
	p.ends = w.now.Add(p.lasts)
}

func (w *world) atWork() *process {
	for _, p := range w.alive() {
		if !p.ends.IsZero() {
			return p
		}
	}
	return nil
}

// Now and Wait make the world a Clock.
func (w *world) Now() time.Time { return w.now.Add(w.wrong) }

func (w *world) Wait(ctx context.Context, until time.Time, _ <-chan struct{}) {
	if ctx.Err() == nil {
		w.pass(until.Add(-w.wrong))
	}
}

// The world is a Runner too.

func (w *world) Start(_ context.Context, a Attempt) (Process, error) {
	p := &process{world: w, attempt: a, locks: w.now.Add(w.drawn(0, 3*time.Second)), lasts: w.lasts(w, a.File), result: w.result(w)}
	w.processes = append(w.processes, p)
	if !w.quiet && w.random.IntN(300) == 0 {
		w.crash("killed at the start of a run", false)
	}
	return p, nil
}

func (w *world) Hold(context.Context) (func(), bool, error) {
	if w.atWork() != nil {
		return nil, false, nil
	}
	w.held = true
	return func() { w.held = false }, true, nil
}

func (w *world) Ended(_ context.Context, a Attempt) (Result, bool, error) {
	result, ok := w.journal[a]
	return result, ok, nil
}

func (w *world) AtWork(_ context.Context, a Attempt) (bool, error) {
	p := w.atWork()
	return p != nil && p.attempt == a, nil
}

func (w *world) Interrupt(_ context.Context, a Attempt) error {
	if p := w.atWork(); p != nil && p.attempt == a {
		p.Interrupt()
	}
	return nil
}

func (p *process) Ended() (Result, bool) { return p.result, p.over }

func (p *process) Interrupt() {
	if p.ends.IsZero() { // it waits for the folder, and has no journal yet
		p.killed, p.ends, p.result = true, p.world.now, Result{Code: int(exit.Interrupted)}
		return
	}
	soon := p.world.now
	if !p.world.quiet {
		soon = soon.Add(p.world.drawn(0, 4*time.Minute))
	}
	if soon.Before(p.ends) {
		p.ends, p.result = soon, Result{Code: int(exit.Interrupted), Error: "interrupted"}
	}
}

func (p *process) Kill() {
	p.killed, p.ends, p.result = true, p.world.now, Result{Code: -9, Error: "killed", Untold: true}
	p.world.faults["runs killed for their patience"]++
}

// serve lets a scheduler be at work until it is killed or told to end.
func (w *world) serve(define func() (Reading, error)) (err error) {
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	defer func() {
		stop()
		if thrown := recover(); thrown != nil {
			if _, expected := thrown.(killed); !expected {
				panic(thrown)
			}
		}
	}()
	journal, err := openJournal(ctx, w.memory)
	if err != nil {
		return err
	}
	s := &scheduler{journal: journal, runner: w, clock: w, define: define, patient: 2 * time.Minute, poll: 6 * time.Hour}
	if err := s.write(ctx, Event{Kind: schedulerCame, Process: 1}); err != nil {
		return err
	}
	return s.run(ctx, nil)
}

// told is what the events that were ever made tell, read as they come: reading the journal
// at the start of each run, as Admit does, would take most of the test's time.
func (w *world) told() *State {
	for _, text := range w.memory.all[w.reader.Number:] {
		var e Event
		if err := json.Unmarshal(text, &e); err != nil {
			panic(err)
		}
		w.reader.apply(e)
	}
	return w.reader
}
