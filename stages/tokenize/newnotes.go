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
		Name:    "tokens.notes",
		Version: 3,
		Doc: "Turns notes into token ids for language modelling: one row a note, text_id its note_id. " +
			"input_ids is unpadded and cut at max_length. Notes marked as errors and notes without text are left out and counted.",
		In: []stages.Port{
			{Name: "notes", Kind: mimic.KindPatients, Sharded: true, Tables: []string{mimic.TableNotes}, Doc: "the notes"},
			tokenizerPort,
		},
		Out: stages.Output{Kind: task.KindTextTokens, Tables: []string{task.TableTextTokens}},
	}, newNoteTexts)
}

// NoteTextsConfig is the configuration of tokenize.notes.
type NoteTextsConfig struct {
	Options
}

type noteTexts struct{ *encoding }

func newNoteTexts(_ *stages.Environment, config NoteTextsConfig) (stages.Map, error) {
	t, err := newEncoding(config.Options)
	return &noteTexts{t}, err
}

// Part writes the tokens of a part's notes.
func (n *noteTexts) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
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

func (n *noteTexts) write(w *writer, note noteText) error {
	w.out.Count("read", 1)
	switch {
	case note.IsError:
		w.out.Count("dropped.iserror", 1)
		return nil
	case note.Text == "":
		w.out.Count("dropped.no_text", 1)
		return nil
	}
	return w.write(task.TextTokens{TextID: note.NoteID, SubjectID: note.SubjectID, HadmID: note.HadmID}, note.Text, false)
}
