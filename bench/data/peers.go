package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"

	"github.com/clinflow/clinflow/bench/cost"
)

// peerOptions are those of the command peers.
type peerOptions struct{ texts, tokenizer, python string }

// peerKinds measure one kind of work each, beside its peers, on one core. What they tell
// is named by the work and the peer: a ratio is the peer's seconds over ours, and the
// seconds of both are there too.
var peerKinds = []func(peerOptions) (map[string]float64, error){llamaPeers, ingestPeers}

func peersMain(args []string) error {
	var o peerOptions
	flags := flag.NewFlagSet("peers", flag.ExitOnError)
	flags.StringVar(&o.texts, "texts", "", "CSV (.gz) with a column transcription; without it LLaMA's encoding is left out")
	flags.StringVar(&o.tokenizer, "tokenizer", "", "folder with LLaMA's tokenizer.model and tokenizer.json (.gz)")
	flags.StringVar(&o.python, "python", "python3", "Python with the peers")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	all := map[string]any{"cpu_flags": cost.CPUFlags()}
	runtime.GOMAXPROCS(1)
	for _, measure := range peerKinds {
		told, err := measure(o)
		if err != nil {
			return err
		}
		for key, value := range told {
			all[key] = value
		}
	}
	if *asJSON {
		return json.NewEncoder(os.Stdout).Encode(all)
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Println(key+":", all[key])
	}
	return nil
}
