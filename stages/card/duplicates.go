package card

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// KindDuplicates is the kind of the lists of equal texts.
const KindDuplicates = "duplicates"

// DuplicatesFile is the file of a dataset of KindDuplicates.
const DuplicatesFile = "duplicates.json"

func init() {
	stages.RegisterReduce(stages.Spec{
		Name:    "label.duplicates",
		Version: 1,
		Doc: "Lists the groups of equal texts, byte for byte, among the texts of patients in a split: duplicates.json holds their ids and nothing that they say. " +
			"A text of the test that equals one of training is remembered, not judged. " +
			"The manifest counts texts, groups, groups_of_one_patient, and by split the texts that equal another of the same split (within) or one of another split (across).",
		In:  []stages.Port{textsPort, split.Port},
		Out: stages.Output{Kind: KindDuplicates},
	}, func(*stages.Environment, DuplicatesConfig) (stages.Reduce, error) { return duplicates{}, nil })
}

// DuplicatesConfig is the configuration of label.duplicates: there are no keys.
type DuplicatesConfig struct{}

// Duplicates is what duplicates.json holds: groups of two texts or more that are equal.
// The texts of a group, and the groups by their first texts, are in the order of
// subject_id, hadm_id and text_id.
type Duplicates struct {
	Groups [][]Member `json:"groups"`
}

// Member is a text of a group, by its ids.
type Member struct {
	TextID    string `json:"text_id"`
	SubjectID int64  `json:"subject_id"`
	HadmID    int64  `json:"hadm_id,omitempty"` // 0: of no admission
	Split     string `json:"split"`
}

func (m Member) compare(other Member) int {
	return cmp.Or(cmp.Compare(m.SubjectID, other.SubjectID), cmp.Compare(m.HadmID, other.HadmID), cmp.Compare(m.TextID, other.TextID))
}

type duplicates struct{}

// hashed is a text by what it says, without saying it.
type hashed struct {
	Hash string `json:"hash"` // 128 bits of sha256: equal ones are equal texts
	Member
}

// Accumulate hashes the texts of a part. Equal texts meet under the first digit of
// their hashes.
func (duplicates) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	byDigit := map[string][]hashed{}
	err := eachExample(ctx, sourceOf(in), part, nil, func(e examples.Example, text task.Text) error {
		sum := sha256.Sum256([]byte(text.Text))
		hash := hex.EncodeToString(sum[:16])
		byDigit[hash[:1]] = append(byDigit[hash[:1]], hashed{hash, Member{e.ExampleID, e.SubjectID, e.HadmID, e.Split}})
		return nil
	})
	if err != nil {
		return err
	}
	for digit, texts := range byDigit {
		value, err := json.Marshal(texts)
		if err != nil {
			return err
		}
		emit(digit, value)
	}
	return nil
}

// found is what a merge leaves: the texts that it has seen, and its groups.
type found struct {
	Texts  int64      `json:"texts"`
	Groups [][]Member `json:"groups"`
}

// Merge groups the texts whose hashes begin with one digit.
func (duplicates) Merge(_ context.Context, _ stages.Inputs, _ string, accumulators [][]byte) ([]byte, error) {
	f, groups := found{}, map[string][]Member{}
	for _, value := range accumulators {
		var texts []hashed
		if err := json.Unmarshal(value, &texts); err != nil {
			return nil, fmt.Errorf("read hashes of texts: %w", err)
		}
		f.Texts += int64(len(texts))
		for _, t := range texts {
			groups[t.Hash] = append(groups[t.Hash], t.Member)
		}
	}
	for _, group := range groups {
		if len(group) > 1 {
			slices.SortFunc(group, Member.compare)
			f.Groups = append(f.Groups, group)
		}
	}
	f.sort()
	return json.Marshal(f)
}

func (f found) sort() {
	slices.SortFunc(f.Groups, func(a, b []Member) int { return a[0].compare(b[0]) })
}

// Finish writes duplicates.json and counts what it lists.
func (duplicates) Finish(_ context.Context, _ stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	all := found{Groups: [][]Member{}}
	for _, r := range results {
		var f found
		if err := json.Unmarshal(r.Value, &f); err != nil {
			return fmt.Errorf("read groups of equal texts: %w", err)
		}
		all.Texts += f.Texts
		all.Groups = append(all.Groups, f.Groups...)
	}
	all.sort()
	out.Count("texts", all.Texts)
	out.Count("groups", int64(len(all.Groups)))
	out.Count("groups_of_one_patient", 0)
	for _, group := range all.Groups {
		if group[0].SubjectID == group[len(group)-1].SubjectID { // they are in this order
			out.Count("groups_of_one_patient", 1)
		}
	}
	for _, name := range split.Names {
		n := equalIn(name, all.Groups)
		out.Count("within."+name, n.Within)
		out.Count("across."+name, n.Across)
	}
	return out.WriteJSON(DuplicatesFile, Duplicates{all.Groups})
}
