package ingest

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/dataset"
)

// A time is taken when it is written in MIMIC's form, to the second, and in no
// other form of the same moment.
func TestClocksTakeOneFormOnly(t *testing.T) {
	var got dataset.Time
	read := moment("t", func(*struct{}) *dataset.Time { return &got })
	rapid.Check(t, func(t *rapid.T) {
		// 1800-01-01 to 2300-01-01: MIMIC shifts birth dates into the past
		// and stays into the future.
		seconds := rapid.Int64Range(-5364662400, 10413792000).Draw(t, "seconds")
		moment := time.Unix(seconds, 0).UTC()
		if v := read.set(nil, []byte(moment.Format(time.DateTime))); v != sound || got != dataset.Time(seconds*1e6) {
			t.Fatalf("verdict %d, time %d", v, got)
		}
		other := rapid.SampledFrom([]string{time.RFC3339, time.DateOnly, "2006-01-02 15:04", "2006-1-2 15:04:05", "2006-01-02 15:04:05.0", " 2006-01-02 15:04:05", "02/01/2006 15:04:05"}).Draw(t, "layout")
		if v := read.set(nil, []byte(moment.Format(other))); v != malformed && moment.Format(other) != moment.Format(time.DateTime) {
			t.Fatalf("the layout %s is taken", other)
		}
	})
}

func TestNumbersAreDigitsOnly(t *testing.T) {
	var got int64
	read := optionalID("n", func(*struct{}) *int64 { return &got })
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<62).Draw(t, "n")
		if v := read.set(nil, strconv.AppendInt(nil, n, 10)); v != sound || got != n {
			t.Fatalf("verdict %d, number %d", v, got)
		}
		text := rapid.StringMatching(`[0-9]{0,3}[-+ .,e_xA]+[0-9]{0,3}`).Draw(t, "text")
		if v := read.set(nil, []byte(text)); v != malformed {
			t.Fatal("what is no number is taken")
		}
	})
}
