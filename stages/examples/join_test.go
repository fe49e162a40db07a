package examples

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// text is a tokenized text whose admission is its id.
func text(subject, hadm int64, ids ...int32) task.Tokens {
	return task.Tokens{TextID: fmt.Sprint(hadm), SubjectID: subject, HadmID: hadm, InputIDs: ids, NTokens: int32(len(ids))}
}

// note is a tokenized text that is one of several of its admission.
func note(id string, subject, hadm int64, ids ...int32) task.Tokens {
	return task.Tokens{TextID: id, SubjectID: subject, HadmID: hadm, InputIDs: ids, NTokens: int32(len(ids))}
}

func tokensOf(t testing.TB, parts int, rows ...task.Tokens) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindTokens, parts, nil, stagetest.TableOf(task.TableTokens, rows, func(r task.Tokens) int64 { return r.SubjectID }))
}

func labelsOf(t testing.TB, parts int, rows ...task.Label) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindLabels, parts, nil, stagetest.TableOf(task.TableLabels, rows, func(r task.Label) int64 { return r.SubjectID }))
}

func splitsOf(t testing.TB, parts int, rows ...task.Split) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindSplits, parts, nil, stagetest.TableOf(task.TableSplits, rows, func(r task.Split) int64 { return r.SubjectID }))
}

// joined is the examples of all parts in their order.
func joined(t testing.TB, s Source) ([]Example, Counts, error) {
	t.Helper()
	var rows []Example
	var counts Counts
	for part := range s.Parts() {
		for row, err := range s.Part(t.Context(), part, &counts) {
			if err != nil {
				return nil, counts, err
			}
			rows = append(rows, row)
		}
	}
	return rows, counts, nil
}

