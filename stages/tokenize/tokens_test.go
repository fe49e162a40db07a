package tokenize

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// BOS, EOS and truncation are those of transformers, of texts too that begin with
// blanks or hold the names of special tokens (oracle/tokenizer_folder.py).
func TestInputIDsMatchTransformers(t *testing.T) {
	var golden struct {
		Texts []string
		Cases []struct {
			AddBOS    bool      `json:"add_bos"`
			AddEOS    bool      `json:"add_eos"`
			MaxLength int       `json:"max_length"`
			InputIDs  [][]int32 `json:"input_ids"`
		}
	}
	data, err := os.ReadFile("testdata/llama_tokenizer.json")
	must(t, err)
	must(t, json.Unmarshal(data, &golden))
	for _, c := range golden.Cases {
		encoding := newEncoding(Options{Tokenizer: goldenFolder, MaxLength: c.MaxLength, AddBOS: &c.AddBOS, AddEOS: &c.AddEOS})
		encoder, err := encoding.encoder(t.Context(), nil)
		must(t, err)
		cuts := 0
		for i, text := range golden.Texts {
			ids, cut := encoding.inputIDs(nil, encoder, text)
			if !slices.Equal(ids, c.InputIDs[i]) {
				t.Errorf("%+v: %s", encoding.options, cmp.Diff(c.InputIDs[i], ids))
			}
			if cut {
				cuts++
			}
		}
		if long := c.MaxLength == 128; long != (cuts == 0) {
			t.Errorf("%+v: %d of %d texts cut", encoding.options, cuts, len(golden.Texts))
		}
	}
}

// [CLS] and [SEP] stand around a text, and either end of a long one is cut, as by
// transformers (oracle/wordpiece_golden.py).
func TestBERTsInputIDsMatchTransformers(t *testing.T) {
	var golden struct {
		Files map[string]string
		Texts []string
		Cases []struct {
			MaxLength      int       `json:"max_length"`
			TruncationSide string    `json:"truncation_side"`
			InputIDs       [][]int32 `json:"input_ids"`
		}
	}
	f, err := os.Open("wordpiece/testdata/input_ids.json.gz")
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	must(t, json.NewDecoder(z).Decode(&golden))
	folder := t.TempDir()
	for name, content := range golden.Files {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	for _, c := range golden.Cases {
		encoding := newEncoding(Options{Tokenizer: folder, MaxLength: c.MaxLength, TruncationSide: c.TruncationSide})
		encoder, err := encoding.encoder(t.Context(), nil)
		must(t, err)
		for i, text := range golden.Texts {
			if ids, _ := encoding.inputIDs(nil, encoder, text); !slices.Equal(ids, c.InputIDs[i]) {
				t.Errorf("%+v: %s", encoding.options, cmp.Diff(c.InputIDs[i], ids))
			}
		}
	}
	if len(golden.Cases) != 5 {
		t.Errorf("%d cases", len(golden.Cases))
	}
}

func TestNotes(t *testing.T) {
	rows := append(someNotes(3),
		mimic.Note{NoteID: "wrong", SubjectID: 1, Text: "entered in error", IsError: true},
		mimic.Note{NoteID: "empty", SubjectID: 2},
		mimic.Note{NoteID: "long", SubjectID: 3, HadmID: 30, Text: strings.Repeat("chest pain ", 500)})
	in := stages.Inputs{"notes": {notesOf(t, 4, rows)}, "tokenizer": {tokenizerOf(t, modelFile(t))}}
	d := stagetest.Run(t, "tokenize.notes", "max_length: 24", in)
	encoder, texts := goldenModel(t).NewEncoder(), map[string]mimic.Note{}
	for _, row := range rows {
		texts[row.NoteID] = row
	}
	cut, sum := int64(0), int64(0)
	got := tokensOf(t, d)
	for _, row := range got {
		note := texts[row.TextID]
		ids := append([]int32{1}, encoder.Encode(nil, note.Text)...)
		if len(ids) > 24 {
			ids, cut = ids[:24], cut+1
		}
		sum += int64(len(ids))
		want := task.Tokens{TextID: note.NoteID, SubjectID: note.SubjectID, HadmID: note.HadmID, InputIDs: ids, NTokens: int32(len(ids))}
		if diff := cmp.Diff(want, row); diff != "" {
			t.Error(diff)
		}
	}
	counts := d.Manifest.Counts
	if len(got) != 121 || counts["read"] != 123 || counts["kept"] != 121 || counts["dropped.iserror"] != 1 || counts["dropped.no_text"] != 1 ||
		counts["truncated"] != cut || counts["tokens"] != sum {
		t.Errorf("%d rows, %d cut, %d tokens, counts %v", len(got), cut, sum, counts)
	}
}

// Each text keeps its row, a withdrawn one without ids.
func TestTexts(t *testing.T) {
	rows := []task.Text{
		{TextID: "100", SubjectID: 1, HadmID: 100, Text: "CHIEF COMPLAINT: syncope"},
		{TextID: "101", SubjectID: 1, HadmID: 101},
		{TextID: "102", SubjectID: 1, HadmID: 102, Withdrawn: true},
		{TextID: "103", SubjectID: 1, Text: strings.Repeat("chest pain ", 500)},
	}
	d := stagetest.Run(t, "tokenize.texts", "max_length: 24\ntokenizer: "+modelFolder(t, modelFile(t)), stages.Inputs{"texts": {textsOf(t, 2, rows)}})
	ids := func(text string) []int32 { return goldenModel(t).NewEncoder().Encode([]int32{1}, text) }
	want := []task.Tokens{
		{TextID: "100", SubjectID: 1, HadmID: 100, InputIDs: ids(rows[0].Text)},
		{TextID: "101", SubjectID: 1, HadmID: 101, InputIDs: []int32{1}},
		{TextID: "102", SubjectID: 1, HadmID: 102},
		{TextID: "103", SubjectID: 1, InputIDs: ids(rows[3].Text)[:24]},
	}
	sum := int64(0)
	for i := range want {
		want[i].NTokens = int32(len(want[i].InputIDs))
		sum += int64(want[i].NTokens)
	}
	if diff := cmp.Diff(want, tokensOf(t, d)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"read": 4, "kept": 3, "withdrawn": 1, "truncated": 1, "tokens": sum}, d.Manifest.Counts); diff != "" {
		t.Error(diff)
	}
}

