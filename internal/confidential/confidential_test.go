package confidential

import "testing"

func TestIs(t *testing.T) {
	for _, c := range []struct {
		key, value string
		want       bool
	}{
		{"password", "x", true}, {"db.Password", "x", true}, {"hub_api_key", "x", true}, {"apikey", "", true}, {"aws.access_token", "x", true},
		{"url", "https://me:pass@host/x", true}, {"tokens", "x", false}, {"keys", "x", false}, {"url", "https://host/a@b", false}, {"password_length", "8", false},
	} {
		if got := Is(c.key, c.value); got != c.want {
			t.Errorf("%s=%s: %v", c.key, c.value, got)
		}
	}
}
