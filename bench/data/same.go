package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/shard"
)

// same says whether the loop wrote the bytes that the path's manifests name, the
// token rows among them.
func (b *build) same() (bool, error) {
	steps, err := filepath.Glob(filepath.Join(b.out, "steps", "*"))
	if err != nil {
		return false, err
	}
	tokens := false
	for _, step := range steps {
		d, err := shard.Open(context.Background(), step)
		if err != nil {
			return false, err
		}
		for table, infos := range d.Manifest.Tables {
			tokens = tokens || table == shard.TableTokens
			if ok, err := b.sameTable(table, infos); !ok || err != nil {
				return false, err
			}
		}
	}
	return tokens, nil
}

// sameTable compares a table; the loop leaves out those without rows.
func (b *build) sameTable(table string, infos []shard.PartInfo) (bool, error) {
	for part, info := range infos {
		file, err := os.Open(partFile(b.loopOut, table, part))
		if os.IsNotExist(err) && info.Rows == 0 {
			continue
		}
		if err != nil {
			return false, err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, file)
		file.Close()
		if digest := hex.EncodeToString(sum.Sum(nil)); err != nil || digest != info.SHA256 {
			fmt.Fprintf(os.Stderr, "part %d of table %s differs\n", part, table)
			return false, err
		}
	}
	return true, nil
}
