package report

import (
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// verdict is what the report begins with: what is best, whether it beats the bag of
// words, and on how many patients. It is empty where nothing has an AUROC.
type verdict struct{ Headline, Ties, Patients string }

func (t resultTable) verdict(split string) (v verdict) {
	column := macroColumn
	if len(t.Tasks) == 1 {
		column = t.Tasks[0]
	}
	top, found := t.top(column)
	if !found {
		return v
	}
	v.Headline = t.headline(top, column)
	v.Ties = t.ties(top, column)
	v.Patients = t.patients(top, column, split)
	return v
}

// headline says what is best, and how it stands to the baseline.
func (t resultTable) headline(top resultRow, column string) string {
	score := fmt.Sprintf("%s of %s", t.measureName(column), t.cellOf(top, column).spoken())
	base := t.row(baselineName, true)
	if base == nil || t.cellOf(*base, column).value == nil {
		return fmt.Sprintf("The highest is %s, with %s; there is no bag of words to hold it against.", top.Name, score)
	}
	against := t.cellOf(*base, column)
	over := *t.cellOf(top, column).value > *against.value
	switch j := t.judge(top, *base, column); {
	case j == better:
		return fmt.Sprintf("%s is the highest, with %s, and beats the bag of words, which has %s.", top.Name, score, against.spoken())
	case j == worse:
		return fmt.Sprintf("No variant beats the bag of words: the highest, %s, has %s, the bag of words %s.", top.Name, score, against.spoken())
	case j == alike && over:
		return fmt.Sprintf("No variant is shown to beat the bag of words: the highest, %s, has %s, the bag of words %s, and chance can make such a difference.", top.Name, score, against.spoken())
	case j == alike:
		return fmt.Sprintf("No variant beats the bag of words: the highest, %s, has %s, the bag of words %s; chance can make such a difference.", top.Name, score, against.spoken())
	default:
		return fmt.Sprintf("The highest is %s, with %s; the bag of words has %s. How far chance goes was not measured.", top.Name, score, against.spoken())
	}
}

// measureName names what a column holds.
func (t resultTable) measureName(column string) string {
	if column == macroColumn {
		return fmt.Sprintf("a mean AUROC over %s tasks", spoken(len(t.whole)))
	}
	return "an AUROC on " + taskLabel(column)
}

// ties say which variants cannot be told apart from the highest.
func (t resultTable) ties(top resultRow, column string) string {
	others := len(t.variants()) - 1
	tied := t.tied(top, column)
	switch {
	case others == 0:
		return ""
	case len(tied) == 0:
		return "It is better than every other variant by more than chance."
	case t.cellOf(top, column).interval == nil && t.compared == nil:
		return "Which variants can be told apart was not measured."
	case len(tied) == others:
		return "It cannot be told apart from any other variant: their order may be chance."
	default:
		return "It cannot be told apart from " + joined(tied) + ": their order may be chance."
	}
}

// patients say on how many patients all that was measured.
func (t resultTable) patients(top resultRow, column, split string) string {
	n := smallcell.Count(0)
	for _, name := range t.Tasks {
		if count := t.measured(name).Patients; count > n || n == 0 {
			n = count
		}
	}
	text := "Measured on patients of the " + split + " split"
	switch base := t.row(baselineName, true); {
	case base != nil && t.comparison(top, *base, column) != nil:
		text = fmt.Sprintf("Measured on %s patients of the %s split", page.Count(t.comparison(top, *base, column).Patients), split)
	case n != 0 && len(t.Tasks) == 1:
		text = fmt.Sprintf("Measured on %s patients of the %s split", page.Count(n), split)
	case n != 0:
		text = fmt.Sprintf("Measured on at most %s patients of the %s split a task", page.Count(n), split)
	}
	if t.Best {
		text += "; the data are synthetic, so that the best possible AUROC is known"
	}
	return text + "."
}

// spoken is an AUROC with its interval.
func (c cell) spoken() string {
	if c.interval == nil {
		return c.Text
	}
	return c.Text + " (" + c.Interval + ")"
}

// spoken are small numbers in words.
func spoken(n int) string {
	if words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}; n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// joined are names as a sentence has them.
func joined(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
