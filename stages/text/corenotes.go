package text

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
)

func init() {
	stages.RegisterReduce(stages.Spec{
		Name:    "text.core_notes",
		Version: 1,
		Doc: "Lists the discharge summaries that a recipe reads of the whole table, and in what order, where a note's reading depends on other patients' notes: by pandas_order and drop_duplicate_texts, which core has. " +
			"notes.json lists them by their rows in the source, from 1; the order of two of an admission is that in which text.admission joins them. " +
			"The manifest counts the summaries of admissions that are not left out (read), those whose text comes again (duplicates) and the others (kept).",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: []string{mimic.TableAdmissions, mimic.TableNotes}, Doc: "admissions and their notes",
		}},
		Out: stages.Output{Kind: kindCoreNotes},
	}, newCoreNotes)
}

const (
	portCoreNotes = "core_notes"
	kindCoreNotes = "core_notes"
	coreNotesFile = "notes.json"
)

// CoreNotesConfig is the configuration of text.core_notes.
type CoreNotesConfig struct{ recipe.Config }

type coreNotes struct {
	recipe.Config
	recipe recipe.Recipe
}

func newCoreNotes(_ *stages.Environment, config CoreNotesConfig) (stages.Reduce, error) {
	r, err := config.New()
	return coreNotes{config.Config, r}, err
}

// Check asks whether the recipe goes by the notes of the whole table.
func (x coreNotes) Check(context.Context, stages.Givers) []stages.Fault {
	if x.recipe.OfTable() {
		return nil
	}
	return stages.Faultf("recipe", "%s reads the notes of each admission by themselves; leave this step out", x.Name())
}

// Attributes say by which recipe the notes are listed.
func (x coreNotes) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	return map[string]any{recipe.Attribute: x.Made()}, nil
}

// listedNote is a note in the table of all.
type listedNote struct {
	Row  int64 // of the source
	Day  int64
	Text [16]byte // the beginning of its sha256
}

// Accumulate lists the notes of a part.
func (x coreNotes) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	patients := in.One("patients")
	// pandas takes an empty field for null, and CORe drops notes without a text.
	wanted := func(s *Summary) bool { return reads(x.recipe, s) && s.Text != "" }
	notes := mimic.ReadByAdmission(ctx, patients, mimic.TableNotes, part, wanted)
	defer notes.Close()
	var listed []listedNote
	for a, err := range dataset.Read[mimic.Admission](ctx, patients, mimic.TableAdmissions, part) {
		if err != nil {
			return err
		}
		summaries, err := notes.Of(&a)
		if err != nil {
			return err
		}
		if excludes(x.recipe, &a) != "" {
			continue
		}
		for i := range summaries {
			sum := sha256.Sum256([]byte(summaries[i].Text))
			listed = append(listed, listedNote{summaries[i].SourceRow, int64(summaries[i].day()), [16]byte(sum[:])})
		}
	}
	value, err := binary.Append(nil, binary.LittleEndian, listed)
	emit("notes", value)
	return err
}

// Merge puts the lists of the parts together.
func (coreNotes) Merge(_ context.Context, _ stages.Inputs, _ string, accumulators [][]byte) ([]byte, error) {
	return bytes.Join(accumulators, nil), nil
}

// Finish orders the notes and writes which are read.
func (x coreNotes) Finish(_ context.Context, _ stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	var notes []listedNote
	for _, r := range results {
		more := make([]listedNote, len(r.Value)/binary.Size(listedNote{}))
		if _, err := binary.Decode(r.Value, binary.LittleEndian, more); err != nil {
			return fmt.Errorf("read a list of notes: %w", err)
		}
		notes = append(notes, more...)
	}
	kept := x.kept(x.ordered(notes))
	out.Count("read", int64(len(notes)))
	out.Count("kept", int64(len(kept)))
	out.Count("duplicates", int64(len(notes)-len(kept)))
	return out.WriteJSON(coreNotesFile, kept)
}

// ordered are the notes as the recipe's table has them.
func (x coreNotes) ordered(notes []listedNote) []listedNote {
	slices.SortFunc(notes, func(a, b listedNote) int { return cmp.Compare(a.Row, b.Row) })
	if !x.recipe.PandasOrder {
		slices.SortStableFunc(notes, func(a, b listedNote) int { return cmp.Compare(a.Day, b.Day) })
		return notes
	}
	return pandasOrder(notes)
}

// kept are the rows of the notes without those whose text comes again.
func (x coreNotes) kept(notes []listedNote) []int64 {
	last := map[[16]byte]int{}
	for i, n := range notes {
		last[n.Text] = i
	}
	rows := make([]int64, 0, len(notes))
	for i, n := range notes {
		if !x.recipe.DropDuplicateTexts || last[n.Text] == i {
			rows = append(rows, n.Row)
		}
	}
	return rows
}
