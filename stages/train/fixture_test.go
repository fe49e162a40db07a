package train

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	_ "github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/stages/train/trainlog"
	"github.com/clinflow/clinflow/task"
)

// The corpus of the tests: random words of a vocabulary of 32 (1 is BOS), where
// word 5 or 6 stands in a document's middle and tells its label.
const (
	wordCount = 32
	wordNo    = 5
	wordYes   = 6
)

// corpus makes n documents of a patient each, in so many parts.
func corpus(t testing.TB, n, parts int) labelled {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([]examples.Example, n)
	for i := range rows {
		length := 6 + rng.IntN(15)
		ids := []int32{1}
		for len(ids) < length {
			ids = append(ids, 7+rng.Int32N(wordCount-7))
		}
		label := rng.Int32N(2)
		ids[1+rng.IntN(length-1)] = wordNo + label
		rows[i] = examples.Example{
			ExampleID: fmt.Sprint("e", i), SubjectID: int64(i), Split: split.Of(int64(i), 1),
			InputIDs: ids, NTokens: int32(length), Label: label, Labels: []int32{label}[:label],
		}
	}
	return write(t, rows, parts)
}

// labelled is documents with labels and splits, as the stages take them.
type labelled struct {
	tokens, labels, split *dataset.Dataset
	rows                  []examples.Example
}

// write makes the datasets of examples, which are of the task mor with two labels.
func write(t testing.TB, rows []examples.Example, parts int) labelled {
	t.Helper()
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b examples.Example) int { return cmp.Compare(a.SubjectID, b.SubjectID) })
	var tokens []task.Tokens
	var splits []task.Split
	for _, row := range rows {
		tokens = append(tokens, task.Tokens{TextID: row.ExampleID, SubjectID: row.SubjectID, InputIDs: row.InputIDs, NTokens: row.NTokens})
		if of := (task.Split{SubjectID: row.SubjectID, Split: row.Split}); !slices.Contains(splits, of) {
			splits = append(splits, of)
		}
	}
	return labelled{
		tokens: stagetest.Dataset(t, task.KindTokens, parts, nil, stagetest.TableOf(task.TableTokens, tokens, func(r task.Tokens) int64 { return r.SubjectID })),
		split:  stagetest.Dataset(t, task.KindSplits, parts, map[string]any{split.Attribute: split.Rule{Name: "test"}}, stagetest.TableOf(task.TableSplits, splits, func(r task.Split) int64 { return r.SubjectID })),
		rows:   rows,
	}.as(t, "mor", task.Binary, 2)
}

// as are the same documents with labels of another task.
func (l labelled) as(t testing.TB, name string, kind task.Kind, labels int) labelled {
	t.Helper()
	of := task.Task{Name: name, Kind: kind}
	for i := range labels {
		of.Labels = append(of.Labels, fmt.Sprint("label ", i))
	}
	var rows []task.Label
	for _, row := range l.rows {
		rows = append(rows, task.Label{TextID: row.ExampleID, SubjectID: row.SubjectID, Label: row.Label, Labels: row.Labels})
	}
	l.labels = stagetest.Dataset(t, task.KindLabels, l.tokens.Parts(), map[string]any{task.Attribute: of}, stagetest.TableOf(task.TableLabels, rows, func(r task.Label) int64 { return r.SubjectID }))
	return l
}

// with are the inputs of a stage that takes the examples and others.
func (l labelled) with(others stages.Inputs) stages.Inputs {
	in := stages.Inputs{"tokens": []*dataset.Dataset{l.tokens}, "labels": {l.labels}, "split": {l.split}}
	maps.Copy(in, others)
	return in
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// environment has a device and workers, and shares nothing with others.
func environment(device string, workers int) *stages.Environment {
	env := stages.NewEnvironment()
	for _, name := range stages.Default.Names() {
		spec, _ := stages.Default.Lookup(name)
		env.Add(spec)
	}
	return env.With(func(s *stages.Settings) { s.Device, s.Workers = device, workers })
}

// baseModel is a tiny model trained by train.base on the corpus.
func baseModel(t testing.TB, tokens labelled, config string) *dataset.Dataset {
	t.Helper()
	return baseModelIn(t, stages.Default, tokens, config)
}

func baseModelIn(t testing.TB, env *stages.Environment, tokens labelled, config string) *dataset.Dataset {
	t.Helper()
	return stagetest.RunIn(t, env, "train.base", `{hidden_size: 16, intermediate_size: 24, layers: 1, heads: 2, kv_heads: 1, max_length: 24, batch_size: 8, initializer_range: 0.15, `+config+`}`,
		tokens.with(stages.Inputs{"tokenizer": {smallestTokenizer(t)}}))
}

// readLog reads the training log of an artifact.
func readLog(t testing.TB, d *dataset.Dataset) []trainlog.Line {
	t.Helper()
	lines, err := trainlog.Read(t.Context(), d)
	must(t, err)
	return lines
}

// keptLog reads the training log beside training checkpoints.
func keptLog(t testing.TB, work store.Dir) []trainlog.Line {
	t.Helper()
	f, err := work.Open(t.Context(), trainlog.Name)
	must(t, err)
	defer f.Close()
	lines, err := trainlog.Decode(f)
	must(t, err)
	return lines
}

// smallestTokenizer has the reserved pieces and one character. Only its size and
// special tokens matter.
func smallestTokenizer(t testing.TB) *dataset.Dataset {
	t.Helper()
	words := sentencepiece.NewWords()
	words.Add("a")
	m, err := sentencepiece.Train(words, sentencepiece.TrainConfig{VocabSize: 261, CharacterCoverage: 1, MaxPieceLength: 4})
	must(t, err)
	uri := filepath.Join(t.TempDir(), "tokenizer")
	w, err := dataset.NewWriter(t.Context(), uri, stages.KindTokenizer, 0)
	must(t, err)
	must(t, w.WriteFile("tokenizer.model", m.Marshal()))
	must(t, w.Commit(t.Context(), dataset.Manifest{Stage: "test"}, nil))
	d, err := dataset.Open(t.Context(), uri)
	must(t, err)
	return d
}
