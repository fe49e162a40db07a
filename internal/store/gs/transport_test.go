package gs

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// answersEarly is a server that answers before it has read the body, of which the rest
// is still being sent.
type answersEarly struct{ rest io.Reader }

func (a *answersEarly) RoundTrip(r *http.Request) (*http.Response, error) {
	a.rest = r.Body
	_, err := io.ReadFull(r.Body, make([]byte, 3))
	return &http.Response{StatusCode: http.StatusServiceUnavailable}, err
}

func TestNothingIsReadBehindAnAnswer(t *testing.T) {
	server := &answersEarly{}
	text := strings.NewReader("abcdef")
	request, err := http.NewRequest(http.MethodPost, "http://bucket", text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (settled{server}).RoundTrip(request); err != nil {
		t.Fatal(err)
	}
	if late, err := io.ReadAll(server.rest); len(late) > 0 || err != nil || text.Len() != 3 {
		t.Errorf("%d bytes were read behind the answer, %v; %d are left of 3", len(late), err, text.Len())
	}
}
