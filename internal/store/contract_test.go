package store_test

import (
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/store/storetest"
)

func TestAFolderHoldsTheContract(t *testing.T) {
	for name, kind := range map[string]func(store.Dir) store.Dir{
		"durable": func(d store.Dir) store.Dir { return d }, "volatile": store.Volatile, "together": store.Together, "confined": store.Confined,
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Contract(t, func(t *testing.T) store.Dir {
				dir, err := store.Open(filepath.Join(t.TempDir(), "not", "yet"))
				if err != nil {
					t.Fatal(err)
				}
				return kind(dir)
			})
		})
	}
}
