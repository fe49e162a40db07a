// Package tasks has the tasks that ship beside the five of the paper, each declared in a
// YAML file: docs/tasks.md says how to write one of your own.
package tasks

import "embed"

// Files are the declarations, NAME.yaml each.
//
//go:embed *.yaml
var Files embed.FS
