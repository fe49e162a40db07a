package card

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/task"
)

//go:embed card.html
var cardFile embed.FS

var cardTemplate = page.Template(cardFile, "card.html", template.FuncMap{"share": share, "number": number, "bar": bar})

// mostRows are the labels of a multilabel task that the page lists; card.json has all.
const mostRows = 20

// content is what card.html shows.
type content struct {
	Card
	Title       string
	Failed      int // limits that are passed
	Limits      []limitRow
	Rows        []labelRow
	Balance     []page.Figure
	Lengths     []page.Figure
	Classes     bool // each example has one
	Sectioned   bool
	SmallHidden bool
}

// limitRow is a limit with what was found of each split, or of all.
type limitRow struct {
	Limit string
	At    float64
	Found []Check
}

// labelRow is a label with its examples of each split.
type labelRow struct {
	Number int
	Name   string
	Splits []Part
}

// html is the page of a card.
func (c Card) html(title string, hidden bool) ([]byte, error) {
	shown := content{Card: c, Title: title, Rows: c.labelRows(), Classes: c.Kind != task.Multilabel, SmallHidden: hidden}
	if title == "" {
		shown.Title = "What " + c.Task + " is trained on"
	}
	shown.Failed, shown.Limits = c.limitRows()
	for _, s := range c.Splits {
		shown.Sectioned = shown.Sectioned || len(s.EmptySections) > 0
	}
	var err error
	if shown.Balance, err = c.labelFigure(); err != nil {
		return nil, err
	}
	characters, err := c.lengthFigure("characters", func(s Split) *Lengths { return s.Characters })
	tokens, failed := c.lengthFigure("tokens", func(s Split) *Lengths { return s.Tokens })
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	shown.Lengths = append(characters, tokens...)
	var html bytes.Buffer
	if err := cardTemplate.Execute(&html, shown); err != nil {
		return nil, fmt.Errorf("%s: %w", HTMLFile, err)
	}
	return html.Bytes(), nil
}

func (c Card) labelFigure() ([]page.Figure, error) {
	if c.Kind == task.Multilabel {
		return c.rankFigure()
	}
	return c.balanceFigure()
}

// limitRows puts the checks of a limit side by side.
func (c Card) limitRows() (failed int, rows []limitRow) {
	at := map[string]int{}
	for _, check := range c.Checks {
		if check.Failed {
			failed++
		}
		row, known := at[check.Limit]
		if !known {
			row, at[check.Limit] = len(rows), len(rows)
			rows = append(rows, limitRow{Limit: check.Limit, At: check.At})
		}
		rows[row].Found = append(rows[row].Found, check)
	}
	return failed, rows
}

// labelRows are the classes of a task or, of a multilabel one, the labels with the most
// examples in train.
func (c Card) labelRows() (rows []labelRow) {
	ranks := c.ranked()
	if c.Kind != task.Multilabel {
		slices.Sort(ranks)
	}
	for _, label := range ranks[:min(mostRows, len(ranks))] {
		row := labelRow{Number: label}
		for _, s := range c.Splits {
			row.Name = s.Labels[label].Name
			row.Splits = append(row.Splits, s.Labels[label])
		}
		rows = append(rows, row)
	}
	return rows
}

// share is a share in per cent.
func share(p Part) string {
	if p.Share == nil {
		return "–"
	}
	return strconv.FormatFloat(100**p.Share, 'f', 1, 64) + " %"
}

// bar is a share as the length of a bar, in per cent.
func bar(p Part) float64 {
	if p.Share == nil {
		return 0
	}
	return 100 * *p.Share
}

// number is a length, or a dash where it is not told.
func number(n any) string {
	switch n := n.(type) {
	case *int:
		if n != nil {
			return page.Count(smallcell.Count(*n))
		}
	case *float64:
		if n != nil {
			return page.Count(smallcell.Count(*n + 0.5))
		}
	}
	return "–"
}
