package synth

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// threeCharacters is a category as the tasks' labels have it.
func threeCharacters(version int, code string) []string {
	return []string{strconv.Itoa(version) + ":" + code[:3]}
}

// TestCodeChances compares with drawn admissions, given the share of each ICD
// version.
func TestCodeChances(t *testing.T) {
	const draws = 3000
	random := stream(21, "test", 0)
	for round := range 6 {
		procedures := round%2 == 1
		f := drawAdmissionFactors(drawPatientFactors(random), random)
		if procedures { // ventilation, of which some is long
			f[oxygen], f[lung] = 2, 1
		}
		seen := map[string]float64{}
		for range draws {
			for _, version := range icdVersions {
				for name := range drawnCategories(f, procedures, version) {
					seen[name] += versionShare(version) / draws
				}
			}
		}
		chances := f.CodeChances(procedures, threeCharacters)
		for name := range seen {
			if _, known := chances[name]; !known {
				t.Errorf("%s is drawn and has no chance", name)
			}
		}
		for name, want := range chances {
			if got := seen[name]; math.Abs(got-want) > 5*math.Sqrt(want/draws)+1e-4 {
				t.Errorf("factors %v: %s has share %.4f, want %.4f", f, name, got, want)
			}
		}
	}
}

var testDraws = stream(22, "test", 0)

// drawnCategories are the categories of one drawn admission.
func drawnCategories(f Factors, procedures bool, version int) map[string]bool {
	f[sex] = uint8(testDraws.IntN(2))
	a := admission{admit: 365 * day, factors: f, version: version}
	drawn := drawCodes(procedures, &a.factors, version, testDraws)
	if procedures {
		a.drawOutcome(testDraws)
		drawn = append(drawn, a.ventilationCode()...)
	}
	names := map[string]bool{}
	for _, c := range drawn {
		names[threeCharacters(version, c.code)[0]] = true
	}
	return names
}

func TestCodeChancesIgnoreWhatHasNoCategory(t *testing.T) {
	category := func(version int, code string) []string {
		if version == 10 && (code == "A419" || code == "I10") {
			return []string{"chosen"}
		}
		return nil
	}
	var f Factors
	chances := f.CodeChances(false, category)
	if len(chances) != 1 {
		t.Fatalf("chances of %d categories", len(chances))
	}
	septicemia, hypertension := &conditions[0], findCondition(t, "essential hypertension")
	want := versionShare(10) * (1 - (1-septicemia.chance(&f)/2)*(1-hypertension.chance(&f)))
	if got := chances["chosen"]; math.Abs(got-want) > 1e-12 {
		t.Errorf("chance %v, want %v", got, want)
	}
}

func findCondition(t *testing.T, name string) *condition {
	t.Helper()
	i := slices.IndexFunc(conditions, func(c condition) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no condition %s", name)
	}
	return &conditions[i]
}

// TestVersionShare: the share is that of admissions in their anchor year.
func TestVersionShare(t *testing.T) {
	const draws = 40000
	random := stream(23, "test", 0)
	nine := 0.0
	for range draws {
		p := patient{release: &mimicIV, anchorYear: 2150, group: random.IntN(len(anchorGroups))}
		if p.icdVersion(clock(180*365.25*float64(day))+10*day, random) == 9 {
			nine++
		}
	}
	if got, want := nine/draws, versionShare(9); math.Abs(got-want) > 5*math.Sqrt(0.25/draws) {
		t.Errorf("share of ICD-9 %.4f, want %.4f", got, want)
	}
}

// TestTruthHoldsTheFactors: what is read gives the same outlook as is written.
func TestTruthHoldsTheFactors(t *testing.T) {
	root := makeTree(t, Options{Patients: 80, Seed: 24})
	levels := map[Factors]bool{}
	for truth, err := range ReadTruth(bytes.NewReader(packed(t, plain(t, root, FactorsFile)))) {
		if err != nil {
			t.Fatal(err)
		}
		if truth.Factors.Outlook() != truth.Outlook {
			t.Fatalf("hadm_id %d: the factors have another outlook", truth.HadmID)
		}
		levels[truth.Factors] = true
	}
	if len(levels) < 60 {
		t.Errorf("only %d combinations of factors", len(levels))
	}
}

func TestTruthRefusesLevelsThatAreNone(t *testing.T) {
	const rest = ",0,0,0,0,0,0,0,0,0.5,0.5,0.1,0.2,0.3,0.4\n"
	for level, sound := range map[string]bool{"5": true, "6": false, "-1": false, "": false, "x": false} {
		var failed error
		for _, err := range ReadTruth(bytes.NewReader(packed(t, []byte(files[tableFactors].header+"\n10,20,"+level+rest)))) {
			failed = err
		}
		if (failed == nil) != sound {
			t.Errorf("problem %q: error %v", level, failed)
		}
	}
}

func packed(t testing.TB, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