func TestJoin(t *testing.T) {
	type label = task.Label
	splits := []task.Split{{SubjectID: 1, Split: "train"}, {SubjectID: 2, Split: "val"}, {SubjectID: 4, Split: "test"}, {SubjectID: 5, HadmID: 50, Split: "train"}, {SubjectID: 5, HadmID: 51, Split: "test"}}
	for _, c := range []struct {
		name   string
		tokens [][]task.Tokens
		labels []label // nil: none are bound
		want   []Example
		counts Counts
	}{
		{
			"by admission, in the order of the tokens",
			[][]task.Tokens{{text(1, 11, 5), text(1, 10, 6), text(2, 20, 7)}},
			[]label{{SubjectID: 1, HadmID: 10, Label: 1}, {SubjectID: 1, HadmID: 11, Label: 2}, {SubjectID: 2, HadmID: 20, Labels: []int32{3, 4}}},
			[]Example{example("11", 1, 11, "train", 5, 2, nil), example("10", 1, 10, "train", 6, 1, nil), example("20", 2, 20, "val", 7, 0, []int32{3, 4})},
			Counts{Examples: 3},
		},
		{
			"an admission's label is that of all its texts, but for one with a label of its own",
			[][]task.Tokens{{note("a", 1, 10, 5), note("b", 1, 10, 6), note("c", 1, 0, 7)}},
			[]label{{SubjectID: 1, HadmID: 10, Label: 1}, {SubjectID: 1, HadmID: 10, TextID: "b", Label: 2}, {SubjectID: 1, TextID: "c", Label: 3}},
			[]Example{example("a", 1, 10, "train", 5, 1, nil), example("b", 1, 10, "train", 6, 2, nil), example("c", 1, 0, "train", 7, 3, nil)},
			Counts{Examples: 3},
		},
		{
			"a text without an admission has no admission's label",
			[][]task.Tokens{{note("a", 1, 0, 5)}},
			[]label{{SubjectID: 1, Label: 1}},
			nil,
			Counts{WithoutLabel: 1, WithoutTokens: 1},
		},
		{
			"what is left out is counted",
			[][]task.Tokens{{text(1, 10, 5), text(2, 20, 6), text(3, 30, 7), text(4, 40, 8)}},
			[]label{{SubjectID: 0, HadmID: 1}, {SubjectID: 1, HadmID: 10, Label: 1}, {SubjectID: 2, HadmID: 21}, {SubjectID: 3, HadmID: 30}, {SubjectID: 9, HadmID: 90}, {SubjectID: 9, HadmID: 91}},
			[]Example{example("10", 1, 10, "train", 5, 1, nil)},
			Counts{Examples: 1, WithoutSplit: 1, WithoutLabel: 2, WithoutTokens: 4},
		},
		{
			"without labels",
			[][]task.Tokens{{text(1, 10, 5), text(3, 30, 7), text(4, 40, 8)}},
			nil,
			[]Example{example("10", 1, 10, "train", 5, 0, nil), example("40", 4, 40, "test", 8, 0, nil)},
			Counts{Examples: 2, WithoutSplit: 1},
		},
		{
			"a later text stands in the place of the earlier one, or takes it away",
			[][]task.Tokens{{text(1, 10, 5), text(1, 11, 6), text(2, 20, 7), text(3, 30, 8)}, {text(1, 11), text(2, 20, 9, 9), text(3, 30, 1)}, {text(2, 20, 4)}},
			[]label{{SubjectID: 1, HadmID: 10}, {SubjectID: 1, HadmID: 11}, {SubjectID: 2, HadmID: 20, Label: 1}},
			[]Example{example("10", 1, 10, "train", 5, 0, nil), example("20", 2, 20, "val", 4, 1, nil)},
			Counts{Examples: 2, Withdrawn: 1, Replaced: 2, WithoutTokens: 1, WithoutSplit: 1},
		},
		{
			"a split by admission, which a text without an admission is not in",
			[][]task.Tokens{{text(5, 50, 5), text(5, 51, 6), note("a", 5, 0, 7), text(5, 52, 8)}},
			[]label{{SubjectID: 5, HadmID: 50}, {SubjectID: 5, HadmID: 51, Label: 1}, {SubjectID: 5, HadmID: 53}, {SubjectID: 5, TextID: "a"}},
			[]Example{example("50", 5, 50, "train", 5, 0, nil), example("51", 5, 51, "test", 6, 1, nil)},
			Counts{Examples: 2, WithoutSplit: 2, WithoutTokens: 1},
		},
		{"nothing", [][]task.Tokens{nil, nil}, []label{}, nil, Counts{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Source{Split: splitsOf(t, 1, splits...), Overlap: split.Overlap{AllowPatientOverlap: true}}
			for _, rows := range c.tokens {
				s.Tokens = append(s.Tokens, tokensOf(t, 1, rows...))
			}
			if c.labels != nil {
				s.Labels = labelsOf(t, 1, c.labels...)
			}
			got, counts, err := joined(t, s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			var examples, without int64
			for name, n := range counts.BySplit {
				if strings.HasPrefix(name, "examples.") {
					examples += n
				} else {
					without += n
				}
			}
			if examples != counts.Examples || without != counts.WithoutTokens {
				t.Errorf("by split %v, of %+v", counts.BySplit, counts)
			}
			if diff := gocmp.Diff(c.counts, counts, cmpopts.IgnoreFields(Counts{}, "BySplit")); diff != "" {
				t.Errorf("counts: %s", diff)
			}
		})
	}
}

// TestCountsBySplit: the manifest says of each split how many labels have a text, and
// of what label the examples are.
func TestCountsBySplit(t *testing.T) {
	splits := []task.Split{{SubjectID: 1, Split: "train"}, {SubjectID: 2, Split: "val"}, {SubjectID: 4, Split: "test"}}
	labels := []task.Label{{SubjectID: 1, HadmID: 10, Label: 1, Labels: []int32{0, 2}}, {SubjectID: 1, HadmID: 11}, {SubjectID: 2, HadmID: 20, Labels: []int32{1}}, {SubjectID: 2, HadmID: 21}, {SubjectID: 3, HadmID: 30}, {SubjectID: 4, HadmID: 40}}
	unmet := map[string]int64{"labels_without_tokens.val": 1, "labels_without_tokens.test": 1, "labels_without_tokens.none": 1}
	for kind, want := range map[task.Kind]map[string]int64{
		task.Binary:     {"positives.train": 1, "positives.val": 0},
		task.Multiclass: {"class.1.train": 1, "class.0.train": 1, "class.0.val": 1},
		task.Multilabel: {"pairs.train": 2, "pairs.val": 1},
	} {
		of := task.Task{Name: "x", Kind: kind, Labels: []string{"a", "b"}}
		s := Source{
			Tokens: []*dataset.Dataset{tokensOf(t, 1, text(1, 10, 5), text(1, 11, 6), text(2, 20, 7))}, Split: splitsOf(t, 1, splits...),
			Labels: stagetest.Dataset(t, task.KindLabels, 1, map[string]any{task.Attribute: of}, stagetest.TableOf(task.TableLabels, labels, func(r task.Label) int64 { return r.SubjectID })),
		}
		_, counts, err := joined(t, s)
		if err != nil {
			t.Fatal(err)
		}
		want["examples.train"], want["examples.val"] = 2, 1
		maps.Copy(want, unmet)
		if diff := gocmp.Diff(want, counts.BySplit); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

// Texts of which none is an example are a mistake in what was bound, and the error says
// which; a few examples, or no texts at all, are none of the join's business.
func TestUnmetSaysWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		counts Counts
		want   string
	}{
		{Counts{}, ""},
		{Counts{Examples: 1, WithoutLabel: 8}, ""},
		{Counts{WithoutSplit: 3}, "texts: no text is an example, for its patient is in no split; give"},
		{Counts{WithoutLabel: 3, Withdrawn: 2}, "for the labels have none for it or it is withdrawn; give tokens, labels and a split of the same patients"},
	} {
		err := c.counts.Unmet("texts")
		if (err == nil) != (c.want == "") || err != nil && (exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c.counts, err)
		}
	}
}

