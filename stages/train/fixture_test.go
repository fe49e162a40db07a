package train

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
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

// corpus writes n documents of a patient each to a tokens dataset of parts.
func corpus(t testing.TB, n, parts int) *dataset.Dataset {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([]task.Tokens, n)
	for i := range rows {
		length := 6 + rng.IntN(15)
		ids := []int32{1}
		for len(ids) < length {
			ids = append(ids, 7+rng.Int32N(wordCount-7))
		}
		label := rng.Int32N(2)
		ids[1+rng.IntN(length-1)] = wordNo + label
		rows[i] = task.Tokens{
			ExampleID: fmt.Sprint("e", i), SubjectID: int64(i), Split: split.Of(int64(i), 1),
			InputIDs: ids, NTokens: int32(length), Label: label, Labels: []int32{label}[:label],
		}
	}
	return writeTokens(t, rows, parts)
}

func writeTokens(t testing.TB, rows []task.Tokens, parts int) *dataset.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), "tokens")
	w, err := dataset.NewWriter(t.Context(), uri, task.KindTokens, parts)
	must(t, err)
	must(t, w.SetTables(task.TableTokens))
	for part := range parts {
		p := w.Part(part)
		table, err := dataset.Rows[task.Tokens](p, task.TableTokens)
		must(t, err)
		for _, row := range rows {
			if mimic.PartOf(row.SubjectID, parts) == part {
				must(t, table.Write(row))
			}
		}
		_, err = p.Close()
		must(t, err)
	}
	must(t, w.Commit(t.Context(), dataset.Manifest{Stage: "test"}, nil))
	d, err := dataset.Open(t.Context(), uri)
	must(t, err)
	return d
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
func baseModel(t testing.TB, tokens *dataset.Dataset, config string) *dataset.Dataset {
	t.Helper()
	return baseModelIn(t, stages.Default, tokens, config)
}

func baseModelIn(t testing.TB, env *stages.Environment, tokens *dataset.Dataset, config string) *dataset.Dataset {
	t.Helper()
	return stagetest.RunIn(t, env, "train.base", `{hidden_size: 16, intermediate_size: 24, layers: 1, heads: 2, kv_heads: 1, max_length: 24, batch_size: 8, initializer_range: 0.15, `+config+`}`,
		stages.Inputs{"tokens": {tokens}, "tokenizer": {smallestTokenizer(t)}})
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
