package eval

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// Bootstrap configures the replicates that intervals come from.
type Bootstrap struct {
	Replicates int   `json:"replicates" default:"1000" min:"0" max:"100000" doc:"Bootstrap replicates over patients that intervals come from; 0 gives no intervals."`
	Seed       int64 `json:"seed" default:"1" doc:"Seed of the replicates. With the same seed and subject_ids replicates are of the same patients, whatever the model or task."`
}

// Settings are what is told of it.
func (b Bootstrap) Settings() *IntervalSettings {
	if b.Replicates == 0 {
		return nil
	}
	return &IntervalSettings{Level: inference.Level, Replicates: b.Replicates, Seed: b.Seed}
}

// Drawn are the AUROCs of a bootstrap, NaN where one is undefined. In JSON they are
// the bytes of the numbers.
type Drawn []float64

// MarshalJSON implements json.Marshaler.
func (r Drawn) MarshalJSON() ([]byte, error) {
	numbers, err := binary.Append(nil, binary.LittleEndian, []float64(r))
	if err != nil {
		return nil, err
	}
	return json.Marshal(numbers)
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Drawn) UnmarshalJSON(text []byte) error {
	var numbers []byte
	if err := json.Unmarshal(text, &numbers); err != nil {
		return err
	}
	*r = make(Drawn, len(numbers)/8)
	_, err := binary.Decode(numbers, binary.LittleEndian, []float64(*r))
	return err
}

// MeanOf averages replicate by replicate. It is NaN where one of them is.
func MeanOf(all []Drawn) Drawn {
	mean := make(Drawn, len(all[0]))
	for b := range mean {
		for _, r := range all {
			mean[b] += r[b] / float64(len(all))
		}
	}
	return mean
}

// Resampling gathers the replicates of a key's AUROC, class after class.
type Resampling struct {
	Bootstrap
	Measures auroc.Measures
	Room     int64
	means    []auroc.Mean // by replicate, over the binary problems
}

// Add draws the loaded classes. Replicates of all keys are of the same patients.
func (r *Resampling) Add(ctx context.Context, c *predictions.Columns) error {
	if r.Replicates == 0 {
		return nil
	}
	orders, err := r.orders(ctx, c)
	if err != nil {
		return err
	}
	workers := predictions.WorkersOf(r.Room, inference.PatientBytes*int64(len(c.Patients.IDs)))
	aurocs, err := c.Patients.Bootstrap(ctx, orders, inference.Settings{Replicates: r.Replicates, Seed: r.Seed, Workers: workers})
	if err != nil {
		return err
	}
	if r.means == nil {
		r.means = make([]auroc.Mean, r.Replicates)
	}
	for _, of := range aurocs {
		for b, value := range of {
			r.means[b].Add(value, !math.IsNaN(value))
		}
	}
	return nil
}

// Drawn are those of the mean.
func (r *Resampling) Drawn() Drawn {
	values := make(Drawn, len(r.means))
	for b, mean := range r.means {
		if values[b] = mean.Value; mean.Used == 0 {
			values[b] = math.NaN()
		}
	}
	return values
}

// orders are those of the loaded classes' binary problems.
func (r *Resampling) orders(ctx context.Context, c *predictions.Columns) ([]*inference.Order, error) {
	problems := c.Problems(r.Measures)
	orders := make([]*inference.Order, len(problems))
	return orders, predictions.SideBySide(ctx, "order of scores, task "+c.Key.Task, len(problems), c.Workers(r.Room), func(_ context.Context, i int) (err error) {
		orders[i], err = inference.OrderOf(problems[i]())
		return err
	})
}
