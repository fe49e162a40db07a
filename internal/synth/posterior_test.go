package synth

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// truths reads the factors file of a tree by hadm_id.
func truths(t *testing.T, root string) map[int64]Truth {
	t.Helper()
	file, err := os.Open(filepath.Join(root, FactorsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := map[int64]Truth{}
	for truth, err := range ReadTruth(file) {
		if err != nil {
			t.Fatal(err)
		}
		all[truth.HadmID] = truth
	}
	return all
}

// TestPosterior draws the factors of invented admissions again from their
// outcomes. As those are the generator's own, the drawn factors have the same
// shares as the true ones and know as much of each outcome.
func TestPosterior(t *testing.T) {
	root := makeTree(t, Options{Patients: 1500, Seed: 31})
	real, drawn := truths(t, root), truths(t, attached(t, Options{Attach: root, Seed: 32}))
	if len(drawn) != len(real) {
		t.Fatalf("%d admissions drawn of %d", len(drawn), len(real))
	}
	// How many of those agree that would not by chance.
	for f, least := range map[factor]float64{problem: 0.8, shock: 0.4, oxygen: 0.4, mental: 0.4, frail: 0.4, renal: 0.8, lung: 0.6, fever: 0.3, onset: 0.4} {
		agree, chance := 0.0, 0.0
		drawnShares := shares(drawn, f)
		for level, share := range shares(real, f) {
			chance += share * share
			if math.Abs(drawnShares[level]-share) > 5*math.Sqrt(2*share/float64(len(real))) {
				t.Errorf("%s: level %d has share %.3f, drawn %.3f", factorNames[f], level, share, drawnShares[level])
			}
		}
		for hadm, truth := range real {
			if drawn[hadm].Factors[f] == truth.Factors[f] {
				agree += 1 / float64(len(real))
			}
		}
		if got := (agree - chance) / (1 - chance); got < least {
			t.Errorf("%s: %.3f agree, %.3f would by chance", factorNames[f], agree, chance)
		}
	}
	checkOutlook(t, drawn, index(t, root, "hosp/admissions.csv.gz", "hadm_id"))
}

// checkOutlook compares the drawn factors' probabilities with the outcomes.
func checkOutlook(t *testing.T, drawn map[int64]Truth, admissions map[string]record) {
	t.Helper()
	var scores []float64
	var died []bool
	deaths, expected := 0.0, 0.0
	stays, expectedStays := [4]float64{}, [4]float64{}
	for hadm, truth := range drawn {
		a := admissions[itoa(hadm)]
		dead := a["hospital_expire_flag"] == "1"
		scores, died, expected = append(scores, truth.Mor), append(died, dead), expected+truth.Mor
		if dead {
			deaths++
			continue
		}
		class, _ := slices.BinarySearch(losCuts[:], stamp(t, a["dischtime"]).Sub(stamp(t, a["admittime"])).Hours()/24)
		stays[class]++
		for class, chance := range truth.Los {
			expectedStays[class] += chance
		}
	}
	n := float64(len(drawn))
	if best := auroc(scores, died); best < 0.84 || best > 0.92 || math.Abs(deaths-expected) > 5*math.Sqrt(n/4) {
		t.Errorf("AUROC %.4f; %v deaths, %.1f by the probabilities", best, deaths, expected)
	}
	for class, want := range expectedStays {
		if math.Abs(stays[class]-want) > 5*math.Sqrt(want) {
			t.Errorf("%v stays of class %d, %.1f by the probabilities", stays[class], class, want)
		}
	}
}

// shares of a factor's levels.
func shares(all map[int64]Truth, f factor) []float64 {
	counts := make([]float64, f.levels())
	for _, truth := range all {
		counts[truth.Factors[f]] += 1 / float64(len(all))
	}
	return counts
}

// TestPosteriorOfTheImpossible: real admissions may do what the generator never
// does; each still gets factors.
func TestPosteriorOfTheImpossible(t *testing.T) {
	const at = 365 * day
	all := make([]uint8, len(findings))
	for i := range all {
		all[i] = uint8(i)
	}
	for name, a := range map[string]givenAdmission{
		"nothing known":                    {died: flagUnknown},
		"no discharge":                     {admit: at},
		"a stay shorter than ventilation":  {admit: at, discharge: at + day, ventStart: at, ventEnd: at + 20*day},
		"a discharge before the admission": {admit: at, discharge: at - day},
		"every finding":                    {died: flagYes, coded: true, findings: all},
		"no finding":                       {admit: at, discharge: at + 300*day, coded: true, sex: 1},
	} {
		total, combinations := 0.0, posteriors().weights(&a)
		for _, w := range combinations {
			total += w
		}
		if len(combinations) != 6*3*3*64 || math.IsNaN(total) || math.IsInf(total, 0) || total < 1 {
			t.Errorf("%s: weights add up to %v", name, total)
		}
	}
}

func TestGivenOutcomes(t *testing.T) {
	const from = 400 * day
	for _, c := range []struct {
		name        string
		a           givenAdmission
		ventilation ventilation
		los         int
		outcome     uint8
	}{
		{"three days, home", givenAdmission{admit: from, discharge: from + 3*day}, ventNone, 0, 0},
		{"a minute more", givenAdmission{admit: from, discharge: from + 3*day + minute, toFacility: true}, ventNone, 1, 1},
		{"died", givenAdmission{admit: from, discharge: from + 14*day, died: flagYes, toFacility: true}, ventNone, 2, 2},
		{"long", givenAdmission{admit: from, discharge: from + 15*day, ventStart: from, ventEnd: from + 6*day + 18*hour}, ventLong, 3, 0},
		{"short", givenAdmission{admit: from, discharge: from, ventStart: from, ventEnd: from + 42*hour}, ventShort, 0, 0},
		{"brief", givenAdmission{admit: from, discharge: from, ventStart: from, ventEnd: from + 42*hour - 1}, ventBrief, 0, 0},
	} {
		if v, los, end := c.a.ventilation(), c.a.losClass(), c.a.outcome(); v != c.ventilation || los != c.los || end != c.outcome {
			t.Errorf("%s: ventilation %d, class %d, outcome %d", c.name, v, los, end)
		}
	}
}

func BenchmarkPosterior(b *testing.B) {
	a := givenAdmission{coded: true, findings: []uint8{0, 3, 5, 9, 20, 30, 40, 50, 60, 65}}
	p := posteriors()
	for b.Loop() {
		p.weights(&a)
	}
}
