package trainer

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/model"
)

const testEOS = 2

// lmSum is the summed loss of sequences, and how many tokens it is of.
func lmSum(t *testing.T, m *model.Model, rows examples.Rows) (sum, tokens float64) {
	t.Helper()
	l := newLearner(Trainer{Env: stages.Default, Name: "test", Model: m, Objective: LanguageModel{Model: m}, Train: rows, BatchSize: 3})
	defer l.close()
	for _, b := range inOrder(rows, 3) {
		g, err := l.measuring.at(b.length)
		must(t, err)
		r, err := l.run(g, l.tensors(rows, b))
		must(t, err)
		sum, tokens = sum+r.Sum, tokens+r.Weight
	}
	return sum, tokens
}

// Documents that are packed whole have the loss that they have alone.
func TestPackedDocumentsHaveTheLossOfTheirOwn(t *testing.T) {
	m, rows := tinyModel(t), documents(7)
	s := Sequences{Packing: packed, SequenceLength: 24}
	sequences := s.pack(rows, testEOS, 1)
	var pieces examples.Rows
	for _, row := range sequences {
		for i, at := range row.Starts {
			end := len(row.InputIDs)
			if i+1 < len(row.Starts) {
				end = int(row.Starts[i+1])
			}
			pieces = append(pieces, examples.Example{Split: "train", InputIDs: row.InputIDs[at:end]})
		}
	}
	if !slices.ContainsFunc(sequences, func(e examples.Example) bool { return len(e.Starts) > 2 }) {
		t.Fatal("no sequence holds three documents")
	}
	gotSum, got := lmSum(t, m, sequences)
	wantSum, want := lmSum(t, m, Predictable(pieces))
	if got != want || math.Abs(gotSum-wantSum) > 1e-5*wantSum {
		t.Errorf("packed: loss %g over %g tokens; alone: %g over %g", gotSum, got, wantSum, want)
	}
}

// A sequence takes memory for the tokens that it has, however many it may have.
func TestASequenceIsNoLongerThanItsDocuments(t *testing.T) {
	sequences := Sequences{Packing: packed, SequenceLength: math.MaxInt}.pack(documents(7), testEOS, 1)
	if len(sequences) != 1 || int(sequences[0].NTokens) != len(sequences[0].InputIDs) {
		t.Errorf("%d sequences, the first of %d tokens", len(sequences), len(sequences[0].InputIDs))
	}
}

// A window predicts what the one before it has not: as many tokens as the documents have,
// but for their first.
func TestWindowsPredictEachTokenOnce(t *testing.T) {
	m, rows := tinyModel(t), documents(9)
	var want float64
	for _, row := range rows {
		want += float64(len(row.InputIDs) - 1)
	}
	for _, s := range []Sequences{{SequenceLength: 8, Stride: 3}, {SequenceLength: 5, Stride: 4}, {SequenceLength: 24}} {
		windows := s.windows(rows)
		if _, got := lmSum(t, m, windows); got != want && s.Stride > 0 {
			t.Errorf("%+v: %g tokens are predicted, want %g", s, got, want)
		}
		if whole := len(windows) == len(rows); whole != (s.SequenceLength == 24) {
			t.Errorf("%+v: %d documents are %d windows", s, len(rows), len(windows))
		}
	}
}

// What is known of a patient's documents is known in those that come after them: joined,
// the second document's tokens are predicted from the first's.
func TestPatientsDocumentsAreJoined(t *testing.T) {
	rows := examples.Rows{
		{ExampleID: "a", SubjectID: 1, InputIDs: []int32{5, 6, testEOS}}, {ExampleID: "b", SubjectID: 1, InputIDs: []int32{7, testEOS}},
		{ExampleID: "c", SubjectID: 2, InputIDs: []int32{8}}, {ExampleID: "d", SubjectID: 3, InputIDs: []int32{9, 10}},
	}
	given := rows[0].InputIDs
	got, err := Sequences{JoinPatients: true}.Of(rows, tinyModel(t), 1)
	must(t, err)
	if len(got) != 2 || got[0].ExampleID != "a" || !slices.Equal(got[0].InputIDs, []int32{5, 6, testEOS, 7, testEOS}) || got[0].NTokens != 5 || got[1].ExampleID != "d" {
		t.Errorf("joined: %+v", got)
	}
	if len(given) != 3 || len(rows[0].InputIDs) != 3 {
		t.Error("joining changed the documents that were given")
	}
	apart, err := Sequences{}.Of(rows, tinyModel(t), 1)
	must(t, err)
	if len(apart) != 3 {
		t.Errorf("not joined: %+v", apart)
	}
}

func TestSequencesHoldEveryTokenInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Sequences{SequenceLength: rapid.IntRange(2, 9).Draw(t, "length")}
		s.Stride = rapid.IntRange(0, s.SequenceLength-1).Draw(t, "stride")
		rows := make(examples.Rows, rapid.IntRange(1, 6).Draw(t, "documents"))
		for i := range rows {
			rows[i].ExampleID = string(rune('a' + i))
			rows[i].InputIDs = rapid.SliceOfN(rapid.Int32Range(2, 5), 1, 20).Draw(t, "ids")
		}
		var back, want []int32
		for _, row := range s.pack(rows, testEOS, 3) {
			back = append(back, row.InputIDs...)
			if len(row.InputIDs) > s.SequenceLength || row.Starts[0] != 0 {
				t.Fatalf("a sequence of %d tokens, with documents at %v", len(row.InputIDs), row.Starts)
			}
		}
		for _, i := range examples.HashOrder("pack:3:", rows.IDs()) {
			want = append(want, ended(rows[i].InputIDs, testEOS)...)
		}
		if !slices.Equal(back, want) {
			t.Fatalf("packed %v, want %v", back, want)
		}
		at := 0
		windows := s.windows(rows)
		for _, row := range rows {
			var whole []int32
			for ; at < len(windows) && windows[at].ExampleID[0] == row.ExampleID[0]; at++ {
				whole = append(whole, windows[at].InputIDs[windows[at].Context:]...)
			}
			if !slices.Equal(whole, row.InputIDs) {
				t.Fatalf("windows %v, want %v", whole, row.InputIDs)
			}
		}
	})
}
