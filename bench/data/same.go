package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/task"
)

// same says whether the loop wrote the bytes that the path's manifests name, the
// token rows among them.
func (b *build) same() (bool, error) {
	steps, err := filepath.Glob(filepath.Join(b.out, "steps", "*"))
	if err != nil {
		return false, err
	}
	text, err := os.ReadFile(filepath.Join(b.loopOut, sumsFile))
	if err != nil {
		return false, err
	}
	var sums map[string]string
	if err := json.Unmarshal(text, &sums); err != nil {
		return false, err
	}
	tokens := false
	for _, step := range steps {
		d, err := dataset.Open(context.Background(), step)
		if err != nil {
			return false, err
		}
		for table, infos := range d.Manifest.Tables {
			tokens = tokens || table == task.TableTokens
			if !sameTable(table, infos, sums) {
				return false, nil
			}
		}
	}
	return tokens, nil
}

func sameTable(table string, infos []dataset.PartInfo, sums map[string]string) bool {
	for part, info := range infos {
		if sums[partName(table, part)] != info.SHA256 {
			fmt.Fprintf(os.Stderr, "part %d of table %s differs\n", part, table)
			return false
		}
	}
	return true
}
