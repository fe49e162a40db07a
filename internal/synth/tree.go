package synth

import (
	"cmp"
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/guard"
)

// chunkPatients is how many patients are made at a time: chunks are made side by
// side and written in order, so memory stays constant and bytes the same.
const chunkPatients = 64

// chunk is the records of a run of patients.
type chunk struct {
	patients int
	tables   [tableCount]rows
}

// Write makes a tree through create and returns the number of records of each
// file. Nothing is committed if any file fails.
func Write(ctx context.Context, o Options, create Create) (map[string]int64, error) {
	if err := o.CheckValues(); err != nil {
		return nil, err
	}
	if o.Attach != "" {
		return attach(ctx, o, create)
	}
	outs, err := openOutputs(create, o.tables())
	if err == nil {
		err = fill(ctx, o, generated(o), outs)
	}
	return outs.close(err)
}

// people are the patients that notes are written for.
type people struct {
	count int
	// patient makes patient number n; it is called side by side.
	patient func(n int) patient
	// tables writes what is said of a patient beside the notes.
	tables func(p *patient, t *[tableCount]rows)
}

// generated are the patients that are invented.
func generated(o Options) people {
	return people{o.Patients, func(n int) patient { return newPatient(o, int64(n)) }, o.release().write}
}

// fill makes the chunks side by side and writes them in order.
func fill(ctx context.Context, o Options, who people, outs outputs) error {
	task := o.Progress.Start("synth", "patients", int64(who.count))
	defer task.Done()
	group, ctx := errgroup.WithContext(ctx)
	ready := make(chan chan *chunk, cmp.Or(o.Workers, runtime.GOMAXPROCS(0)))
	group.Go(func() error {
		defer close(ready)
		return makeChunks(ctx, o, who, ready)
	})
	group.Go(func() error {
		for made := range ready {
			select {
			case c := <-made:
				if err := c.write(outs); err != nil {
					return err
				}
				task.Add(int64(c.patients))
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	return group.Wait()
}

// makeChunks starts a chunk for each place that is free in ready.
func makeChunks(ctx context.Context, o Options, who people, ready chan<- chan *chunk) error {
	makers, making := errgroup.WithContext(ctx)
	for first := 0; first < who.count && making.Err() == nil; first += chunkPatients {
		made := make(chan *chunk, 1)
		select {
		case ready <- made:
			makers.Go(func() error {
				return guard.Do("synth", func() error { made <- newChunk(o, who, first); return nil })
			})
		case <-making.Done():
		}
	}
	if err := makers.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func newChunk(o Options, who people, first int) *chunk {
	c := &chunk{patients: min(chunkPatients, who.count-first)}
	notes := o.release().notes(o)
	for n := range c.patients {
		p := who.patient(first + n)
		who.tables(&p, &c.tables)
		notes(&p, &c.tables)
	}
	return c
}

// write appends the chunk to the files; the two large ones compress side by side.
func (c *chunk) write(outs outputs) error {
	var group errgroup.Group
	for _, out := range outs {
		group.Go(func() error { return out.append(&c.tables[out.table]) })
	}
	return group.Wait()
}
