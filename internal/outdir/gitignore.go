package outdir

import (
	"regexp"
	"strings"

	"github.com/clinflow/clinflow/internal/textio"
)

// rule is one line of an ignore file (https://git-scm.com/docs/gitignore).
type rule struct {
	pattern *regexp.Regexp // over slash-separated paths of folders from the root
	keep    bool           // the line begins with !
}

// rulesIn reads an ignore file; base is its folder from the root. A file that
// cannot be read ignores nothing.
func rulesIn(file, base string) []rule {
	text, err := textio.Whole(file)
	if err != nil {
		return nil
	}
	var rules []rule
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		body, keep := strings.CutPrefix(line, "!")
		if p, err := regexp.Compile(expression(body, base)); err == nil {
			rules = append(rules, rule{p, keep})
		}
	}
	return rules
}

// expression turns an ignore pattern into a regular expression. A pattern with
// a slash before its end is anchored at its file's folder, others match at any
// depth.
func expression(pattern, base string) string {
	pattern = strings.TrimSuffix(pattern, "/")
	anchored := strings.Contains(pattern, "/")
	pattern = strings.TrimPrefix(pattern, "/")
	var b strings.Builder
	b.WriteString("^")
	if base != "" {
		b.WriteString(regexp.QuoteMeta(base) + "/")
	}
	if !anchored {
		b.WriteString("(?:.*/)?")
	}
	for pattern != "" {
		pattern = translate(&b, pattern)
	}
	return b.String() + "$"
}

// translate writes the expression of the pattern's first piece and returns the
// rest.
func translate(b *strings.Builder, pattern string) string {
	switch {
	case strings.HasPrefix(pattern, "**/"):
		b.WriteString("(?:.*/)?")
		return pattern[3:]
	case strings.HasPrefix(pattern, "**"):
		b.WriteString(".*")
		return pattern[2:]
	case pattern[0] == '*':
		b.WriteString("[^/]*")
	case pattern[0] == '?':
		b.WriteString("[^/]")
	case pattern[0] == '[' && strings.Contains(pattern, "]"):
		end := strings.IndexByte(pattern, ']') + 1
		b.WriteString(strings.Replace(pattern[:end], "[!", "[^", 1))
		return pattern[end:]
	case pattern[0] == '\\' && len(pattern) > 1:
		b.WriteString(regexp.QuoteMeta(pattern[1:2]))
		return pattern[2:]
	default:
		b.WriteString(regexp.QuoteMeta(pattern[:1]))
	}
	return pattern[1:]
}
