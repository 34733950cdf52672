package channel

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/problem"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	tests := []struct{ raw, region, want string }{
		{"mailto:Ada@Example.ORG", "", "mailto:ada@example.org"},
		{" ada.l@example.org ", "", "mailto:ada.l@example.org"},
		{"mailto:ada%2Bx@example.org?subject=hello", "", "mailto:ada+x@example.org"},
		{"mailto:ada@bücher.example", "", "mailto:ada@xn--bcher-kva.example"},
		{"mailto:ada@example.org.", "", "mailto:ada@example.org"},
		{"mailto:a/b@example.org", "", "mailto:a%2Fb@example.org"},
		{"acct:Ada@Mastodon.Example", "", "acct:ada@mastodon.example"},
		{"@Ada@mastodon.example", "", "acct:ada@mastodon.example"},
		{"HTTPS://Example.ORG/Ada?Tab=1#About", "", "https://example.org/Ada?Tab=1#About"},
		{"http://example.org", "", "https://example.org/"},
		{"https://example.org:443/a", "", "https://example.org/a"},
		{"https://example.org:8443/a", "", "https://example.org:8443/a"},
		{"https://bücher.example/ü", "", "https://xn--bcher-kva.example/%C3%BC"},
		{"https://[2001:DB8::1]/a", "", "https://[2001:db8::1]/a"},
		{"tel:+33 1 23 45 67 89", "", "tel:+33123456789"},
		{"tel:01-23-45-67-89", "fr", "tel:+33123456789"},
		{"01 23 45 67 89", "FR", "tel:+33123456789"},
		{"+44 20 7946 0958", "FR", "tel:+442079460958"},
		{"postal: 12  Rue de la PAIX, Paris ", "", "postal:12 rue de la paix, paris"},

		{"", "", ""},
		{"Ada", "", ""},
		{"member:01234567890123456789", "", ""},
		{"channel:01234567890123456789", "", ""},
		{"javascript:alert(1)", "", ""},
		{"data:text/html,x", "", ""},
		{"mailto:", "", ""},
		{"mailto:ada", "", ""},
		{"mailto:@example.org", "", ""},
		{"mailto:a b@example.org", "", ""},
		{"mailto:a@b@example.org", "", ""},
		{"mailto:ada@exa mple.org", "", ""},
		{"mailto:ada@example.org,bob@example.org", "", ""},
		{"Ada <ada@example.org>", "", ""},
		{"https://user:password@example.org/", "", ""},
		{"https:///path", "", ""},
		{"https:example.org", "", ""},
		{"tel:01 23 45 67 89", "", ""},
		{"tel:12", "FR", ""},
		{"tel:+999999999999999", "", ""},
		{"postal:x", "", ""},
		{"mailto:a\x00@example.org", "", ""},
		{"mailto:\xff@example.org", "", ""},
		{"https://example.org/" + strings.Repeat("a", 600), "", ""},
	}
	for _, test := range tests {
		got, err := Identify(test.raw, test.region)
		if got != test.want || (test.want == "") != problem.Is(err, problem.Invalid) {
			t.Errorf("Identify(%q, %q) = %q, %v; want %q", test.raw, test.region, got, err, test.want)
		}
	}
}

func TestIdentifyTwice(t *testing.T) {
	t.Parallel()
	part := rapid.StringOfN(rapid.RuneFrom([]rune("aZ0éÉßİſ%2F?#/+.-_@: ;&=üẞΣς\u0301")), 0, 12, -1)
	raw := rapid.Custom(func(t *rapid.T) string {
		scheme := rapid.SampledFrom([]string{"", "mailto:", "MAILTO:", "acct:", "@", "https://", "http://", "tel:", "postal:"}).Draw(t, "scheme")
		return scheme + part.Draw(t, "a") + rapid.SampledFrom([]string{"", "@", "/", "."}).Draw(t, "middle") + part.Draw(t, "b") +
			rapid.SampledFrom([]string{"", "@example.org", ".example", "@Bücher.example/"}).Draw(t, "end")
	})
	rapid.Check(t, func(t *rapid.T) { twice(t, rapid.OneOf(raw, rapid.String()).Draw(t, "raw")) })
}

func FuzzIdentify(f *testing.F) {
	for _, seed := range []string{"mailto:a@b.c", "acct:a@b", "https://é.example/%zz", "tel:+33123456789;ext=1", "postal:a b c d", "@a@b.c", "0123456789", "tel:%2B33123456789"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) { twice(t, raw) })
}

// twice checks that an identity identified again stays itself, also where phone numbers are written otherwise.
func twice(t interface {
	Helper()
	Fatalf(string, ...any)
}, raw string) {
	t.Helper()
	once, err := Identify(raw, "FR")
	if err != nil {
		return
	}
	if again, err := Identify(once, ""); err != nil || again != once {
		t.Fatalf("%q became %q, then %q, %v", raw, once, again, err)
	}
	if scheme, _, _ := strings.Cut(once, ":"); scheme == "member" || scheme == "channel" || scheme == "http" {
		t.Fatalf("%q became %q", raw, once)
	}
}
