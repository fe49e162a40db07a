package dags

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/clinflow/clinflow/internal/foreign"
	"github.com/clinflow/clinflow/internal/guard"
)

// The parser's time grows with the square of the nesting: these bounds keep the
// worst file to seconds.
const (
	maxFile  = 64 << 10 // bytes
	maxDepth = 64       // open brackets
)

type nodeKind int

const (
	empty nodeKind = iota
	scalar
	list
	mapping
)

// node is a YAML value with its place. A scalar keeps its text as written: what
// it means is for the field that takes it to say, so 012 never turns into 10
// nor a version 1.10 into 1.1.
type node struct {
	kind    nodeKind
	at      position
	inside  position // of a text's first character, where the file has the text as it is
	text    string
	quoted  bool
	broken  bool // a fault of it has been told already
	items   []*node
	entries []entry
}

type entry struct {
	key     string
	at      position
	value   *node
	written string // the key before references in it were filled in, where it had any
}

// label is the key as the file has it.
func (e entry) label() string { return cmp.Or(e.written, e.key) }

// In a flow mapping, YAML ends a bare ${name} at its brace. The braces travel
// through the parser as two private-use characters, which leaves every column
// where it was.
const (
	openBrace  = '\ue000'
	closeBrace = '\ue001'
)

var reference = regexp.MustCompile(`\$\{([^{}\n]*)\}`)

var shield = regexp.MustCompile(`[\x{e000}\x{e001}]`)

// readYAML parses a file's text; its problems go to found. It returns nil where
// nothing can be said of the content.
func readYAML(text []byte, found *findings) *node {
	if what, hint := unreadable(text); what != "" {
		found.add(position{}, "", what, hint)
		return nil
	}
	if other := foreign.Refuse(text); other != nil && len(text) > 0 {
		found.add(position{line: 1, col: 1}, "", other.Error(), "")
		return nil
	}
	text, plain := plainText(text, found)
	if !plain {
		return nil
	}
	if text, plain = document(text, found); !plain {
		return nil
	}
	shielded := reference.ReplaceAll(text, []byte("$\ue000$1\ue001"))
	var file *ast.File
	err := guard.Do("read YAML", func() (err error) {
		file, err = parser.ParseBytes(shielded, 0, parser.AllowDuplicateMapKey())
		return err
	})
	if err != nil {
		found.add(syntaxAt(err), "", syntaxMessage(err), "")
		return nil
	}
	return rootOf(file, found)
}

// unreadable says why a text is not given to the parser, if it is not.
func unreadable(text []byte) (what, hint string) {
	switch {
	case len(text) > maxFile:
		return "the file is larger than 64 kB", "a DAG file names stages; data belong elsewhere"
	case deepest(text) > maxDepth:
		return "more than 64 brackets are open at once", ""
	case shield.Match(text):
		return "private-use characters U+E000 or U+E001", "remove them"
	default:
		return "", ""
	}
}

// deepest is the largest number of brackets open at once; those in quotes and
// comments count too.
func deepest(text []byte) int {
	depth, most := 0, 0
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
			most = max(most, depth)
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return most
}

func syntaxAt(err error) position {
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil && syntax.GetToken().Position != nil {
		p := syntax.GetToken().Position
		return position{line: p.Line, col: p.Column}
	}
	return position{}
}

func syntaxMessage(err error) string {
	var syntax yaml.Error
	if errors.As(err, &syntax) && strings.Contains(syntax.GetMessage(), "'\t'") {
		return "malformed YAML: a tab where a value or a key must begin; indent with blanks"
	}
	if errors.As(err, &syntax) {
		return "malformed YAML: " + syntax.GetMessage()
	}
	return "malformed YAML: the parser gave up"
}

func rootOf(file *ast.File, found *findings) *node {
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		found.add(position{line: 1, col: 1}, "", "the file is empty", "start from a shipped one: "+strings.Join(Shipped(), ", "))
		return nil
	}
	return (&converter{found}).node(file.Docs[0].Body, "")
}

func placeOf(n ast.Node) position {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return position{line: 1, col: 1}
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return placeOf(m.Values[0].Key) // the parser gives its colon
	}
	p := n.GetToken().Position
	return position{line: p.Line, col: p.Column}
}

// unshield gives a text its braces back.
func unshield(s string) string {
	return strings.NewReplacer(string(openBrace), "{", string(closeBrace), "}").Replace(s)
}
