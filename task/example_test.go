package task_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/task"
)

// A stage that labels says in its manifest what the labels are of; whoever takes the
// labels reads it there.
func ExampleOf() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	w, err := dataset.NewWriter(ctx, filepath.Join(folder, "labels"), task.KindLabels, 0)
	if err != nil {
		log.Fatal(err)
	}
	mortality := task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"survives", "dies"}}
	if err := w.SetAttribute(task.Attribute, mortality); err != nil {
		log.Fatal(err)
	}
	if err := w.Commit(ctx, dataset.Manifest{}, nil); err != nil {
		log.Fatal(err)
	}

	labels, err := dataset.Open(ctx, w.URI())
	if err != nil {
		log.Fatal(err)
	}
	found, ok, err := task.Of(labels)
	fmt.Println(found, found.NumLabels(), ok, err)
	// Output: mor (binary) 2 true <nil>
}
