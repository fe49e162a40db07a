package prompt_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	_ "github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/prompt"
	"github.com/clinflow/clinflow/stages/train/adapter/virtual"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// folder has a tokenizer that puts <s> before a text.
const folder = "../../../tokenize/testdata/folder"

// begin are the first column of the virtual tokens of a new adapter over a base whose
// embedding holds in row i twice the number i.
func begin(t *testing.T, words int, base adapter.Base, c prompt.Config) ([]int, error) {
	t.Helper()
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ps := graph.NewParams(backend)
	t.Cleanup(ps.Close)
	base.Hidden, base.Embedding = 2, ps.Add("embedding", graph.Frozen, words, 2)
	table := make([]float32, 2*words)
	for i := range table {
		table[i] = float32(i / 2)
	}
	if err := base.Embedding.Upload(kernel.F32s(table)); err != nil {
		t.Fatal(err)
	}
	a, err := adapter.New(ps, "a", adapter.Config{PEFTType: prompt.PEFTType, Method: c, TaskType: adapter.CausalLM}, base, 0, 7)
	if err != nil {
		return nil, err
	}
	values, err := ps.Get("a/" + virtual.FileName).Values()
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Config.Method.Keys()["tokenizer_name_or_path"]; got != "folder" {
		t.Errorf("tokenizer_name_or_path is %v", got)
	}
	var ids []int
	for i := 0; i < len(values); i += 2 {
		if values[i] != values[i+1] {
			t.Errorf("row %d is no row of the table", i/2)
		}
		ids = append(ids, int(values[i]))
	}
	return ids, nil
}

// text is a configuration of TEXT.
func text(tokens int, words string) prompt.Config {
	return prompt.Config{Tokens: virtual.Tokens{NumVirtualTokens: tokens}, PromptTuningInit: prompt.Text, PromptTuningInitText: words}
}

// The rows of the text's tokens, cut or repeated as PEFT does (oracle/prompt_text.py).
func TestTextBeginsWithItsTokens(t *testing.T) {
	var golden struct {
		Text string
		Rows map[string][]int
	}
	data, err := os.ReadFile("testdata/text_rows.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.Rows) == 0 {
		t.Fatal(err)
	}
	for key, want := range golden.Rows {
		n, err := strconv.Atoi(key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := begin(t, 700, adapter.Base{Folder: folder}, text(n, golden.Text)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d virtual tokens: %v, %v, want %v", n, got, err, want)
		}
	}
}

func TestTextsWithoutRows(t *testing.T) {
	for want, c := range map[string]struct {
		words  int
		folder string
		code   exit.Code
	}{
		"give RANDOM":              {700, "", exit.Usage},
		"embedding has no row":     {600, folder, exit.BadData},
		"prompt_tuning_init: TEXT": {700, t.TempDir(), exit.Usage},
	} {
		if _, err := begin(t, c.words, adapter.Base{Folder: c.folder}, text(20, "Finish this clinical note:")); exit.Of(err) != c.code || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
