package main

import (
	"context"
	"time"

	"github.com/clinflow/clinflow/bench/cost"
	"github.com/clinflow/clinflow/internal/auroc/inference"
)

// replicated is how many bootstrap replicates an interval comes from, and cores on how
// many cores they are drawn.
const replicated, cores = 1000, 2

// replicate draws the replicates of all labels, with 13 documents for ten patients, as
// MIMIC-IV has admissions. The orders of the scores are a part of it.
func (r *result) replicate() error {
	data, subjects := newData(), make([]int64, documents)
	for i := range subjects {
		subjects[i] = int64(i * 10 / 13)
	}
	began, spent := time.Now(), cost.CPUSeconds()
	patients := inference.PatientsOf(subjects)
	orders := make([]*inference.Order, labels)
	for k := range orders {
		scores := make([]float64, documents)
		for i, score := range data.scores[k*documents:][:documents] {
			scores[i] = float64(score)
		}
		var err error
		orders[k], err = inference.OrderOf(inference.Sample{Scores: scores, Positive: data.positive[k*documents:][:documents], Patients: patients.Of})
		if err != nil {
			return err
		}
	}
	_, err := patients.Bootstrap(context.Background(), orders, inference.Settings{Replicates: replicated, Seed: 1, Workers: cores})
	r.ReplicatesSeconds, r.ReplicatesCPU = time.Since(began).Seconds(), cost.CPUSeconds()-spent
	return err
}
