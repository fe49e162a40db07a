package dags

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/suggest"
)

// The folders that runs keep in the output folder: nothing may be published
// over them.
var reserved = []string{"steps", "runs", "cache", "schedule"}

func (c *checker) publish(n *node) {
	if n == nil || n.kind == empty {
		return
	}
	if n.kind != mapping {
		c.add(n.at, "publish", "want a mapping of files in the output folder to step.file", "")
		return
	}
	for _, e := range n.entries {
		c.publishOne(e, join("publish", e.key))
	}
}

func (c *checker) publishOne(e entry, path string) {
	top, _, _ := strings.Cut(filepath.ToSlash(e.key), "/")
	if !filepath.IsLocal(e.key) || slices.Contains(reserved, top) || strings.HasPrefix(top, ".") {
		c.add(e.at, path, "want a file name in the output folder, outside steps, runs, cache and schedule", "")
	}
	text, ok := c.word(e.value, path)
	if !ok {
		return
	}
	step, file, dotted := strings.Cut(text, ".")
	switch {
	case !dotted || !filepath.IsLocal(file):
		c.add(e.value.at, path, "want step.file", "such as auroc.metrics.json for the file metrics.json of the step auroc")
	case c.byName[step] == nil:
		c.add(e.value.at, path, "unknown step "+step, suggest.Choice(step, c.others(nil)))
	default:
		c.dag.Publish = append(c.dag.Publish, Publish{e.key, step, file})
	}
}
