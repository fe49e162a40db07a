package parquet

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/clinflow/clinflow/internal/store"
)

// A page of texts is bounded, where it is not one text alone.
func TestPagesAreBounded(t *testing.T) {
	type noted struct {
		ID   int32  `parquet:"id"`
		Text string `parquet:"text,plain" phi:"true"`
	}
	var rows []noted
	for _, bytes := range []int{100, pageBytes / 3, pageBytes / 3, pageBytes / 3, 0, 3 * pageBytes, 1, pageBytes - 4, pageBytes - 4, 7} {
		rows = append(rows, noted{int32(len(rows)), strings.Repeat("x", bytes)})
	}
	dir, err := store.Open(t.TempDir())
	must(t, err)
	write(t, dir, "texts.parquet", rows)
	f, err := file.OpenParquetFile(dir.URI()+"/texts.parquet", false)
	must(t, err)
	defer f.Close()
	pages, values := 0, 0
	for group := range f.NumRowGroups() {
		reader, err := f.RowGroup(group).GetColumnPageReader(1)
		must(t, err)
		for reader.Next() {
			page := reader.Page()
			if page.NumValues() > 1 && len(page.Data()) > pageBytes {
				t.Errorf("a page of %d texts has %d bytes, more than %d", page.NumValues(), len(page.Data()), pageBytes)
			}
			pages, values = pages+1, values+int(page.NumValues())
		}
		must(t, reader.Err())
	}
	if pages < 6 || values != len(rows) {
		t.Errorf("%d texts in %d pages, want %d in 6 or more", values, pages, len(rows))
	}
}
