package synth

import "slices"

// CodeChances are the probabilities that an admission with the factors has at
// least one diagnosis (or procedure) code of each category. Codes without one are
// ignored.
//
// Like Outlook they follow from the outcome factors alone. The sexes weigh the
// same, as they are drawn. The ICD version weighs as it does in the patient's
// anchor year; readmissions of later years have more ICD-10, which for a category
// of one version is a constant factor and so moves no AUROC; so it is in MIMIC-III,
// where all codes are ICD-9.
func (f Factors) CodeChances(procedures bool, category func(version int, code string) []string) map[string]float64 {
	chances := map[string]float64{}
	for _, version := range icdVersions {
		for level := range sex.levels() {
			f[sex] = uint8(level)
			weight := versionShare(version) / float64(sex.levels())
			for name, missing := range f.codesMissing(procedures, version, category) {
				chances[name] += weight * (1 - missing)
			}
		}
	}
	return chances
}

var icdVersions = [...]int{9, 10}

func versionShare(version int) float64 {
	if version == 9 {
		return icd9Share()
	}
	return 1 - icd9Share()
}

// codesMissing are the probabilities that an admission, given its ICD version,
// has no code of each category. Conditions are drawn independently, so the
// probabilities multiply.
func (f *Factors) codesMissing(procedures bool, version int, category func(version int, code string) []string) map[string]float64 {
	missing := map[string]float64{}
	for i := range conditions {
		if c := &conditions[i]; c.procedure == procedures {
			c.codeChances(f, version).exclude(missing, version, category)
		}
	}
	if procedures {
		ventilationCodeChances(f, version).exclude(missing, version, category)
	}
	return missing
}

// codeDraw is the chances of codes of which an admission has at most one.
type codeDraw []struct {
	code   string
	chance float64
}

func newCodeDraw(codes []string, chance func(i int) float64) codeDraw {
	draw := make(codeDraw, len(codes))
	for i, code := range codes {
		draw[i].code, draw[i].chance = code, chance(i)
	}
	return draw
}

// exclude multiplies the chance of each category to be missing by that of not
// coming out of this draw.
func (d codeDraw) exclude(missing map[string]float64, version int, category func(version int, code string) []string) {
	drawn := map[string]float64{}
	for i := range d {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(category(version, d[i].code)))) {
			drawn[name] += d[i].chance
		}
	}
	for name, chance := range drawn {
		if _, seen := missing[name]; !seen {
			missing[name] = 1
		}
		missing[name] *= 1 - chance
	}
}

// codeChances are those of the condition's codes, which are drawn evenly.
func (c *condition) codeChances(f *Factors, version int) codeDraw {
	codes := c.codes[version-9]
	each := c.chance(f) / float64(len(codes))
	return newCodeDraw(codes, func(int) float64 { return each })
}

// ventilationCodeChances are those of the codes of mechanical ventilation.
func ventilationCodeChances(f *Factors, version int) codeDraw {
	kinds := ventChances(f)
	var chances [2]float64
	for kind := ventBrief; kind < ventKinds; kind++ {
		long := longVentilationShare(kind)
		chances[0] += kinds[kind] * (1 - long)
		chances[1] += kinds[kind] * long
	}
	return newCodeDraw(ventilationCodes[version-9][:], func(i int) float64 { return chances[i] })
}

// longVentilationShare is the share of a kind's spans that last longer than 96
// hours. Spans are rounded to minutes, so one of half a minute more is not longer.
func longVentilationShare(kind ventilation) float64 {
	lo, hi := ventSpan[kind][0], ventSpan[kind][1]
	cut := (float64(longVentilation/minute) + 0.5) / float64(day/minute)
	return min(1, max(0, hi-cut)/(hi-lo))
}
