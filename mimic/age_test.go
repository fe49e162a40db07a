package mimic

import (
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
)

func TestAge(t *testing.T) {
	at := func(text string) dataset.Time {
		when, err := time.Parse(time.DateTime, text+" 12:00:00")
		if err != nil {
			t.Fatal(err)
		}
		return dataset.Time(when.UnixMicro())
	}
	for _, c := range []struct {
		name     string
		patient  Patient
		at       dataset.Time
		from, to float64 // years; both 0: not known
	}{
		{"by birth", Patient{Dob: at("2100-01-01")}, at("2118-01-01"), 17.99, 18.01},
		{"by a birth moved by 300 years", Patient{Dob: at("1850-01-01")}, at("2150-01-01"), 91.4, 91.4},
		{"of a newborn", Patient{Dob: at("2100-01-01")}, at("2100-01-01"), 0, 1e-9},
		{"by the anchor", Patient{AnchorAge: 52, AnchorYear: 2180}, at("2183-12-31"), 55, 55},
		{"by the anchor of the oldest", Patient{AnchorAge: 91, AnchorYear: 2180}, at("2183-12-31"), 91, 91},
		{"by the anchor, grown old", Patient{AnchorAge: 88, AnchorYear: 2180}, at("2182-01-01"), 91, 91},
		{"at no time", Patient{AnchorAge: 52, AnchorYear: 2180}, 0, 0, 0},
		{"without birth and anchor", Patient{}, at("2183-12-31"), 0, 0},
	} {
		years, ok := c.patient.Age(c.at)
		if ok != (c.to > 0) || years < c.from || years > c.to {
			t.Errorf("%s: %v, %v", c.name, years, ok)
		}
	}
}