// What the keys leave open is as the tokenizer's folder says.
func TestWhatTheFolderSays(t *testing.T) {
	folder := modelFolder(t, modelFile(t))
	config := `{"tokenizer_class": "LlamaTokenizer", "legacy": false, "add_bos_token": false, "add_eos_token": true, "truncation_side": "left"}`
	must(t, os.WriteFile(filepath.Join(folder, "tokenizer_config.json"), []byte(config), 0o600))
	const text = "CHIEF COMPLAINT: syncope, and chest pain on exertion"
	all := goldenModel(t).NewEncoder().Encode(nil, text)
	in := stages.Inputs{"texts": {textsOf(t, 1, []task.Text{{TextID: "1", SubjectID: 1, Text: text}})}}
	last := func(n int) []int32 { return all[len(all)-n:] }
	for config, want := range map[string][]int32{
		"max_length: 6":                                         slices.Concat(last(5), []int32{2}),
		"max_length: 6, add_bos: true":                          slices.Concat([]int32{1}, last(4), []int32{2}),
		"max_length: 6, add_eos: false":                         last(6),
		"max_length: 6, add_eos: false, truncation_side: right": all[:6],
		"max_length: 600, add_bos: true":                        slices.Concat([]int32{1}, all, []int32{2}),
	} {
		row := tokensOf(t, stagetest.Run(t, "tokenize.texts", fmt.Sprintf("{%s, tokenizer: %q}", config, folder), in))[0]
		if !slices.Equal(row.InputIDs, want) {
			t.Errorf("%s: %d of %d, want %d", config, row.InputIDs, all, want)
		}
	}
}

