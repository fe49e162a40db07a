package meds

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/store"
)

// Event is a row of a shard: something that was known of a patient from a time on. What
// is known at all times has none.
type Event struct {
	SubjectID    int64        `parquet:"subject_id"`
	Time         dataset.Time `parquet:"time,optional"`
	Code         string       `parquet:"code"`
	NumericValue float32      `parquet:"numeric_value,optional"` // none of these events has one
	TextValue    string       `parquet:"text_value,optional,plain" phi:"true"`
	HadmID       int64        `parquet:"hadm_id,optional"`
}

// arrowSchema are the columns of Event as Arrow names them.
var arrowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "subject_id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "time", Type: &arrow.TimestampType{Unit: arrow.Microsecond}, Nullable: true},
	{Name: "code", Type: arrow.BinaryTypes.String},
	{Name: "numeric_value", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
	{Name: "text_value", Type: arrow.BinaryTypes.LargeString, Nullable: true},
	{Name: "hadm_id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
}, nil)

// arrowKey is the key under which Arrow's readers look for a schema of theirs in a
// Parquet file: MEDS wants text to be large_string, of which Parquet knows nothing.
const arrowKey = "ARROW:schema"

func arrowValue() (string, error) {
	var message bytes.Buffer
	if err := ipc.NewWriter(&message, ipc.WithSchema(arrowSchema)).Close(); err != nil {
		return "", fmt.Errorf("describe the columns of events: %w", err)
	}
	return base64.StdEncoding.EncodeToString(message.Bytes()), nil
}

// writeShard writes the events of a part, patient by patient.
func writeShard(ctx context.Context, patients *dataset.Dataset, notes bool, part int, out store.Dir) (Counts, error) {
	name := fmt.Sprintf("data/part-%05d-of-%05d.parquet", part, patients.Parts())
	w, err := parquet.Create[Event](ctx, out, name)
	if err != nil {
		return Counts{}, err
	}
	defer w.Abort()
	description, err := arrowValue()
	if err != nil {
		return Counts{}, err
	}
	if err := w.Annotate(arrowKey, description); err != nil {
		return Counts{}, err
	}
	counts, err := writePatients(w, read(ctx, patients, notes, part))
	if err != nil {
		return counts, err
	}
	_, err = w.Commit()
	return counts, err
}

// writePatients writes the histories of a part.
func writePatients(w *parquet.Writer[Event], part reading) (Counts, error) {
	defer part.close()
	counts := Counts{Codes: map[string]int64{}}
	for {
		h, err := part.next()
		if err != nil || h == nil {
			return counts, err
		}
		counts.Patients++
		counts.Untimed += h.untimed
		counts.Errors += h.errors
		for i := range h.events {
			counts.Events++
			counts.Codes[h.events[i].Code]++
			if err := w.Write(h.events[i]); err != nil {
				return counts, err
			}
		}
	}
}
