package rawcsv

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/clinflow/clinflow/internal/exit"
)

// A table that a spreadsheet saved as UTF-16 has none of the columns; the reason is
// told, and nothing of the first row.
func TestAFileOfAnotherEncodingIsNamed(t *testing.T) {
	var wide []byte
	for _, unit := range utf16.Encode([]rune("\uFEFFsubject_id,text\n1,canary\n")) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for want, text := range map[string]string{
		"UTF-16": string(wide), "web page": "<!DOCTYPE html><html>canary</html>", "Parquet": "PAR1\x15\x04canary", "gzip": string(zip(t, "a,b\n")),
	} {
		r, err := NewReader(strings.NewReader(text), "t.csv", 1)
		if err == nil {
			_, err = r.Columns("subject_id", "text")
			r.Close()
		}
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