// Parts worked on side by side share one tokenizer.
func TestPartsSideBySide(t *testing.T) {
	in := stages.Inputs{"notes": {notesOf(t, 8, someNotes(1))}}
	stage, err := newNotes(stages.Default, NotesConfig{Options: Options{Tokenizer: modelFolder(t, modelFile(t)), MaxLength: 128}})
	must(t, err)
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "out"), task.KindTokens, 8)
	must(t, err)
	must(t, w.SetTables(task.TableTokens))
	var group sync.WaitGroup
	errs := make([]error, 8)
	for part := range 8 {
		group.Go(func() {
			out := w.Part(part)
			if errs[part] = stage.Part(t.Context(), in, part, out); errs[part] == nil {
				_, errs[part] = out.Close()
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		must(t, err)
	}
	must(t, stages.SetAttributes(t.Context(), stage, in, w))
	must(t, w.Commit(t.Context(), dataset.Manifest{}, nil))
	got, err := dataset.Open(t.Context(), w.URI())
	must(t, err)
	one := stagetest.Run(t, "tokenize.notes", "tokenizer: "+modelFolder(t, modelFile(t)), in)
	if got.Manifest.Digest() != one.Manifest.Digest() {
		t.Error("parts worked on side by side differ from parts one after the other")
	}
}

func TestTokenizerErrors(t *testing.T) {
	file := modelFile(t)
	bound := tokenizerOf(t, file)
	noBOS := bytes.Replace(file, []byte("\x03<s>"), []byte("\x03<q>"), 1)
	tests := []struct {
		name, config string
		tokenizer    []*dataset.Dataset
		code         exit.Code
		want         string
	}{
		{"none", "", nil, exit.Usage, "missing"},
		{"both", "tokenizer: " + modelFolder(t, file), []*dataset.Dataset{bound}, exit.Usage, "give one"},
		{"no such folder", "tokenizer: /nonexistent/llama", nil, exit.Usage, "/nonexistent/llama has no tokenizer.model"},
		{"damaged", "tokenizer: " + modelFolder(t, file[:len(file)/2]), nil, exit.BadData, "tokenizer.model: "},
		{"no room", "max_length: 2\nadd_eos: true", []*dataset.Dataset{bound}, exit.Usage, "max_length 2"},
		{"no BOS", "add_bos: true\ntokenizer: " + modelFolder(t, noBOS), nil, exit.Usage, "add_bos"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := stagetest.Try(t, "tokenize.notes", test.config, stages.Inputs{"notes": {notesOf(t, 1, someNotes(1))}, "tokenizer": test.tokenizer})
			if exit.Of(err) != test.code || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("got code %d, %v; want %d, %q", exit.Of(err), err, test.code, test.want)
			}
		})
	}
}

func TestEncodeLines(t *testing.T) {
	folder, e := modelFolder(t, modelFile(t)), goldenModel(t).NewEncoder()
	texts := []string{"Chest pain", "", "two\nlines \"quoted\"", "naïve 😀\x00"}
	var in, want strings.Builder
	for _, text := range texts {
		line, err := json.Marshal(text)
		must(t, err)
		fmt.Fprintf(&in, "%s\n", line)
		ids, err := json.Marshal(e.Encode([]int32{}, text))
		must(t, err)
		fmt.Fprintf(&want, "%s\n", ids)
	}
	for _, input := range []string{in.String(), strings.TrimSuffix(in.String(), "\n")} {
		var out strings.Builder
		must(t, EncodeLines(t.Context(), folder, strings.NewReader(input), &out))
		if out.String() != want.String() {
			t.Errorf("got\n%swant\n%s", out.String(), want.String())
		}
	}
	for _, bad := range []string{"\"a\"\ncanary\n", "\"a\"\nnull\n", "\"a\"\n\n\"b\"", "\"a\"\n\"canary", "\"a\"\n[\"canary\"]"} {
		var out strings.Builder
		err := EncodeLines(t.Context(), folder, strings.NewReader(bad), &out)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "canary") || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%q: %v, output %q", bad, err, out.String())
		}
	}
}

// A token that a folder adds to tokenizer.model is one id in a text, by whichever
// way the text comes.
func TestAddedTokens(t *testing.T) {
	folder := modelFolder(t, modelFile(t))
	added := int32(goldenModel(t).Size())
	must(t, os.WriteFile(filepath.Join(folder, "added_tokens.json"), fmt.Appendf(nil, `{"[**mark**]": %d}`, added), 0o600))
	const text = "seen by [**mark**] today"
	in := stages.Inputs{"texts": {textsOf(t, 1, []task.Text{{TextID: "1", SubjectID: 1, Text: text}})}}
	row := tokensOf(t, stagetest.Run(t, "tokenize.texts", "tokenizer: "+folder, in))[0]
	var out strings.Builder
	must(t, EncodeLines(t.Context(), folder, strings.NewReader(`"`+text+`"`), &out))
	ids, err := json.Marshal(row.InputIDs[1:])
	must(t, err)
	if !slices.Contains(row.InputIDs, added) || out.String() != string(ids)+"\n" {
		t.Errorf("the stage gives %d, the inspector %s; the added token is %d", row.InputIDs, out.String(), added)
	}
}
