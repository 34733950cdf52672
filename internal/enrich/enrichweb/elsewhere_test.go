package enrichweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/entente/entente/internal/org"
)

func elsewhereForm(pairs ...string) url.Values {
	f := url.Values{"on": {"on"}, "address": {"https://api.example.com/v1?token=hidden"}, "kind": {"openai"}, "model": {"oracle-7b"}, "key": {"sk-very-secret"},
		"heads": {"sentiment", "kinds"}, "which": {"unsure"}, "batch": {"10"}, "requests": {"200"}, "characters": {"500000"}}
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// TestElsewhere holds that the form is for owners, says that posts leave the house, shows what is wrong, and never shows the key.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	s := open(t)
	olga, sam := s.as("Olga", org.Owner), s.as("Sam", org.Social)
	if _, body, _ := sam.do(http.MethodGet, "/models", nil); !strings.Contains(body, "no post leaves this machine") || strings.Contains(body, "/models/elsewhere") {
		t.Error("who may not change it sees the form, or not that it is off")
	}
	if code, _, _ := sam.do(http.MethodPost, "/models/elsewhere", elsewhereForm()); code != http.StatusForbidden {
		t.Errorf("who may not change it: %d", code)
	}
	if _, body, _ := olga.do(http.MethodGet, "/models", nil); !strings.Contains(body, "Posts leave the house") {
		t.Error("the form does not say that posts leave")
	}
	code, body, _ := olga.do(http.MethodPost, "/models/elsewhere", elsewhereForm("characters", "100", "address", "https://typed.example"))
	if code != http.StatusUnprocessableEntity || !strings.Contains(body, "At least 2,500 characters") || !strings.Contains(body, "https://typed.example") || strings.Contains(body, "sk-very-secret") {
		t.Errorf("a wrong form: %d", code)
	}
	if code, _, _ := olga.do(http.MethodPost, "/models/elsewhere", elsewhereForm()); code != http.StatusSeeOther {
		t.Fatalf("a right form: %d", code)
	}
	_, body, _ = olga.do(http.MethodGet, "/models", nil)
	if !strings.Contains(body, "oracle-7b at api.example.com") || !strings.Contains(body, "A key is kept") || strings.Contains(body, "sk-very-secret") {
		t.Error("what was set does not show, or the key does")
	}
	if _, body, _ = sam.do(http.MethodGet, "/models", nil); !strings.Contains(body, "oracle-7b at api.example.com") || strings.Contains(body, "token=") {
		t.Error("others see more of the address than the host, or not the host")
	}
}
