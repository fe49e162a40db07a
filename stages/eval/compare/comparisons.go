package compare

import (
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
)

// FileName is the file of eval.compare.
const FileName = "comparisons.json"

// Comparisons is comparisons.json: which variants differ on the same patients. The
// comparisons of a task are one family to Holm's correction, those of the macro means
// another.
type Comparisons struct {
	Split        string                  `json:"split"`
	Interval     *eval.IntervalSettings  `json:"interval"`
	Permutations int                     `json:"permutations"`
	Tasks        map[string][]Comparison `json:"tasks"`
	Macro        []Comparison            `json:"macro"`
}

// What a variant is compared with.
const (
	AgainstVariant  = "variant"   // another variant of the same predictions
	AgainstBaseline = "baseline"  // the bag of words
	AgainstOther    = "other_run" // the variant of the same name in another run
)

// Comparison is a variant against what it is compared with, A − B in AUROC. Both are
// variants' names; that of the baseline is "baseline".
type Comparison struct {
	A          string          `json:"a"`
	B          string          `json:"b"`
	Against    string          `json:"against"`
	Patients   smallcell.Count `json:"patients"`        // of the macro mean: those of any of its tasks
	Tasks      int             `json:"tasks,omitempty"` // the macro mean: how many it is over
	Difference float64         `json:"difference"`
	Interval   *eval.Interval  `json:"interval,omitempty"`
	// PBootstrap is two-sided and goes with Interval: below 0.05 where that does not hold
	// zero. Neither is there where no replicate differs.
	PBootstrap *float64 `json:"p_bootstrap,omitempty"`
	// PPermutation is two-sided: how often a difference as large, and one as large by its
	// standard error, comes about where it is drawn by lot, patient by patient, which ranks
	// are whose model's; the larger of the two.
	PPermutation *float64 `json:"p_permutation"`
	// PHolm is PPermutation, corrected for the number of comparisons in the family.
	PHolm *float64 `json:"p_holm"`
	// SmallCells says that a task of it has fewer than ten on one side: figures have
	// two digits, of at most 100 examples one; p-values have two.
	SmallCells bool `json:"small_cells,omitempty"`
}
