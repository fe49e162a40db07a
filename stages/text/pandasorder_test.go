package text

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Notes of equal days lie as pandas 1.5 and numpy 1.26 leave them
// (oracle/core_rules.py), on the input too on which quicksort gives up.
func TestOrderOfPandas(t *testing.T) {
	var golden struct {
		Orders []struct {
			Name  string  `json:"name"`
			Days  []int64 `json:"days"`  // -1 is none
			Order string  `json:"order"` // hash of the places in order
		} `json:"orders"`
	}
	text, err := os.ReadFile("testdata/core_rules.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil || len(golden.Orders) < 30 {
		t.Fatalf("%d orders, %v", len(golden.Orders), err)
	}
	for _, c := range golden.Orders {
		notes := make([]listedNote, len(c.Days))
		for i, day := range c.Days {
			notes[i] = listedNote{Row: int64(i), Day: day + 1}
		}
		var places []string
		for _, n := range pandasOrder(notes) {
			places = append(places, strconv.FormatInt(n.Row, 10))
		}
		sum := sha256.Sum256([]byte(strings.Join(places, ",")))
		if got := hex.EncodeToString(sum[:])[:8]; got != c.Order {
			t.Errorf("%s: another order", c.Name)
		}
	}
}
