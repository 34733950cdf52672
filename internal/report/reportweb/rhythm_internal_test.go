package reportweb

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/report/due"
)

// Hours are written as everywhere else, and are those of the report, wherever the reader is.
func TestRhythmInWords(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	r := due.Rhythm{Every: due.Week, Weekday: time.Monday, Minute: 8*60 + 5, Zone: "Europe/Paris"}
	for lang, want := range map[string]string{"en": "every Monday at 08:05 (Europe/Paris)", "fr": "chaque lundi à 08\u00a0h\u00a005 (Europe/Paris)"} {
		if got := rhythm(i18n.With(t.Context(), lang, tokyo), r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
