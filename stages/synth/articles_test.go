package synth_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/tokenize"
)

// goldenArticles is the digest of what version 2 of synth.articles writes: where it moves,
// raise the version and write the new one.
const goldenArticles = "21da1e63cba840491003063f7280dc8d16f3be241547cf5dbaa77fbc2bc10432"

func TestArticlesMoveOnlyWithTheirVersion(t *testing.T) {
	out := stagetest.Run(t, "synth.articles", "{articles: 300, seed: 3, shards: 2}", nil)
	hash := sha256.New()
	if err := json.NewEncoder(hash).Encode(articlesOf(t, out)); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != goldenArticles || out.Manifest.StageVersion != 2 {
		t.Errorf("digest %s of version %d", got, out.Manifest.StageVersion)
	}
}

func TestArticlesDoNotDependOnParts(t *testing.T) {
	one := articlesOf(t, stagetest.Run(t, "synth.articles", "{articles: 50, seed: 3, shards: 1}", nil))
	many := articlesOf(t, stagetest.Run(t, "synth.articles", "{articles: 50, seed: 3, shards: 7}", nil))
	if len(one) <= 50 || len(one) >= 100 || !slices.Equal(one, many) {
		t.Errorf("%d notes in one part, %d in seven", len(one), len(many))
	}
}

// articlesOf are the articles and their index terms by their authors' numbers, each
// checked to have one author whom no release of MIMIC has.
func articlesOf(t *testing.T, d *dataset.Dataset) []mimic.Note {
	t.Helper()
	authors := map[int64]bool{}
	for _, author := range stagetest.Rows[mimic.Patient](t, d, mimic.TablePatients) {
		authors[author.SubjectID] = true
	}
	written := map[int64]int{}
	notes := stagetest.Rows[mimic.Note](t, d, mimic.TableNotes)
	for _, note := range notes {
		if !authors[note.SubjectID] || note.SubjectID <= 1_000_000_000 || note.HadmID != 0 {
			t.Errorf("%s is by %d", note.NoteID, note.SubjectID)
		}
		written[note.SubjectID]++
	}
	if len(written) != len(authors) || slices.Max(slices.Collect(maps.Values(written))) != 2 {
		t.Errorf("%d authors, %d of whom wrote", len(authors), len(written))
	}
	slices.SortStableFunc(notes, func(a, b mimic.Note) int { return cmp.Compare(a.SubjectID, b.SubjectID) })
	return notes
}

// What reads notes reads articles.
func TestArticlesAreTokenized(t *testing.T) {
	articles := stagetest.Run(t, "synth.articles", "{articles: 200, shards: 2}", nil)
	in := stages.Inputs{"notes": {articles}, "split": {splitOf(t, articles)}}
	in["tokenizer"] = []*dataset.Dataset{stagetest.Run(t, "tokenize.train", "{vocab_size: 600}", in)}
	delete(in, "split")
	tokens := stagetest.Rows[task.Tokens](t, stagetest.Run(t, "tokenize.notes", "{max_length: 1000}", in), task.TableTokens)
	if len(tokens) <= 200 {
		t.Errorf("%d texts of 200 articles", len(tokens))
	}
	for _, text := range tokens {
		if text.NTokens < 8 {
			t.Errorf("%s has %d tokens", text.TextID, text.NTokens)
		}
	}
}
