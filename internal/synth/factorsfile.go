package synth

import (
	"bufio"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/exit"
)

// Truth is a row of the factors file.
type Truth struct {
	SubjectID int64
	HadmID    int64
	Outlook
	Factors Factors // those that decide outcomes; sex and outcome are not in the file
}

// ReadTruth reads a factors file (gzip CSV) in order. An error names the row.
func ReadTruth(file io.Reader) iter.Seq2[Truth, error] {
	return func(yield func(Truth, error) bool) {
		z, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<16))
		if err != nil {
			yield(Truth{}, exit.Errorf(exit.BadData, "%s: open as gzip: %w", FactorsFile, err))
			return
		}
		lines := bufio.NewScanner(z)
		if !lines.Scan() || lines.Text() != files[tableFactors].header {
			yield(Truth{}, exit.Errorf(exit.BadData, "%s: the header is not that of this version; make the tree again", FactorsFile))
			return
		}
		for row := 1; lines.Scan(); row++ {
			truth, ok := parseTruth(lines.Text())
			if !ok {
				err = exit.Errorf(exit.BadData, "%s: row %d: malformed", FactorsFile, row)
			}
			if !yield(truth, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Truth{}, exit.Errorf(exit.BadData, "%s: read: %w", FactorsFile, err))
		}
	}
}

func parseTruth(line string) (t Truth, ok bool) {
	fields := strings.Split(line, ",")
	if len(fields) != 2+outcomeFactors+6 {
		return t, false
	}
	var errs [2]error
	t.SubjectID, errs[0] = strconv.ParseInt(fields[0], 10, 64)
	t.HadmID, errs[1] = strconv.ParseInt(fields[1], 10, 64)
	if !t.Factors.parse(fields[2 : 2+outcomeFactors]) {
		return t, false
	}
	chances := fields[2+outcomeFactors:]
	for i, p := range []*float64{&t.Mor, &t.Pmv, &t.Los[0], &t.Los[1], &t.Los[2], &t.Los[3]} {
		var err error
		if *p, err = strconv.ParseFloat(chances[i], 64); err != nil {
			return t, false
		}
	}
	return t, !slices.ContainsFunc(errs[:], func(err error) bool { return err != nil })
}

// parse reads the levels of the outcome factors.
func (f *Factors) parse(fields []string) bool {
	for i, field := range fields {
		level, err := strconv.Atoi(field)
		if err != nil || level < 0 || level >= factor(i).levels() {
			return false
		}
		f[i] = uint8(level)
	}
	return true
}
