package i18n

import (
	"context"
	"testing"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
)

// Sentences filled without a template read as the library has them, in every language and for every count that changes a form.
func TestPiecesAgreeWithTemplates(t *testing.T) {
	quick := 0
	for _, lang := range Languages() {
		ctx := With(context.Background(), lang, nil)
		for key, p := range book().simple[lang] {
			var args []any
			for i := 1; i < len(p); i += 2 {
				args = append(args, p[i], 1234+i)
			}
			quick++
			if got, want := T(ctx, key, args...), say(ctx, &goi18n.LocalizeConfig{MessageID: key, TemplateData: pairs(args)}); got != want {
				t.Errorf("%s %s: %q, want %q", lang, key, got, want)
			}
		}
		for key, c := range book().counted[lang] {
			for _, n := range []int{0, 1, 2, 11, 100, 1_000_000, 2_000_000, 30_000_000} {
				var args []any
				for i := 1; i < len(c.other); i += 2 {
					if c.other[i] != "Count" {
						args = append(args, c.other[i], "«x»")
					}
				}
				data := pairs(args)
				data["Count"] = Number(ctx, float64(n), 0)
				quick++
				if got, want := N(ctx, key, n, args...), say(ctx, &goi18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n}); got != want {
					t.Errorf("%s %s %d: %q, want %q", lang, key, n, got, want)
				}
			}
		}
	}
	if quick < 500 {
		t.Errorf("only %d sentences are filled without a template", quick)
	}
}

func TestCutRefusesWhatAsksForMore(t *testing.T) {
	for _, s := range []string{"{{if .By}}x{{end}}", "{{.A.B}}", "{{.}}", "{{.Open", "{{ printf .A }}"} {
		if p, ok := cut(s); ok {
			t.Errorf("%q was cut to %q", s, p)
		}
	}
}
