package leakage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/split"
)

// PatientsName is an artifact's record of whom it was trained on: patient keys,
// 8 bytes each, little-endian, ascending, each once. A model without one comes
// from elsewhere.
const PatientsName = "train_patients.bin"

// patientKey is xxhash64("trained:" + decimal subject_id). It keeps bare ids from
// lying beside weights that may be passed on. It is no anonymisation: whoever
// holds the ids finds them by trying.
func patientKey(subjectID int64) uint64 {
	return xxhash.Sum64String("trained:" + strconv.FormatInt(subjectID, 10))
}

// WritePatients writes the record of the patients that a model or adapter was trained
// on, given in any order and as often as they come.
func WritePatients(out *dataset.Writer, subjects iter.Seq[int64]) error {
	var keys []uint64
	for subject := range subjects {
		keys = append(keys, patientKey(subject))
	}
	slices.Sort(keys)
	return out.StreamFile(PatientsName, func(w io.Writer) error {
		return binary.Write(w, binary.LittleEndian, slices.Compact(keys))
	})
}

// record is whom a model or adapter was trained on.
type record struct {
	of   string // where the model or adapter is
	keys []uint64
}

// heldOut counts the val and test patients that were trained on, without those of
// whom it is known and allowed.
func (r record) heldOut(splits map[int64]string, shared map[int64]bool) int {
	n := 0
	for subject, name := range splits {
		if _, found := slices.BinarySearch(r.keys, patientKey(subject)); found && name != split.Train && !shared[subject] {
			n++
		}
	}
	return n
}

// Ancestry is whom the models and adapters under a stage were trained on.
type Ancestry struct {
	records []record
	unknown int64 // models and adapters without a record
}

// Add adds a model or adapter, which lies in a folder of a dataset, "" for its root.
func (a *Ancestry) Add(ctx context.Context, d *dataset.Dataset, folder string) error {
	name := folder + PatientsName
	if !d.HasFile(name) {
		a.unknown++
		return nil
	}
	data, err := d.ReadFile(ctx, name)
	if err != nil {
		return err
	}
	return a.parse(d.URI(), data)
}

// AddPath adds the model of a local folder.
func (a *Ancestry) AddPath(path string) error {
	data, err := os.ReadFile(filepath.Join(path, PatientsName))
	if errors.Is(err, fs.ErrNotExist) {
		a.unknown++
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the record of train patients: %w", err)
	}
	return a.parse(path, data)
}

func (a *Ancestry) parse(of string, data []byte) error {
	keys := make([]uint64, len(data)/8)
	_ = binary.Read(bytes.NewReader(data), binary.LittleEndian, keys) // as many as there are
	if len(data)%8 != 0 || !slices.IsSorted(keys) {
		return exit.Errorf(exit.BadData, "%s: its record of train patients (%s) is damaged; train it again", of, PatientsName)
	}
	a.records = append(a.records, record{of, keys})
	return nil
}

// Unknown is how many models and adapters have no record.
func (a Ancestry) Unknown() int64 { return a.unknown }

// Record is the one of all models and adapters together, nil where none has one.
func (a Ancestry) Record() []byte {
	if len(a.records) == 0 {
		return nil
	}
	var keys []uint64
	for _, r := range a.records {
		keys = append(keys, r.keys...)
	}
	slices.Sort(keys)
	data, _ := binary.Append(nil, binary.LittleEndian, slices.Compact(keys)) // numbers have a size
	return data
}

// Note says in the manifest that something of unknown training took part.
func (a Ancestry) Note(out *dataset.Writer) {
	if a.unknown > 0 {
		out.Count("unknown_training_patients", a.unknown)
	}
}
