package synth

import (
	"context"
	"fmt"
	"runtime"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
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
	if err := o.check(); err != nil {
		return nil, err
	}
	outs, err := openOutputs(create)
	if err == nil {
		err = fill(ctx, o, outs)
	}
	for _, out := range outs {
		if err == nil {
			err = out.gzip.Close()
		}
	}
	counts := map[string]int64{}
	for t, out := range outs {
		counts[files[t].name] = out.count
		if err == nil {
			err = out.file.Commit()
		}
		out.file.Abort()
	}
	return counts, err
}

// fill makes the chunks side by side and writes them in order.
func fill(ctx context.Context, o Options, outs []*output) error {
	task := progress.Start("synth", "patients", int64(o.Patients))
	defer task.Done()
	group, ctx := errgroup.WithContext(ctx)
	ready := make(chan chan *chunk, runtime.GOMAXPROCS(0))
	group.Go(func() error {
		defer close(ready)
		return makeChunks(ctx, o, ready)
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
func makeChunks(ctx context.Context, o Options, ready chan<- chan *chunk) error {
	makers, making := errgroup.WithContext(ctx)
	for first := 0; first < o.Patients && making.Err() == nil; first += chunkPatients {
		made := make(chan *chunk, 1)
		select {
		case ready <- made:
			makers.Go(func() error {
				return guard.Do("synth", func() error { made <- newChunk(o, first); return nil })
			})
		case <-making.Done():
		}
	}
	if err := makers.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func newChunk(o Options, first int) *chunk {
	c := &chunk{patients: min(chunkPatients, o.Patients-first)}
	writer := noteWriter{options: o}
	for n := range c.patients {
		p := newPatient(o, int64(first+n))
		p.write(&c.tables)
		writer.write(&p, &c.tables)
	}
	return c
}

// write appends the chunk to the files; the two large ones compress side by side.
func (c *chunk) write(outs []*output) error {
	var group errgroup.Group
	for t, out := range outs {
		group.Go(func() error { return out.append(&c.tables[t]) })
	}
	return group.Wait()
}

// output is one gzip file being written.
type output struct {
	file  store.File
	gzip  *gzip.Writer
	count int64
}

// openOutputs begins every file. After an error it returns those begun.
func openOutputs(create Create) ([]*output, error) {
	var outs []*output
	for _, f := range files {
		file, err := create(f.name)
		if err != nil {
			return outs, err
		}
		z, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
		outs = append(outs, &output{file: file, gzip: z})
		if err == nil {
			_, err = z.Write([]byte(f.header + "\n"))
		}
		if err != nil {
			return outs, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return outs, nil
}

func (o *output) append(r *rows) error {
	o.count += r.count
	_, err := o.gzip.Write(r.data)
	return err
}
