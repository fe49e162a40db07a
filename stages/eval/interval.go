package eval

// Interval bounds what is measured on some patients as it would be on all like them.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// IntervalSettings say how intervals were made: by so many bootstrap replicates over
// patients, whose draws follow from the seed.
type IntervalSettings struct {
	Level      float64 `json:"level"` // the share of studies whose interval holds the truth
	Replicates int     `json:"replicates"`
	Seed       int64   `json:"seed"`
}
