package registry

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"os/user"
	"regexp"
	"slices"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

// The events of a history.
const (
	Promoted   = "promoted"
	Refused    = "refused"
	RolledBack = "rolled back"
)

// Entry is what became of a model once. It holds names, digests and reasons, never ids of
// patients or text of notes.
type Entry struct {
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	Event   string    `json:"event"`
	Version string    `json:"version,omitempty"` // that is current from then on; of a refusal none
	Before  string    `json:"before,omitempty"`  // that was current until then
	By      string    `json:"by"`                // user@host
	Run     string    `json:"run,omitempty"`     // id of the run that promoted or refused
	Why     string    `json:"why"`
	// Decision is the sha256 of the gate's decision.json, "" where somebody promoted by hand.
	Decision string `json:"decision,omitempty"`
	// Adapters are the digests of the adapters' manifests, by task.
	Adapters map[string]string `json:"adapters,omitempty"`
}

func (e Entry) known() bool {
	return e.ID != "" && slices.Contains([]string{Promoted, Refused, RolledBack}, e.Event) && (e.Event == Refused) == (e.Version == "")
}

// reason is what a reason may be: one line, for it is shown in tables and logs.
var reason = regexp.MustCompile(`^[^\p{Cc}]{1,300}$`)

// newEntry is signed by who runs this process, now.
func newEntry(event, why, run string) (Entry, error) {
	if !reason.MatchString(why) {
		return Entry{}, exit.Errorf(exit.Usage, "the reason must be one line of 1 to 300 characters; say why in a few words, and nothing of a patient")
	}
	return Entry{ID: rand.Text(), Time: time.Now().UTC().Truncate(time.Second), Event: event, By: signature(), Run: run, Why: why}, nil
}

// signature is user@host, as far as the machine knows them.
func signature() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = cmp.Or(u.Username, "uid "+u.Uid)
	}
	host, _ := os.Hostname()
	return name + "@" + cmp.Or(host, "unknown")
}

func entryName(number int) string { return fmt.Sprintf("%s/%08d.json", historyFolder, number) }

// Decided is the entry that a gate's decision has already led to.
func (s State) Decided(decision string) (Entry, bool) {
	for _, e := range s.History {
		if decision != "" && e.Decision == decision {
			return e, true
		}
	}
	return Entry{}, false
}

// Previous is the version that a rollback returns to, "" where there is none: the one
// before the current, where each rollback has taken back what came after its version.
func (s State) Previous() string {
	var stack []string
	for _, e := range s.History {
		if e.Event == Refused {
			continue
		}
		if at := slices.Index(stack, e.Version); e.Event == RolledBack && at >= 0 {
			stack = stack[:at]
		}
		stack = append(stack, e.Version)
	}
	if len(stack) < 2 {
		return ""
	}
	return stack[len(stack)-2]
}
