package channel

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/ledger"
)

// plainExcerpt is Excerpt as one would say it.
func plainExcerpt(text string, most int) string {
	if len(text) > 8*most {
		text = text[:8*most]
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	cut := string([]rune(text)[:most])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-zé\x{a0} \n]{0,9} ?){0,20}`),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		most := rapid.IntRange(1, 60).Draw(t, "most")
		if got, want := (&Post{Text: text}).Excerpt(most), plainExcerpt(text, most); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func TestInboxTakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		said ledger.Said
		want string // the modes that take it
	}{
		{"a post", ledger.Said{}, "all"},
		{"said to us", ledger.Said{Direct: true}, "all questions mentions"},
		{"a question", ledger.Said{Kind: "question"}, "all questions"},
		{"asks in its title", ledger.Said{Title: "How?"}, "all questions"},
		{"asks in an answer", ledger.Said{Text: "Why?", InReplyTo: []string{"q1"}}, "all"},
		{"ours", ledger.Said{Ours: true, Direct: true}, ""},
		{"a machine's", ledger.Said{Automatic: "bulk", Direct: true}, ""},
	} {
		var took []string
		for _, mode := range Inboxes() {
			if mode.takes(&test.said) {
				took = append(took, string(mode))
			}
		}
		if got := strings.Join(took, " "); got != test.want {
			t.Errorf("%s: taken by %q, want %q", test.name, got, test.want)
		}
	}
}
