// Package stages is the contract between a stage and everything that runs it.
// A stage is plain Go that knows nothing of Beam; its shape decides how its
// work is spread.
package stages

import (
	"context"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
)

// Shape names one of the four ways a stage's work can be spread.
type Shape string

// The four shapes.
const (
	ShapeSource Shape = "source" // raw files → sorted runs → parts
	ShapeMap    Shape = "map"    // part n of the inputs → part n of the output
	ShapeReduce Shape = "reduce" // parts → small accumulators → one artifact
	ShapeJob    Shape = "job"    // whole datasets → one artifact, on one machine
)

// Source reads raw files into a dataset whose parts hold whole patients.
type Source interface {
	// Parts is how many parts the dataset is cut into.
	Parts() int
	// Files lists the raw files in a fixed order. A file's index is the
	// source_file of its rows. A missing file is an error of Usage.
	Files(ctx context.Context, in Inputs) ([]RawFile, error)
	// Scan reads one file into sorted runs under the environment's memory budget.
	Scan(ctx context.Context, file RawFile, spill *extsort.Spill) error
	// Merge writes one part from the runs that hold rows of it.
	Merge(ctx context.Context, part int, runs []extsort.Run, out *dataset.PartWriter) error
}

// RawFile is one input file of a Source.
type RawFile struct {
	Index int    `json:"index"`
	Table string `json:"table"` // the table its rows go to
	Name  string `json:"name"`  // relative to the root, as manifests and errors show it
	URI   string `json:"uri"`   // where to read it
}

// Map computes one part of the output from the same part of its inputs. It is
// pure: the same inputs give the same rows in the same order.
type Map interface {
	Part(ctx context.Context, in Inputs, part int, out *dataset.PartWriter) error
}

// Reduce folds the parts of its inputs into one artifact through small
// accumulators grouped by key.
type Reduce interface {
	// Accumulate emits one accumulator for each key that the part touches.
	Accumulate(ctx context.Context, in Inputs, part int, emit func(key string, accumulator []byte)) error
	// Merge joins the accumulators of a key; they come ordered by part. Where
	// they would be large they say what to read of the inputs, and Merge reads
	// it; what it returns is small again.
	Merge(ctx context.Context, in Inputs, key string, accumulators [][]byte) ([]byte, error)
	// Finish writes the artifact's files from the merged accumulators, which
	// come ordered by key.
	Finish(ctx context.Context, in Inputs, results []Keyed, out *dataset.Writer) error
}

// Keyed is a merged accumulator and its key.
type Keyed struct {
	Key   string
	Value []byte
}

// Values are the values of results, without their keys.
func Values(results []Keyed) [][]byte {
	values := make([][]byte, len(results))
	for i, r := range results {
		values[i] = r.Value
	}
	return values
}

// Job turns whole datasets into an artifact on one machine. It writes files
// with out.File and, where it makes a sharded dataset, parts with out.Part.
type Job interface {
	Run(ctx context.Context, in Inputs, out *dataset.Writer) error
}

// Gated is implemented by a stage that bounds the fraction of bad records:
// quarantined / read above it, in one file of a source or in the whole, fails the
// step with BadData.
type Gated interface {
	MaxBadFraction() float64
}

// Identified is implemented by a stage whose output's bytes depend on the
// machine it runs on: a training stage's device and kernel. What Kernel returns
// enters the step's fingerprint and its manifest.
type Identified interface {
	Kernel() string
}

// Attributed is implemented by a stage that says in its output's manifest what the
// rows or files mean, such as the task that labels are of. It is asked when the
// output is complete.
type Attributed interface {
	Attributes(ctx context.Context, in Inputs) (map[string]any, error)
}

// Tallied is implemented by a Source that is told, when all files are read, what was
// counted of each, by its name. What it returns is written into the manifest, as that
// of Attributed is.
type Tallied interface {
	Tally(ctx context.Context, in Inputs, files map[string]map[string]int64) (map[string]any, error)
}

// SetTally tells a stage the counts of its files, if it wants them, and writes what it
// says of its output then.
func SetTally(ctx context.Context, stage any, in Inputs, files map[string]map[string]int64, out *dataset.Writer) error {
	t, ok := stage.(Tallied)
	if !ok {
		return nil
	}
	attributes, err := t.Tally(ctx, in, files)
	return errors.Join(err, setAll(attributes, out))
}

// SetAttributes writes what a stage says of its output, if it says anything.
func SetAttributes(ctx context.Context, stage any, in Inputs, out *dataset.Writer) error {
	a, ok := stage.(Attributed)
	if !ok {
		return nil
	}
	attributes, err := a.Attributes(ctx, in)
	return errors.Join(err, setAll(attributes, out))
}

func setAll(attributes map[string]any, out *dataset.Writer) (err error) {
	for name, value := range attributes {
		err = errors.Join(err, out.SetAttribute(name, value))
	}
	return err
}

// Inputs are the opened datasets of a stage's ports, by port name. A port that
// takes many holds them in the order of the DAG file.
type Inputs map[string][]*dataset.Dataset

// OpenInputs opens the datasets of each port by their URIs.
func OpenInputs(ctx context.Context, uris map[string][]string) (Inputs, error) {
	in := Inputs{}
	for port, list := range uris {
		for _, uri := range list {
			d, err := dataset.Open(ctx, uri)
			if err != nil {
				return nil, fmt.Errorf("port %s: %w", port, err)
			}
			in[port] = append(in[port], d)
		}
	}
	return in, nil
}

// One returns the dataset of a port that takes one, nil where it is optional
// and unbound.
func (in Inputs) One(port string) *dataset.Dataset {
	if len(in[port]) == 0 {
		return nil
	}
	return in[port][0]
}