// TestTextsJoinAsTheirTokensDo: what is counted of texts is what the models will be
// given.
func TestTextsJoinAsTheirTokensDo(t *testing.T) {
	texts := func(rows ...task.Text) *dataset.Dataset {
		return stagetest.Dataset(t, task.KindTexts, 1, nil, stagetest.TableOf(task.TableTexts, rows, func(r task.Text) int64 { return r.SubjectID }))
	}
	s := Source{
		Labels: labelsOf(t, 1, task.Label{SubjectID: 1, HadmID: 10, Label: 1}, task.Label{SubjectID: 1, HadmID: 11}, task.Label{SubjectID: 2, HadmID: 20}),
		Split:  splitsOf(t, 1, task.Split{SubjectID: 1, Split: "train"}, task.Split{SubjectID: 2, Split: "val"}),
		Tokens: []*dataset.Dataset{tokensOf(t, 1, text(1, 10, 0), text(1, 11, 0), text(2, 21, 0)), tokensOf(t, 1, text(1, 11))},
	}
	wantRows, wantCounts, err := joined(t, s)
	if err != nil {
		t.Fatal(err)
	}
	s.Tokens = []*dataset.Dataset{
		texts(task.Text{TextID: "10", SubjectID: 1, HadmID: 10, Text: "a"}, task.Text{TextID: "11", SubjectID: 1, HadmID: 11}, task.Text{TextID: "21", SubjectID: 2, HadmID: 21, Text: "c"}),
		texts(task.Text{TextID: "11", SubjectID: 1, HadmID: 11, Withdrawn: true}),
	}
	got, counts, err := joined(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(wantCounts, counts); diff != "" || counts.Examples != 1 || counts.Withdrawn != 1 {
		t.Error(diff, counts)
	}
	if diff := gocmp.Diff(wantRows, got, cmpopts.IgnoreFields(Example{}, "NTokens")); diff != "" {
		t.Error(diff)
	}
}

func TestJoinRefusals(t *testing.T) {
	splits := []task.Split{{SubjectID: 1, Split: "train"}}
	first := []task.Tokens{text(1, 10, 5), text(2, 20, 6)}
	for _, c := range []struct {
		name   string
		source func(t *testing.T) Source
		code   exit.Code
		want   string
	}{
		{"an overlay's text of a patient that the first knows", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...), tokensOf(t, 1, text(1, 11, 5))}}
		}, exit.BadData, "has a text that"},
		{"of a patient between", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...), tokensOf(t, 1, text(0, 1), text(1, 10, 5))}}
		}, exit.BadData, "has a text that"},
		{"of a patient behind the last", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...), tokensOf(t, 1, text(3, 30, 5))}}
		}, exit.BadData, "has a text that"},
		{"a text twice", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, text(1, 10, 5), text(1, 10, 5))}}
		}, exit.BadData, "a text_id occurs twice"},
		{"an admission labelled twice", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...)}, Labels: labelsOf(t, 1, task.Label{SubjectID: 1, HadmID: 10}, task.Label{SubjectID: 1, HadmID: 10})}
		}, exit.BadData, "has two labels"},
		{"tokens out of order", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, text(2, 20, 5), text(1, 10, 5))}}
		}, exit.BadData, "not ordered by subject_id"},
		{"labels out of order", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...)}, Labels: labelsOf(t, 1, task.Label{SubjectID: 2, HadmID: 20}, task.Label{SubjectID: 1, HadmID: 10})}
		}, exit.BadData, "not ordered by subject_id"},
		{"labels of other parts", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...)}, Labels: labelsOf(t, 2)}
		}, exit.Usage, "has 1 parts"},
		{"texts that are withdrawn, without those that they are of", func(t *testing.T) Source {
			tokens := tokensOf(t, 1, text(1, 10), text(2, 20, 6))
			tokens.Manifest.Counts = map[string]int64{task.CountWithdrawn: 1}
			return Source{Tokens: []*dataset.Dataset{tokens}}
		}, exit.Usage, "list the tokens of the texts that it was made from before it"},
		{"an overlay of other parts", func(t *testing.T) Source {
			return Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...), tokensOf(t, 3)}}
		}, exit.Usage, "has 3: examples are joined part by part"},
	} {
		s := c.source(t)
		s.Split = splitsOf(t, 1, splits...)
		_, _, err := joined(t, s)
		if exit.Of(err) != c.code || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: exit %d, %v; want %d and %q", c.name, exit.Of(err), err, c.code, c.want)
		}
	}
	torn := Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...)}, Split: splitsOf(t, 1, task.Split{SubjectID: 2, HadmID: 20, Split: "train"}, task.Split{SubjectID: 2, HadmID: 21, Split: "val"})}
	if _, _, err := joined(t, torn); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "allow_patient_overlap: true") {
		t.Errorf("a split by admission: %v", err)
	}
	s := Source{Tokens: []*dataset.Dataset{tokensOf(t, 1, first...)}, Split: splitsOf(t, 4, splits...)}
	if _, _, err := joined(t, s); exit.Of(err) != exit.Usage {
		t.Errorf("splits of other parts: %v", err)
	}
}

