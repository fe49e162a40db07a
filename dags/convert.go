package dags

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// converter turns the parser's tree into nodes and refuses what DAG files have
// no use for: anchors, aliases, tags, merge keys, keys that are not text.
type converter struct{ found *findings }

func (c *converter) node(n ast.Node, path string) *node {
	at := placeOf(n)
	switch v := n.(type) {
	case nil:
		return &node{kind: empty, at: at}
	case *ast.NullNode:
		return &node{kind: empty, at: at}
	case *ast.MappingNode:
		return c.mapping(at, v.Values, path)
	case *ast.MappingValueNode:
		return c.mapping(placeOf(v.Key), []*ast.MappingValueNode{v}, path)
	case *ast.SequenceNode:
		return c.list(at, v, path)
	case *ast.LiteralNode:
		return &node{kind: scalar, at: at, inside: insideBlock(at, v), text: v.Value.Value, quoted: true}
	case *ast.StringNode:
		return &node{kind: scalar, at: at, inside: insideText(at, v), text: v.Value, quoted: quoted(v.Token)}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: scalar, at: at, text: n.GetToken().Value}
	default:
		c.found.add(at, path, "anchors, aliases and tags are not part of DAG files", "use vars")
		return &node{kind: scalar, at: at, broken: true}
	}
}

// insideText is the place of a text's first character, none where the text goes over
// several lines, which YAML joins.
func insideText(at position, v *ast.StringNode) position {
	if strings.Contains(strings.TrimSpace(v.Token.Origin), "\n") {
		return position{}
	}
	if quoted(v.Token) {
		at.col++
	}
	return at
}

// insideBlock is the place of the first character of a block whose lines are kept (|).
func insideBlock(at position, v *ast.LiteralNode) position {
	if v.Start.Type != token.LiteralType {
		return position{}
	}
	line := strings.TrimLeft(v.Value.Token.Origin, "\n")
	return position{line: at.line + 1, col: len(line) - len(strings.TrimLeft(line, " ")) + 1}
}

func quoted(t *token.Token) bool {
	return t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
}

func (c *converter) list(at position, seq *ast.SequenceNode, path string) *node {
	out := &node{kind: list, at: at}
	for i, item := range seq.Values {
		out.items = append(out.items, c.node(item, fmt.Sprintf("%s[%d]", path, i)))
	}
	return out
}

func (c *converter) mapping(at position, values []*ast.MappingValueNode, path string) *node {
	out := &node{kind: mapping, at: at}
	first := map[string]position{}
	for _, v := range values {
		key, ok := c.key(v.Key, path)
		if !ok {
			continue
		}
		keyAt := placeOf(v.Key)
		if before, taken := first[key]; taken {
			c.found.add(keyAt, join(path, unshield(key)), "the key is given twice",
				fmt.Sprintf("it is on line %d already", before.line))
			continue
		}
		first[key] = keyAt
		out.entries = append(out.entries, entry{key: key, at: keyAt, value: c.node(v.Value, join(path, unshield(key)))})
	}
	return out
}

// key reads a mapping's key, which must be plain or quoted text.
func (c *converter) key(k ast.MapKeyNode, path string) (string, bool) {
	switch v := k.(type) {
	case *ast.StringNode:
		if path != "steps" && shield.MatchString(v.Value) {
			c.found.add(placeOf(k), join(path, unshield(v.Value)), "only a step's name can hold a reference", "")
			return "", false
		}
		return v.Value, true
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		return k.GetToken().Value, true
	case *ast.MergeKeyNode:
		c.found.add(placeOf(k), path, "merge keys (<<) are not part of DAG files", "write the keys out, or use each for steps that are alike")
		return "", false
	default:
		c.found.add(placeOf(k), path, "a key must be a word", "")
		return "", false
	}
}

// join makes the dotted path of a key.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
