package synth

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/cespare/xxhash/v2"
)

// stream is the random numbers of one purpose: they depend on the seed and the
// id alone, so patients can be made in any order and by any worker.
func stream(seed int64, purpose string, id int64) *rand.Rand {
	var key [16]byte
	binary.LittleEndian.PutUint64(key[:], uint64(seed))
	binary.LittleEndian.PutUint64(key[8:], uint64(id))
	hash := xxhash.New()
	_, _ = hash.WriteString(purpose)
	_, _ = hash.Write(key[:])
	high := hash.Sum64()
	_, _ = hash.Write(key[:1])
	return rand.New(rand.NewPCG(high, hash.Sum64()))
}

// between draws an integer from lo to hi, both included.
func between(random *rand.Rand, lo, hi int) int { return lo + random.IntN(hi-lo+1) }

// spread draws a number from lo to hi, evenly.
func spread(random *rand.Rand, lo, hi float64) float64 { return lo + random.Float64()*(hi-lo) }

func oneOf(random *rand.Rand, choices []string) string { return choices[random.IntN(len(choices))] }
