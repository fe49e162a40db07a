package synth

import (
	"fmt"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/store"
)

// output is one file being written.
type output struct {
	name  string
	table table // meaningful where gzip is there
	file  store.File
	gzip  *gzip.Writer // nil: the bytes are a copy
	count int64
}

// outputs are the files of a tree.
type outputs []*output

// openOutputs begins the files of the tables from first on. After an error it
// returns those begun.
func openOutputs(create Create, first table) (outputs, error) {
	var outs outputs
	for t := first; t < tableCount; t++ {
		file, err := create(files[t].name)
		if err != nil {
			return outs, err
		}
		z, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
		outs = append(outs, &output{name: files[t].name, table: t, file: file, gzip: z})
		if err == nil {
			_, err = z.Write([]byte(files[t].header + "\n"))
		}
		if err != nil {
			return outs, fmt.Errorf("%s: %w", files[t].name, err)
		}
	}
	return outs, nil
}

func (o *output) append(r *rows) error {
	o.count += r.count
	_, err := o.gzip.Write(r.data)
	return err
}

// close commits the files where nothing failed so far, err being what did, and
// returns the number of records of each.
func (outs outputs) close(err error) (map[string]int64, error) {
	for _, out := range outs {
		if err == nil && out.gzip != nil {
			err = out.gzip.Close()
		}
	}
	counts := map[string]int64{}
	for _, out := range outs {
		counts[out.name] = out.count
		if err == nil {
			err = out.file.Commit()
		}
		out.file.Abort()
	}
	return counts, err
}
