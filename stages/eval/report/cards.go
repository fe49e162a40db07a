package report

import (
	"context"
	"fmt"
	"html/template"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/cards"
)

// shownCard is a model card or a data card on the page.
type shownCard struct {
	Title string
	Body  template.HTML
}

func cardsOf(ctx context.Context, in stages.Inputs) (shown []shownCard, err error) {
	for _, of := range []struct{ port, file string }{{portModelCards, cards.ModelName}, {portDataCards, cards.DataName}} {
		for _, d := range in[of.port] {
			card, err := cardOf(ctx, d, of.file)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.URI(), err)
			}
			shown = append(shown, card)
		}
	}
	return shown, nil
}

func cardOf(ctx context.Context, d *dataset.Dataset, file string) (c shownCard, err error) {
	text, err := d.ReadFile(ctx, file)
	if err != nil {
		return c, err
	}
	c.Title, c.Body, err = cards.HTML(text)
	return c, err
}
