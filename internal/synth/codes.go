package synth

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

//go:embed conditions.csv
var conditionFile string

// conditions are what diagnosis and procedure codes are drawn from. Each has
// codes of ICD-9 and of ICD-10, and a chance that follows from the factors.
var conditions = mustLoadConditions(conditionFile)

// condition is one line of the conditions file: its effects are weights on the
// logistic scale, added where the factor has the level.
type condition struct {
	procedure bool
	name      string
	codes     [2][]string // ICD-9, ICD-10
	base      float64
	effects   []effect
}

type effect struct {
	factor factor
	level  uint8
	weight float64
}

func mustLoadConditions(file string) []condition {
	records, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("conditions file: %v", err))
	}
	list := make([]condition, 0, len(records)-1)
	for i, record := range records[1:] {
		c, err := parseCondition(record)
		if err != nil {
			panic(fmt.Sprintf("conditions file, record %d: %v", i+1, err))
		}
		list = append(list, c)
	}
	return list
}

func parseCondition(record []string) (condition, error) {
	base, err := strconv.ParseFloat(record[4], 64)
	c := condition{
		procedure: record[0] == "px", name: record[1], base: base,
		codes: [2][]string{strings.Split(record[2], "|"), strings.Split(record[3], "|")},
	}
	for _, text := range strings.Fields(record[5]) {
		var e effect
		if e, err = parseEffect(text); err != nil {
			break
		}
		c.effects = append(c.effects, e)
	}
	return c, err
}

// parseEffect reads `factor=level:weight`.
func parseEffect(text string) (effect, error) {
	condition, weight, _ := strings.Cut(text, ":")
	name, level, _ := strings.Cut(condition, "=")
	f, known := factorNamed(name)
	l, errLevel := strconv.Atoi(level)
	w, errWeight := strconv.ParseFloat(weight, 64)
	if !known || errLevel != nil || errWeight != nil || l < 0 || l >= f.levels() {
		return effect{}, fmt.Errorf("%q is no effect", text)
	}
	return effect{f, uint8(l), w}, nil
}

// chance is the probability that an admission with the factors has the condition.
func (c *condition) chance(f *Factors) float64 {
	x := c.base
	for _, e := range c.effects {
		if f[e.factor] == e.level {
			x += e.weight
		}
	}
	return logistic(x)
}

// coded is a condition that an admission was given, and its code.
type coded struct {
	*condition
	code    string
	version int // 9 or 10
}

// drawCodes draws the diagnoses or the procedures of an admission, in random
// order (MIMIC orders them for billing).
func drawCodes(procedures bool, f *Factors, version int, random *rand.Rand) []coded {
	var drawn []coded
	for i := range conditions {
		c := &conditions[i]
		if c.procedure == procedures && random.Float64() < c.chance(f) {
			codes := c.codes[version-9]
			drawn = append(drawn, coded{c, codes[random.IntN(len(codes))], version})
		}
	}
	random.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn
}
