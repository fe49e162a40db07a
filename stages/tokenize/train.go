package tokenize

import (
	"context"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "tokenize.train",
		Version: 3,
		Doc: "Trains a tokenizer on notes of train patients. kind sentencepiece: byte-pair pieces with byte fallback, shaped as LLaMA's; leaves tokenizer.model, and tokenizer.json with which transformers' AutoTokenizer gives the same ids. " +
			"kind wordpiece: an uncased BERT's, whose pieces are the most frequent words, and characters for the others; leaves vocab.txt. " +
			"Neither the order of the notes nor the number of parts matters.",
		In: []stages.Port{
			{Name: "notes", Kind: mimic.KindPatients, Sharded: true, Tables: []string{mimic.TableNotes}, Doc: "the notes; those of val and test patients teach nothing"},
			split.Port,
		},
		Out: stages.Output{Kind: stages.KindTokenizer},
	}, newTrain)
}

// TrainConfig is the configuration of tokenize.train.
type TrainConfig struct {
	Kind              string  `json:"kind" default:"sentencepiece" enum:"sentencepiece,wordpiece" doc:"what the tokenizer is: for a LLaMA or for a BERT"`
	VocabSize         int     `json:"vocab_size" default:"4096" unit:"pieces" min:"260" max:"1000000" doc:"size of the vocabulary; smaller where the notes have no more pairs, or words, that occur twice"`
	MaxNotes          int     `json:"max_notes" default:"20000" unit:"notes" min:"0" doc:"how many notes to learn from, drawn by the hash of seed and note_id; 0 takes all"`
	CharacterCoverage float64 `json:"character_coverage" default:"0.99995" min:"0" max:"1" doc:"share of the notes' characters that get a piece of their own; the others fall back to bytes, or with kind wordpiece their words are unknown"`
	MaxPieceLength    int     `json:"max_piece_length" default:"16" unit:"characters" min:"1" max:"64" doc:"longest piece"`
	Seed              int64   `json:"seed" default:"1" doc:"seed of the draw of notes"`
	split.Overlap
}

type train struct {
	env    *stages.Environment
	config TrainConfig
}

func newTrain(env *stages.Environment, config TrainConfig) (stages.Job, error) {
	return &train{env, config}, nil
}

// Check implements stages.Checked.
func (t *train) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return t.config.Overlap.Faults(in)
}

// Run trains the tokenizer and writes its files.
func (t *train) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	notes := in.One("notes")
	limit, err := t.drawLimit(ctx, in)
	if err != nil {
		return err
	}
	words := t.config.vocabulary()
	task := t.env.Progress.Start("tokenize.train", "notes", 0)
	for note, err := range trainNotes[noteText](ctx, in, t.config.Overlap) {
		if err != nil {
			return err
		}
		if t.draw(note.NoteID) <= limit {
			words.Add(note.Text)
			out.Count("kept", 1)
			task.Add(1)
		}
	}
	task.Done()
	if words.Len() == 0 {
		return exit.Errorf(exit.Usage, "%s has no text of train patients to learn from; give more patients or another split", notes.URI())
	}
	pieces, err := words.write(out)
	out.Count("pieces", int64(pieces))
	return err
}

// drawLimit is the hash up to which notes are taken. The texts are not read
// for it.
func (t *train) drawLimit(ctx context.Context, in stages.Inputs) (uint64, error) {
	if t.config.MaxNotes == 0 {
		return math.MaxUint64, nil
	}
	var draws []uint64
	for note, err := range trainNotes[noteKey](ctx, in, t.config.Overlap) {
		if err != nil {
			return 0, err
		}
		draws = append(draws, t.draw(note.NoteID))
	}
	if len(draws) <= t.config.MaxNotes {
		return math.MaxUint64, nil
	}
	slices.Sort(draws)
	return draws[t.config.MaxNotes-1], nil
}

func (t *train) draw(noteID string) uint64 {
	return xxhash.Sum64String("tokenizer:" + strconv.FormatInt(t.config.Seed, 10) + ":" + noteID)
}

// noteKey is what is read of a note before it is drawn.
type noteKey struct {
	NoteID    string `parquet:"note_id"`
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
	IsError   bool   `parquet:"iserror"`
}

func (n noteKey) key() noteKey  { return n }
func (n noteText) key() noteKey { return noteKey{n.NoteID, n.SubjectID, n.HadmID, n.IsError} }

// teaches says whether a note is one of a train patient that is not marked as an error.
func (n noteKey) teaches(of split.Sides) bool {
	name, _ := of.Of(n.SubjectID, n.HadmID)
	return !n.IsError && name == split.Train
}

// trainNotes streams the notes of train patients that are not marked as errors.
func trainNotes[T interface{ key() noteKey }](ctx context.Context, in stages.Inputs, overlap split.Overlap) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		notes := in.One("notes")
		for part := range notes.Parts() {
			of, err := overlap.Part(ctx, in.One(split.Port.Name), part)
			if err != nil {
				yield(none, err)
				return
			}
			for note, err := range dataset.Read[T](ctx, notes, mimic.TableNotes, part) {
				if err == nil && !note.key().teaches(of) {
					continue
				}
				if !yield(note, err) || err != nil {
					return
				}
			}
		}
	}
}
