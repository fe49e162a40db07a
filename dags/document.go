package dags

import (
	"regexp"
	"strings"
)

var (
	// marker begins (---) or ends (...) a YAML document. It is one wherever a line
	// begins with it, in a quoted text too.
	marker = regexp.MustCompile(`^(?:---|\.\.\.)(?:[ \t]|$)`)
	// yamlVersion is the one directive that a DAG file has use for.
	yamlVersion = regexp.MustCompile(`^%YAML[ \t]+1\.[0-9]+[ \t]*(?:[ \t]#.*)?$`)
)

// document is the one document of a text that holds anything, with every line where
// it was. The parser drops what follows a document of comments alone and takes a
// directive for a document, so it is shown neither.
func document(text []byte, found *findings) ([]byte, bool) {
	d := divider{lines: strings.Split(string(text), "\n"), found: found, good: true}
	d.end = len(d.lines)
	for i := range d.lines {
		d.line(i)
	}
	if !d.good {
		return nil, false
	}
	return []byte(strings.Repeat("\n", d.first) + strings.Join(d.lines[d.first:d.end], "\n")), true
}

// divider divides a text into documents.
type divider struct {
	found  *findings
	lines  []string
	begin  int  // line of the document that a line is in
	headed bool // it began with ---: no directive can follow
	filled bool // it holds something
	any    bool // one does
	first  int  // the first line of the document that holds something
	end    int  // and the line after its last
	good   bool
}

func (d *divider) line(i int) {
	if marker.MatchString(d.lines[i]) {
		if d.filled && d.end == len(d.lines) {
			d.end = i
		}
		d.begin, d.filled, d.headed = i, false, d.lines[i][0] == '-'
		d.lines[i] = "   " + d.lines[i][len("---"):]
	}
	text := strings.TrimLeft(d.lines[i], " \t")
	switch {
	case text == "" || text[0] == '#' || d.filled:
	case d.lines[i][0] == '%' && !d.headed:
		d.directive(i)
	case d.any:
		d.fault(position{line: i + 1, col: len(d.lines[i]) - len(text) + 1}, "more than one YAML document", "one DAG a file")
		d.filled = true
	default:
		d.any, d.filled, d.first = true, true, d.begin
	}
}

func (d *divider) directive(i int) {
	if !yamlVersion.MatchString(d.lines[i]) {
		d.fault(position{line: i + 1, col: 1}, "an unknown directive", "%YAML 1.2 is the only one that DAG files have use for")
	}
	d.lines[i] = ""
}

func (d *divider) fault(at position, what, hint string) {
	d.found.add(at, "", what, hint)
	d.good = false
}
