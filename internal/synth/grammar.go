package synth

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode"
)

//go:embed grammar/*.txt
var notesGrammar embed.FS

// notes is the grammar of all notes. The files are part of the program: a fault
// in them is a fault of the program.
var notes = mustLoadGrammar(notesGrammar)

// A grammar file holds rules. A rule is a line at the margin, `name` or `name
// factor=level`, and its alternatives, one to an indented line; `~` stands for
// no text. In an alternative `{rule}` is another rule, `{Rule}` the same with a
// capital, `{#90-110}` a whole number and `{#3.5-5.1}` a number with one
// decimal. Of a rule with a factor the variant of the admission's level is used:
// so every level of a factor has words of its own.
type grammar map[string]*rule

type rule struct {
	factor   factor // meaningful where variants has more than one entry
	variants []alternatives
}

type alternatives []template

// template is a sequence of literals and slots.
type template []piece

type piece struct {
	literal  string
	rule     *rule // slot
	capital  bool
	lo, hi   int // number: bounds, in units or tenths
	decimals int
	number   bool
}

func mustLoadGrammar(folders ...fs.FS) grammar {
	g := grammar{}
	for _, files := range folders {
		names, err := fs.Glob(files, "*/*.txt")
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err == nil {
				err = g.parse(string(text))
			}
			if err != nil {
				panic(fmt.Sprintf("grammar file %s: %v", name, err))
			}
		}
	}
	for name, r := range g {
		for level, variant := range r.variants {
			if len(variant) == 0 {
				panic(fmt.Sprintf("grammar rule %s level %d has no alternative", name, level))
			}
		}
	}
	return g
}

func (g grammar) parse(text string) error {
	var target *alternatives
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] != ' ':
			var err error
			if target, err = g.declare(strings.Fields(line)); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		case target == nil:
			return fmt.Errorf("line %d: an alternative before any rule", n)
		default:
			t, err := g.template(strings.TrimSpace(line))
			if err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			*target = append(*target, t)
		}
	}
	return lines.Err()
}

// declare returns where the alternatives of a rule's header go.
func (g grammar) declare(header []string) (*alternatives, error) {
	r := g.rule(header[0])
	level := 0
	if len(header) == 2 {
		name, value, _ := strings.Cut(header[1], "=")
		f, known := factorNamed(name)
		l, err := strconv.Atoi(value)
		if !known || err != nil || l < 0 || l >= f.levels() {
			return nil, fmt.Errorf("%s is no level of a factor", header[1])
		}
		r.factor, level = f, l
	}
	for len(r.variants) <= level {
		r.variants = append(r.variants, nil)
	}
	return &r.variants[level], nil
}

func (g grammar) rule(name string) *rule {
	if g[name] == nil {
		g[name] = &rule{}
	}
	return g[name]
}

// find returns a rule named by the program.
func (g grammar) find(name string) *rule {
	r := g[name]
	if r == nil {
		panic("no grammar rule " + name)
	}
	return r
}

func (g grammar) template(text string) (template, error) {
	var t template
	for text != "" && text != "~" {
		literal, rest, slot := strings.Cut(text, "{")
		if literal != "" {
			t = append(t, piece{literal: literal})
		}
		if !slot {
			break
		}
		inner, rest, closed := strings.Cut(rest, "}")
		if !closed || inner == "" {
			return nil, fmt.Errorf("an open brace is not closed")
		}
		p, err := g.slot(inner)
		if err != nil {
			return nil, err
		}
		t, text = append(t, p), rest
	}
	return t, nil
}

func (g grammar) slot(inner string) (piece, error) {
	if inner[0] != '#' {
		name := strings.ToLower(inner[:1]) + inner[1:]
		return piece{rule: g.rule(name), capital: name != inner}, nil
	}
	lo, hi, _ := strings.Cut(inner[1:], "-")
	decimals := 0
	if strings.Contains(lo, ".") {
		lo, hi, decimals = strings.Replace(lo, ".", "", 1), strings.Replace(hi, ".", "", 1), 1
	}
	l, errLo := strconv.Atoi(lo)
	h, errHi := strconv.Atoi(hi)
	if errLo != nil || errHi != nil || h < l {
		return piece{}, fmt.Errorf("{%s} is no range of numbers", inner)
	}
	return piece{lo: l, hi: h, decimals: decimals, number: true}, nil
}

// expand appends one text of the rule for the given levels.
func (r *rule) expand(out []byte, levels *Factors, random *rand.Rand) []byte {
	variant := r.variants[0]
	if len(r.variants) > 1 {
		variant = r.variants[levels[r.factor]]
	}
	return variant[random.IntN(len(variant))].expand(out, levels, random)
}

func (t template) expand(out []byte, levels *Factors, random *rand.Rand) []byte {
	for i := range t {
		p := &t[i]
		switch {
		case p.rule != nil:
			start := len(out)
			out = p.rule.expand(out, levels, random)
			if p.capital && len(out) > start {
				out[start] = byte(unicode.ToUpper(rune(out[start])))
			}
		case p.number:
			out = appendNumber(out, p.lo+random.IntN(p.hi-p.lo+1), p.decimals)
		default:
			out = append(out, p.literal...)
		}
	}
	return out
}

func appendNumber(out []byte, n, decimals int) []byte {
	if decimals == 0 {
		return strconv.AppendInt(out, int64(n), 10)
	}
	out = strconv.AppendInt(out, int64(n/10), 10)
	return append(out, '.', byte('0'+n%10))
}
