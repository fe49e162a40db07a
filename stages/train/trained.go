package train

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/peft"
)

// recordName is an artifact's record of whom it was trained on: patient keys,
// 8 bytes each, little-endian, ascending, each once. A model without one comes
// from elsewhere.
const recordName = "train_patients.bin"

// patientKey is xxhash64("trained:" + decimal subject_id). It keeps bare ids from
// lying beside weights that may be passed on. It is no anonymisation: whoever
// holds the ids finds them by trying.
func patientKey(subjectID int64) uint64 {
	return xxhash.Sum64String("trained:" + strconv.FormatInt(subjectID, 10))
}

// patients are the keys of the rows' patients, as a record holds them.
func (e examples) patients() []uint64 {
	keys := make([]uint64, len(e))
	for i, row := range e {
		keys[i] = patientKey(row.SubjectID)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func writeRecord(out *dataset.Writer, rows examples) error {
	return out.StreamFile(recordName, func(w io.Writer) error {
		return binary.Write(w, binary.LittleEndian, rows.patients())
	})
}

// record is whom a model or adapter was trained on.
type record struct {
	of   string // where the model or adapter is
	keys []uint64
}

// heldOut counts the val and test patients that were trained on.
func (r record) heldOut(split map[int64]string) int {
	n := 0
	for subject, name := range split {
		if _, found := slices.BinarySearch(r.keys, patientKey(subject)); found && name != "train" {
			n++
		}
	}
	return n
}

// ancestry is whom the models and adapters under a stage were trained on.
type ancestry struct {
	records []record
	unknown int64 // models and adapters without a record
}

// ancestryOf reads the records of a stage's base model, bound or given by path,
// and of its adapters.
func ancestryOf(ctx context.Context, in stages.Inputs, path string) (ancestry, error) {
	var a ancestry
	for _, port := range []string{"base", "clinical", "adapter"} {
		for _, d := range in[port] {
			err := a.add(ctx, d, recordName)
			if d.HasFile(clinicalFolder + peft.ConfigName) {
				err = errors.Join(err, a.add(ctx, d, clinicalFolder+recordName))
			}
			if err != nil {
				return a, err
			}
		}
	}
	if path == "" {
		return a, nil
	}
	data, err := os.ReadFile(filepath.Join(path, recordName))
	if errors.Is(err, fs.ErrNotExist) {
		a.unknown++
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read the record of train patients: %w", err)
	}
	return a, a.parse(path, data)
}

func (a *ancestry) add(ctx context.Context, d *dataset.Dataset, name string) error {
	if !d.HasFile(name) {
		a.unknown++
		return nil
	}
	f, err := d.OpenFile(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", name, d.URI(), err)
	}
	return a.parse(d.URI(), data)
}

func (a *ancestry) parse(of string, data []byte) error {
	keys := make([]uint64, len(data)/8)
	_ = binary.Read(bytes.NewReader(data), binary.LittleEndian, keys) // as many as there are
	if len(data)%8 != 0 || !slices.IsSorted(keys) {
		return exit.Errorf(exit.BadData, "%s: its record of train patients (%s) is damaged; train it again", of, recordName)
	}
	a.records = append(a.records, record{of, keys})
	return nil
}

// note says in the manifest that something of unknown training took part.
func (a ancestry) note(out *dataset.Writer) {
	if a.unknown > 0 {
		out.Count("unknown_training_patients", a.unknown)
	}
}
