package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
)

const chartsFile = "icu/chartevents.csv.gz"

// Of MIMIC's charts most rows are vital signs, laboratory values and scores. Every
// rowsPerWanted-th is of an item that ventilation is known by.
const rowsPerWanted = 20

var (
	otherItems  = []int{220045, 220179, 220180, 220181, 220210, 220277, 220739, 223761, 223900, 223901, 224650, 226512, 227969}
	wantedItems = []int{223834, 223835, 224687, 224688, 224690, 220339, 224685}
	textItems   = map[int]string{223849: "CMV/ASSIST/AutoFlow", 226732: "Nasal cannula"}
)

// makeChartTree writes a tree of few patients and so many rows of chartevents.
func makeChartTree(dir, count string) error {
	rows, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	if err := generate(dir, 1, treeSeed); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, chartsFile), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	zipped, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(zipped, 1<<20)
	return errors.Join(writeCharts(out, rows), out.Flush(), zipped.Close(), f.Close())
}

// writeCharts writes stay after stay, minute after minute, as MIMIC's file has them.
func writeCharts(out *bufio.Writer, rows int) error {
	if _, err := out.WriteString("subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning\n"); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(treeSeed, fillSeed))
	var line []byte
	stay, left, at := 0, 0, time.Time{}
	for n := range rows {
		if left == 0 {
			stay, left = stay+1, 500+rng.IntN(9000)
			at = time.Date(2110+rng.IntN(90), time.January, 1, 0, rng.IntN(1<<19), 0, 0, time.UTC)
		}
		if left--; rng.IntN(8) == 0 {
			at = at.Add(time.Duration(rng.IntN(60)) * time.Minute)
		}
		line = appendChart(line[:0], rng, n, stay, at)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func appendChart(line []byte, rng *rand.Rand, n, stay int, at time.Time) []byte {
	item := otherItems[rng.IntN(len(otherItems))]
	value := strconv.FormatFloat(float64(rng.IntN(2000))/10, 'f', -1, 64)
	number := value
	if n%rowsPerWanted == 0 {
		item = wantedItems[rng.IntN(len(wantedItems))]
	}
	if n%(7*rowsPerWanted) == 0 {
		item = [...]int{223849, 226732}[rng.IntN(2)]
		value, number = textItems[item], ""
	}
	stored := at.Add(time.Duration(rng.IntN(90)) * time.Minute)
	return fmt.Appendf(line, "%d,%d,%d,%d,%s,%s,%d,%s,%s,bpm,0\n",
		10_000_000+stay*173, 20_000_000+stay*97, 30_000_000+stay*89, 10_000+stay%9000, at.Format(time.DateTime), stored.Format(time.DateTime), item, value, number)
}
