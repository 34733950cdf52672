package charterweb

import (
	"context"
	"strings"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

// theirText shows what somebody else wrote where it is not what is typed.
func theirText(label, typed, theirs string) []ui.Item {
	if strings.TrimSpace(typed) == strings.TrimSpace(theirs) {
		return nil
	}
	if theirs == "" {
		theirs = "–"
	}
	return []ui.Item{{Label: label, Body: preLine(theirs)}}
}

// theirs shows in each language what somebody else made of fields, where it is not what is typed.
func theirs(ctx context.Context, typed map[string]string, fields []string, list ...charter.Words) []ui.Item {
	var out []ui.Item
	for i, field := range fields {
		for _, lang := range i18n.Languages() {
			out = append(out, theirText(inLanguage(ctx, "charter.field."+field, lang), typed[field+"_"+lang], list[i][lang])...)
		}
	}
	return out
}

// compare shows beside what is typed for a rule what it reads in a draft, where somebody else changed or removed it.
func (p *rulePage) compare(ctx context.Context, v charter.Version, typed charter.Rule) {
	is, found := v.Rule(p.Rule)
	if found && is.Mark() == p.Seen {
		return // something else is wrong
	}
	if !found {
		p.Seen = "" // saving again adds it anew
		p.Theirs = []ui.Item{{Label: i18n.T(ctx, "charter.theirs.rule"), Value: i18n.T(ctx, "charter.theirs.removed")}}
		return
	}
	p.Seen = is.Mark() // both are read now: saving again is meant
	lines := func(f charter.Phrases) charter.Words {
		out := charter.Words{}
		for lang, list := range f {
			out[lang] = strings.Join(list, "\n")
		}
		return out
	}
	p.Theirs = theirs(ctx, p.Values, []string{"sentence", "why", "good", "bad"}, is.Sentence, is.Why, lines(is.Good), lines(is.Bad))
	word := func(binding bool) string {
		if binding {
			return i18n.T(ctx, "charter.binding")
		}
		return i18n.T(ctx, "charter.advice")
	}
	p.Theirs = append(p.Theirs, theirText(i18n.T(ctx, "charter.field.binding"), word(typed.Binding), word(is.Binding))...)
	label := func(options []ui.Option, value string) string {
		for _, o := range options {
			if o.Value == value {
				return o.Label
			}
		}
		return value
	}
	p.Theirs = append(p.Theirs, theirText(i18n.T(ctx, "charter.field.reach"), label(reachOptions(ctx), string(typed.Reach)), label(reachOptions(ctx), string(is.Reach)))...)
	p.Theirs = append(p.Theirs, theirText(i18n.T(ctx, "charter.field.check"), label(checkOptions(ctx), string(typed.Check)), label(checkOptions(ctx), string(is.Check)))...)
}