// naive joins by looking at every row for each text.
func naive(tokens, overlay []task.Tokens, labels []task.Label, splits []task.Split) []Example {
	var out []Example
	for _, text := range tokens {
		for _, over := range overlay {
			if over.TextID == text.TextID {
				text = over
				if len(over.InputIDs) == 0 {
					text.TextID = "withdrawn"
				}
			}
		}
		var found *task.Label
		for _, own := range []bool{false, true} {
			for _, l := range labels {
				if own && l.TextID == text.TextID || !own && l.TextID == "" && text.HadmID != 0 && l.SubjectID == text.SubjectID && l.HadmID == text.HadmID {
					found = &l
				}
			}
		}
		for _, s := range splits {
			if s.SubjectID == text.SubjectID && found != nil && text.TextID != "withdrawn" {
				out = append(out, Example{ExampleID: text.TextID, SubjectID: text.SubjectID, HadmID: text.HadmID, Split: s.Split, InputIDs: text.InputIDs, NTokens: text.NTokens, Label: found.Label, Labels: found.Labels})
			}
		}
	}
	return out
}

func TestJoinIsTheNaiveJoin(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var tokens, overlay []task.Tokens
		var labels []task.Label
		var splits []task.Split
		some := rapid.Bool()
		for subject := range int64(rapid.IntRange(0, 8).Draw(r, "patients")) {
			if some.Draw(r, "split") {
				splits = append(splits, task.Split{SubjectID: subject, Split: rapid.SampledFrom([]string{"train", "val", "test"}).Draw(r, "name")})
			}
			for hadm := range int64(rapid.IntRange(0, 3).Draw(r, "admissions")) {
				if hadm > 0 && some.Draw(r, "labelled") {
					labels = append(labels, task.Label{SubjectID: subject, HadmID: hadm, Label: int32(len(labels))})
				}
				for n := range rapid.IntRange(0, 2).Draw(r, "texts") {
					id := fmt.Sprint(subject, "-", hadm, "-", n)
					tokens = append(tokens, note(id, subject, hadm, int32(len(tokens))))
					if some.Draw(r, "own label") {
						labels = append(labels, task.Label{SubjectID: subject, HadmID: hadm, TextID: id, Label: int32(len(labels))})
					}
					switch rapid.IntRange(0, 3).Draw(r, "overlay") {
					case 0:
						overlay = append(overlay, note(id, subject, hadm))
					case 1:
						overlay = append(overlay, note(id, subject, hadm, 7, 7))
					}
				}
			}
		}
		parts := rapid.IntRange(1, 3).Draw(r, "parts")
		s := Source{Tokens: []*dataset.Dataset{tokensOf(t, parts, tokens...), tokensOf(t, parts, overlay...)}, Labels: labelsOf(t, parts, labels...), Split: splitsOf(t, parts, splits...)}
		got, counts, err := joined(t, s)
		if err != nil {
			r.Fatal(err)
		}
		if n := counts.Examples + counts.Withdrawn + counts.WithoutLabel + counts.WithoutSplit; n != int64(len(tokens)) || counts.Examples != int64(len(got)) {
			r.Fatalf("counts %+v of %d texts", counts, len(tokens))
		}
		want := naive(tokens, overlay, labels, splits)
		// Patients come part by part; those of a part in their order.
		bySubject := func(a, b Example) int { return cmp.Compare(a.SubjectID, b.SubjectID) }
		slices.SortStableFunc(got, bySubject)
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			r.Fatal(diff)
		}
	})
}

