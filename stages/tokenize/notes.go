package tokenize

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "tokenize.notes",
		Version: 5,
		Doc: "Turns notes into token ids for language modelling: one row a note, text_id its note_id. " +
			"input_ids is unpadded and cut at max_length. Notes marked as errors and notes without text are left out and counted.",
		In: []stages.Port{
			{Name: "notes", Kind: mimic.KindPatients, Sharded: true, Tables: []string{mimic.TableNotes}, Doc: "the notes"},
			tokenizerPort,
		},
		Out: stages.Output{Kind: task.KindTokens, Tables: []string{task.TableTokens}},
	}, newNotes)
}

// NotesConfig is the configuration of tokenize.notes.
type NotesConfig struct {
	Options
}

type notes struct{ *encoding }

func newNotes(_ *stages.Environment, config NotesConfig) (stages.Map, error) {
	return &notes{newEncoding(config.Options)}, nil
}

// Texts implements stages.Textual.
func (n *notes) Texts(stages.Givers) task.Texts { return task.Texts{Of: task.OfNotes} }

// Attributes say what the texts are.
func (n *notes) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	return map[string]any{task.TextsAttribute: n.Texts(nil)}, nil
}

// noteText is what is read of a note.
type noteText struct {
	NoteID    string `parquet:"note_id"`
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
	IsError   bool   `parquet:"iserror"`
	Text      string `parquet:"text"`
}

// Part writes the tokens of a part's notes.
func (n *notes) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	return n.tokenize(ctx, in, out, func(w *writer) error {
		for note, err := range dataset.Read[noteText](ctx, in.One("notes"), mimic.TableNotes, part) {
			if err != nil {
				return err
			}
			if err := n.write(w, note); err != nil {
				return err
			}
		}
		return nil
	})
}

func (n *notes) write(w *writer, note noteText) error {
	w.out.Count("read", 1)
	switch {
	case note.IsError:
		w.out.Count("dropped.iserror", 1)
		return nil
	case note.Text == "":
		w.out.Count("dropped.no_text", 1)
		return nil
	}
	return w.write(task.Tokens{TextID: note.NoteID, SubjectID: note.SubjectID, HadmID: note.HadmID}, note.Text, false)
}
