package gs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	htransport "google.golang.org/api/transport/http"

	"github.com/clinflow/clinflow/internal/exit"
)

// A request is tried so often, with pauses that grow to at most half a minute: an
// outage of some two minutes ends nothing.
const tries = 12

var pause = gax.Backoff{Initial: 250 * time.Millisecond, Max: 30 * time.Second, Multiplier: 2}

// The client of a process. There is none before a bucket is first asked for something;
// tests have one for each emulator.
var (
	connecting sync.Mutex
	clients    = map[string]*storage.Client{}
)

// connect makes the client, with Google's application default credentials or those of
// nobody for the emulator of STORAGE_EMULATOR_HOST. It tells nobody of its use. All is
// tried again: what is written without a precondition may be written twice, for it is
// the same bytes.
func connect() (*storage.Client, error) {
	connecting.Lock()
	defer connecting.Unlock()
	emulator := os.Getenv("STORAGE_EMULATOR_HOST")
	if c := clients[emulator]; c != nil {
		return c, nil
	}
	transport, err := transportTo(emulator)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "there are no credentials for Google Cloud: %w; run gcloud auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS", err)
	}
	c, err := storage.NewClient(context.Background(), option.WithHTTPClient(&http.Client{Transport: transport}), storage.WithDisabledClientMetrics())
	if err != nil {
		return nil, fmt.Errorf("make a client of Google Cloud Storage: %w", err)
	}
	c.SetRetry(storage.WithPolicy(storage.RetryAlways), storage.WithBackoff(pause),
		storage.WithMaxAttempts(tries), storage.WithErrorFunc(passing))
	clients[emulator] = c
	return c, nil
}

// transportTo sends requests, and gives up those that are never answered.
func transportTo(emulator string) (http.RoundTripper, error) {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 100
	base.ResponseHeaderTimeout = stall
	if emulator != "" {
		return settled{base}, nil
	}
	return htransport.NewTransport(context.Background(), settled{base}, option.WithScopes(storage.ScopeReadWrite), option.WithTelemetryDisabled())
}

// passing says whether an error may be gone at the next try: 429 and 5xx, connections
// cut or never answered.
func passing(err error) bool {
	var network net.Error
	return storage.ShouldRetry(err) || errors.As(err, &network) && network.Timeout()
}

// counted are retries of an upload: the client counts none for it.
func counted() []storage.RetryOption {
	tried := 0
	return []storage.RetryOption{storage.WithPolicy(storage.RetryAlways), storage.WithBackoff(pause), storage.WithErrorFunc(func(err error) bool {
		tried++
		return tried < tries && passing(err)
	})}
}

// told says what could not be done with a file, why, and what to do. A missing object
// is fs.ErrNotExist.
func told(doing, place string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrObjectNotExist):
		return fmt.Errorf("%s %s: %w", doing, place, fs.ErrNotExist)
	case errors.Is(err, storage.ErrBucketNotExist):
		return exit.Errorf(exit.Usage, "%s %s: there is no such bucket; make it, or name another", doing, place)
	case codeOf(err) == 401:
		return exit.Errorf(exit.Usage, "%s %s: Google does not know who asks (401); run gcloud auth application-default login", doing, place)
	case codeOf(err) == 403:
		return exit.Errorf(exit.Usage, "%s %s: the account may not do that (403); give it the role Storage Object User on the bucket", doing, place)
	case passing(err):
		return exit.Errorf(exit.Retry, "%s %s: %w, again and again; try later", doing, place, cause(err))
	}
	return fmt.Errorf("%s %s: %w", doing, place, cause(err))
}

// cause is the reason alone where the bucket gave one: its answers repeat the request. A
// connection that ended is its text alone: nobody may take it for the end of a file.
func cause(err error) error {
	if code := codeOf(err); code != 0 {
		return fmt.Errorf("the bucket answered %d %s", code, strings.ToLower(http.StatusText(code)))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New(err.Error())
	}
	return err
}

// failed says whether a precondition did: another's write came first, or our own
// did of which the answer was lost.
func failed(err error) bool { return codeOf(err) == 412 }

func codeOf(err error) int {
	var refused *googleapi.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return 0
}
