package synth

import (
	"encoding/base32"
	"encoding/binary"
	"maps"
	"regexp"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Sentinels maps each part of a note that is written after admission to words
// that occur there and nowhere else, in lower case. None may reach an example:
// at least one stands in every such part.
func Sentinels() map[string][]string {
	return maps.Clone(sentinels)
}

var sentinels = func() map[string][]string {
	found := map[string][]string{}
	for name, r := range notes {
		part, is := strings.CutPrefix(name, "sentinel.")
		if !is {
			continue
		}
		for _, word := range r.variants[0] {
			found[part] = append(found[part], word[0].literal)
		}
	}
	return found
}()

// CanaryPattern matches the canary of any note: a word that no other note has.
// It stands in the results of every discharge summary and at the end of every
// radiology report, so a search for it finds text that leaked.
var CanaryPattern = regexp.MustCompile(`zqcanary[a-z2-7]{13}`)

// canaryOf is the canary of a note, 64 bits in base 32.
func canaryOf(seed int64, noteID string) string {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], uint64(seed))
	hash := xxhash.New()
	_, _ = hash.Write(key[:])
	_, _ = hash.WriteString(noteID)
	sum := hash.Sum(nil)
	return "zqcanary" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum))
}
