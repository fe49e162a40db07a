// Package failure tells somebody that a run failed: by a command, or by a request to a
// URL. What is told are names and numbers, never an error or a path.
package failure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/avast/retry-go/v4"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/runners"
)

// Notice is what is told.
type Notice struct {
	DAG      string   `json:"dag"`
	Run      string   `json:"run,omitempty"` // none where it failed before it began
	ExitCode int      `json:"exit_code"`
	Failed   []string `json:"failed"` // steps
	// Reason is why somebody else tells of the run than itself.
	Reason string `json:"reason,omitempty"`
}

// Teller notes what a run does, and tells if it failed. The zero Teller tells nobody.
type Teller struct {
	Command string // of a shell; it has the notice as JSON on its standard input, and in its environment
	URL     string // takes the notice as JSON by POST
	Output  io.Writer

	mu     sync.Mutex
	notice Notice
}

// Check says what is wrong with the settings.
func (t *Teller) Check() error {
	if t.URL == "" {
		return nil
	}
	at, err := url.Parse(t.URL)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return exit.Errorf(exit.Usage, "--on-failure-url: want a URL that begins with http:// or https://")
	}
	return nil
}

// Note takes an event of the run.
func (t *Teller) Note(e runners.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e.Kind {
	case runners.RunStarted:
		t.notice.DAG, t.notice.Run = e.DAG, e.Run
	case runners.StepFailed:
		t.notice.Failed = append(t.notice.Failed, e.Step)
	}
}

// End tells that the run of a DAG ended with a code, unless it is none of a failure: who
// interrupts a run knows.
func (t *Teller) End(ctx context.Context, dag string, code exit.Code) error {
	if code == exit.OK || code == exit.Interrupted || t.Command == "" && t.URL == "" {
		return nil
	}
	t.mu.Lock()
	notice := t.notice
	t.mu.Unlock()
	if notice.ExitCode = int(code); notice.DAG == "" {
		notice.DAG = dag
	}
	return t.Tell(ctx, notice)
}

// Tell tells of a run that cannot itself.
func (t *Teller) Tell(ctx context.Context, notice Notice) error {
	if notice.Failed == nil {
		notice.Failed = []string{}
	}
	text, err := json.Marshal(notice)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	return errors.Join(t.run(ctx, notice, text), t.post(ctx, text))
}

// The most that telling may take.
const (
	commandTime = time.Minute
	requestTime = 10 * time.Second
	attempts    = 3
)

func (t *Teller) run(ctx context.Context, n Notice, text []byte) error {
	if t.Command == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", t.Command)
	cmd.Env = append(os.Environ(), "CLINFLOW_DAG="+n.DAG, "CLINFLOW_RUN="+n.Run, "CLINFLOW_EXIT_CODE="+strconv.Itoa(n.ExitCode), "CLINFLOW_FAILED_STEPS="+strings.Join(n.Failed, " "), "CLINFLOW_REASON="+n.Reason)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), t.Output, t.Output
	cmd.WaitDelay = time.Second // what it left running may hold its streams
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("--on-failure: the command: %w", err)
	}
	return nil
}

// post sends the notice, again where the server is busy or away. It goes nowhere else:
// a redirection is not followed.
func (t *Teller) post(ctx context.Context, text []byte) error {
	if t.URL == "" {
		return nil
	}
	client := &http.Client{Timeout: requestTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	err := retry.Do(func() error { return send(ctx, client, t.URL, text) }, retry.Attempts(attempts), retry.LastErrorOnly(true), retry.Context(ctx))
	if err != nil {
		return fmt.Errorf("--on-failure-url: %w", err)
	}
	return nil
}

// send is one attempt. Errors do not tell the URL, which may hold a secret.
func send(ctx context.Context, client *http.Client, to string, text []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(text))
	if err != nil {
		return retry.Unrecoverable(errors.New("the URL cannot be used"))
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode < http.StatusMultipleChoices:
		return nil
	case answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("the answer is %s", answer.Status)
	default:
		return retry.Unrecoverable(fmt.Errorf("the answer is %s", answer.Status))
	}
}
