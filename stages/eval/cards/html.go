package cards

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// markdown is CommonMark with tables. HTML in a card is left out, and so are links that
// would run something.
var markdown = goldmark.New(goldmark.WithExtensions(extension.Table))

// scrolling lets what is wide move by itself, and not the page. No text of a card can look
// like these tags: its < is escaped.
var scrolling = strings.NewReplacer("<table>", `<div class="scroll"><table>`, "</table>", "</table></div>", "<pre>", `<pre class="scroll">`)

// HTML is a card for a page that has a heading of its own above it: the card's title, and
// what stands below it, with each heading one level down. The head that the Hub reads is
// left out.
func HTML(card []byte) (title string, body template.HTML, err error) {
	if head, below, ok := bytes.Cut(card, []byte("\n---\n")); ok && bytes.HasPrefix(head, []byte("---\n")) {
		card = below
	}
	parsed := markdown.Parser().Parse(text.NewReader(card))
	if first, ok := parsed.FirstChild().(*ast.Heading); ok {
		title = plain(first, card)
		parsed.RemoveChild(parsed, first)
	}
	var images []*ast.Image
	_ = ast.Walk(parsed, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if heading, ok := n.(*ast.Heading); ok && entering {
			heading.Level = min(heading.Level+1, 6)
		}
		if image, ok := n.(*ast.Image); ok && entering {
			images = append(images, image)
		}
		return ast.WalkContinue, nil
	})
	for _, image := range images { // a page loads nothing: what an image says stands in its place
		image.Parent().ReplaceChild(image.Parent(), image, ast.NewString([]byte(plain(image, card))))
	}
	var html bytes.Buffer
	if err := markdown.Renderer().Render(&html, card, parsed); err != nil {
		return "", "", fmt.Errorf("show a card: %w", err)
	}
	return title, template.HTML(scrolling.Replace(html.String())), nil
}

// plain is the text of a node without its marks.
func plain(of ast.Node, source []byte) (text string) {
	for child := of.FirstChild(); child != nil; child = child.NextSibling() {
		if t, ok := child.(*ast.Text); ok {
			text += string(t.Segment.Value(source))
		} else {
			text += plain(child, source)
		}
	}
	return text
}
