// Package inference says how far an AUROC, and the difference of two, could be from
// what they would be on all patients like those at hand. Admissions of one patient are
// not independent, so patients are drawn, with all their rows (Obuchowski 1997,
// Biometrics 53, for AUROCs of clustered data; Field and Welsh 2007, JRSS B 69, for the
// bootstrap of whole clusters).
package inference

import "slices"

// Patients are those that a study's rows are of.
type Patients struct {
	IDs []int64 // ascending, each once
	Of  []int32 // [rows]: the number in IDs of each row's patient
}

// PatientsOf finds the patients of rows by their subject_ids, [rows].
func PatientsOf(subjects []int64) Patients {
	ids := slices.Clone(subjects)
	slices.Sort(ids)
	p := Patients{IDs: slices.Compact(ids), Of: make([]int32, len(subjects))}
	for row, id := range subjects {
		number, _ := slices.BinarySearch(p.IDs, id)
		p.Of[row] = int32(number)
	}
	return p
}

// Sample is a binary problem, [rows] each: how high a row is scored, whether it is
// positive, and the number of its patient.
type Sample struct {
	Scores   []float64
	Positive []bool
	Patients []int32
}

// Where is the part of a sample that has the rows kept.
func (s Sample) Where(kept func(row int) bool) Sample {
	var part Sample
	for row := range s.Scores {
		if kept(row) {
			part.Scores = append(part.Scores, s.Scores[row])
			part.Positive = append(part.Positive, s.Positive[row])
			part.Patients = append(part.Patients, s.Patients[row])
		}
	}
	return part
}

// Effective is how many patients with equal numbers of rows tell as much as those on the
// smaller side of the sample: positive rows of few patients say little, however many.
func (s Sample) Effective() int {
	return min(
		Effective(s.Patients, func(row int) bool { return s.Positive[row] }),
		Effective(s.Patients, func(row int) bool { return !s.Positive[row] }))
}

// Effective is the number of patients that the kept rows count for, (Σn)² / Σn² over
// their numbers n of rows (Kish 1965, Survey Sampling, section 11.7). patients is
// [rows].
func Effective(patients []int32, kept func(row int) bool) int {
	rows := map[int32]float64{}
	for row, patient := range patients {
		if kept(row) {
			rows[patient]++
		}
	}
	var sum, squares float64
	for _, n := range rows {
		sum += n
		squares += n * n
	}
	if squares == 0 {
		return 0
	}
	return int(sum * sum / squares)
}