// Labels that were listed with another split than that of the examples are refused;
// labels that no split had a say in go with any.
func TestLabelsListedWithAnotherSplitAreRefused(t *testing.T) {
	for listed, fits := range map[string]bool{"": true, "hash, seed 4": true, "hash, seed 1": false, "core": false} {
		of := task.Task{Name: "diag", Kind: task.Multilabel, Labels: []string{"9:428"}, Split: listed}
		in := stages.Inputs{
			"labels": {stagetest.Dataset(t, task.KindLabels, 1, map[string]any{task.Attribute: of})},
			"split":  {stagetest.Dataset(t, task.KindSplits, 1, map[string]any{split.Attribute: split.Rule{Name: "hash", Seed: 4}}, stagetest.TableOf(task.TableSplits, nil, func(r task.Split) int64 { return r.SubjectID }))},
		}
		of.Split = "hash, seed 4"
		switch got, err := TaskOf(t.Context(), in); {
		case fits && (err != nil || gocmp.Diff(of, got) != ""):
			t.Errorf("listed with %q: %+v, %v", listed, got, err)
		case !fits && exit.Of(err) != exit.BadData:
			t.Errorf("listed with %q: %v", listed, err)
		}
	}
}

// example is of a text of one token.
func example(id string, subject, hadm int64, split string, token, label int32, labels []int32) Example {
	return Example{ExampleID: id, SubjectID: subject, HadmID: hadm, Split: split, InputIDs: []int32{token}, NTokens: 1, Label: label, Labels: labels}
}
