package synth

import (
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/internal/store"
)

// output is one file being written.
type output struct {
	name  string
	table table // meaningful where it is not a copy
	file  store.File
	gzip  *gzip.Writer // nil: the bytes are not compressed here
	count int64
}

// outputs are the files of a tree.
type outputs []*output

// openOutputs begins the files of tables. After an error it returns those begun.
func openOutputs(create Create, tables []table) (outputs, error) {
	var outs outputs
	for _, t := range tables {
		file, err := create(files[t].name)
		if err != nil {
			return outs, err
		}
		out := &output{name: files[t].name, table: t, file: file}
		outs = append(outs, out)
		if strings.HasSuffix(out.name, rawcsv.SuffixGzip) {
			out.gzip, err = gzip.NewWriterLevel(file, gzip.BestSpeed)
		}
		if err == nil {
			err = out.append(&rows{data: []byte(files[t].header + "\n")})
		}
		if err != nil {
			return outs, fmt.Errorf("%s: %w", out.name, err)
		}
	}
	return outs, nil
}

func (o *output) append(r *rows) error {
	o.count += r.count
	var to io.Writer = o.file
	if o.gzip != nil {
		to = o.gzip
	}
	_, err := to.Write(r.data)
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
