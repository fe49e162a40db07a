package eval

import (
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// ClassesName is the file of the figures by class.
const ClassesName = "classes.json"

// Classes is classes.json: the classes of each task in the order of their numbers.
type Classes = ByVariant[[]ClassScore]

// ClassScore is a variant's measure on one class of a task, against all that is not of
// the class. Figures have four digits where small cells are hidden, and as few as a rare
// class has where one to nine classes are rare: in all their digits they and their mean
// would tell the one that is missing. AUROC is null where
// the class is skipped.
type ClassScore struct {
	Label     string          `json:"label"`
	Positives smallcell.Count `json:"positives"`
	AUROC     *float64        `json:"auroc"`
	AUPRC     *float64        `json:"auprc"`
	// SmallCells says that fewer than ten examples have the class or have it not: the
	// AUROC has two digits or one (Coarse), and nothing else is told.
	SmallCells bool `json:"small_cells,omitempty"`
	// MeanPredicted is the class's mean probability, Calibrated that after calibration;
	// beside them stands Positives as a share of the task's examples.
	MeanPredicted *float64 `json:"mean_predicted,omitempty"`
	Calibrated    *float64 `json:"calibrated,omitempty"`
}

func classScore(s auroc.Staircase) ClassScore {
	count := s.Count()
	return ClassScore{Positives: smallcell.Count(count.Positives), AUROC: Optional(count.AUROC()), AUPRC: Optional(s.AveragePrecision())}
}

// weigh averages the classes that are used, each as one and by its positives.
func (r *Result) weigh() {
	var mean auroc.Mean
	var roc, prc, positives float64
	for _, c := range r.Classes {
		if c.AUROC == nil {
			mean.Add(0, false)
			continue
		}
		mean.Add(*c.AUPRC, true)
		weight := float64(c.Positives)
		roc, prc, positives = roc+weight**c.AUROC, prc+weight**c.AUPRC, positives+weight
	}
	used := mean.Used > 0
	r.Score.AUPRC = Optional(mean.Value, used)
	r.Score.WeightedAUROC, r.Score.WeightedAUPRC = Optional(roc/positives, used), Optional(prc/positives, used)
}

// hideClasses takes from the classes of n examples what could point at a person.
func (r *Result) hideClasses(n int) {
	counts := make([]smallcell.Count, len(r.Classes))
	for k, c := range r.Classes {
		counts[k] = c.Positives
	}
	told := smallcell.Labels(smallcell.Count(n), counts)
	if r.Score.ClassCounts != nil {
		told = smallcell.Parts(counts)
	}
	rare := 0
	for k := range r.Classes {
		c := &r.Classes[k]
		if c.Positives = told[k]; smallcell.Small(counts[k]) || smallcell.Small(smallcell.Count(n)-counts[k]) {
			rare++
			*c = ClassScore{Positives: told[k], AUROC: c.AUROC, SmallCells: true}
			round(Coarse(n), &c.AUROC)
		}
	}
	digits := r.hideMeans(rare, n)
	for k := range r.Classes {
		c := &r.Classes[k]
		round(digits, &c.AUROC, &c.AUPRC)
		round(fourDigits, &c.MeanPredicted, &c.Calibrated)
	}
}

// hideMeans takes from the means over classes what would tell of a rare one, and says how
// many digits of the classes' own figures may be told. Of a few rare classes these, and the
// AUROC's mean, would give their AUROCs in more digits than are told, and so their counts,
// which are also the weights of means; of ten or more nothing but their sum follows.
func (r *Result) hideMeans(rare, n int) (digits func(float64) float64) {
	s := &r.Score
	switch {
	case smallcell.Small(rare):
		s.AUPRC, s.WeightedAUROC, s.WeightedAUPRC = nil, nil, nil
		return Coarse(n)
	case rare > 0:
		round(Coarse(math.MaxInt), &s.WeightedAUROC, &s.WeightedAUPRC)
		round(threeDigits, &s.AUPRC)
	}
	return fourDigits
}
