// Package i18n decides how the interface speaks: sentences, plurals, numbers, dates and durations in the language and time zone of whoever reads.
package i18n

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/entente/entente/locales"
)

// Pseudo is a made-up language for finding sentences that were never given to translators: every sentence comes out between brackets.
const Pseudo = "xx"

type speech struct {
	lang string
	zone *time.Location
}

type speechKey struct{}

// With returns a context in which lang ("en", "fr") is spoken and times are shown in zone (nil for UTC). An unknown language is English.
func With(ctx context.Context, lang string, zone *time.Location) context.Context {
	if zone == nil {
		zone = time.UTC
	}
	if lang != Pseudo && !Known(lang) {
		lang = "en"
	}
	return context.WithValue(ctx, speechKey{}, speech{lang, zone})
}

// Lang returns the language spoken in ctx, "en" when none was set.
func Lang(ctx context.Context) string {
	if s, ok := ctx.Value(speechKey{}).(speech); ok {
		return s.lang
	}
	return "en"
}

// Zone returns the time zone of ctx, UTC when none was set.
func Zone(ctx context.Context) *time.Location {
	if s, ok := ctx.Value(speechKey{}).(speech); ok {
		return s.zone
	}
	return time.UTC
}

// Languages lists the languages that have files, sorted.
func Languages() []string { return book().languages }

// Known reports whether lang is one of Languages.
func Known(lang string) bool { _, ok := book().speakers[lang]; return ok }

// Match picks the best of Languages for an Accept-Language header.
func Match(header string) string {
	b := book()
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return "en"
	}
	_, i, c := b.matcher.Match(tags...)
	if c == language.No {
		return "en"
	}
	return b.ordered[i]
}

// Keys lists every key of a language with the names of its plural forms ("" for a plain sentence).
func Keys(lang string) map[string][]string { return book().keys[lang] }

// Has reports whether key has a sentence in English.
func Has(key string) bool { _, ok := book().keys["en"][key]; return ok }

// T returns the sentence of key with args (name, value pairs) filled in. A key without a sentence comes out as itself, so that it is seen.
func T(ctx context.Context, key string, args ...any) string {
	if lang := Lang(ctx); lang != Pseudo {
		if p, ok := book().simple[lang][key]; ok {
			return p.fill(args)
		}
	}
	return say(ctx, &goi18n.LocalizeConfig{MessageID: key, TemplateData: pairs(args)})
}

// N is T for a sentence that depends on a count; the sentence may use {{.Count}}.
func N(ctx context.Context, key string, count int, args ...any) string {
	if lang := Lang(ctx); lang != Pseudo && count >= 0 {
		if c, ok := book().counted[lang][key]; ok {
			p := c.other
			if plural.Cardinal.MatchPlural(c.tag, count, 0, 0, 0, 0) == plural.One {
				p = c.one
			}
			return p.fill(append([]any{"Count", Number(ctx, float64(count), 0)}, args...))
		}
	}
	data := pairs(args)
	data["Count"] = Number(ctx, float64(count), 0)
	return say(ctx, &goi18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
}

func say(ctx context.Context, c *goi18n.LocalizeConfig) string {
	b, lang := book(), Lang(ctx)
	pseudo := lang == Pseudo
	if pseudo {
		lang = "en"
	}
	s, err := b.speakers[lang].Localize(c)
	if err != nil && s == "" {
		s, err = b.speakers["en"].Localize(c)
		if err != nil && s == "" {
			return c.MessageID
		}
	}
	if pseudo {
		return "⟦" + s + "⟧"
	}
	return s
}

func pairs(args []any) map[string]any {
	m := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}

type words struct {
	languages []string
	ordered   []string
	matcher   language.Matcher
	speakers  map[string]*goi18n.Localizer
	keys      map[string]map[string][]string
	// Nearly all sentences only have values put into them. That needs no template, and pages say some hundred of them.
	simple  map[string]map[string]pieces
	counted map[string]map[string]counted // with the plural forms one and other
}

// book is read once: the files are part of the binary.
var book = sync.OnceValue(func() *words {
	w, err := read(locales.Files)
	if err != nil {
		panic("the embedded locale files do not read: " + err.Error())
	}
	return w
})

func read(files fs.FS) (*words, error) {
	bundle := goi18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	w := &words{speakers: map[string]*goi18n.Localizer{}, keys: map[string]map[string][]string{},
		simple: map[string]map[string]pieces{}, counted: map[string]map[string]counted{}}
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		parts := strings.Split(name, ".")
		lang := parts[len(parts)-2]
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var flat map[string]any
		if err := json.Unmarshal(raw, &flat); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tag, err := language.Parse(lang)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if w.keys[lang] == nil {
			w.keys[lang] = map[string][]string{}
			w.simple[lang], w.counted[lang] = map[string]pieces{}, map[string]counted{}
			w.languages = append(w.languages, lang)
		}
		for key, v := range flat {
			if w.keys[lang][key] != nil {
				return nil, fmt.Errorf("%s: %q stands twice", name, key)
			}
			m := &goi18n.Message{ID: key}
			switch v := v.(type) {
			case string:
				m.Other = v
				w.keys[lang][key] = []string{""}
				if p, ok := cut(v); ok {
					w.simple[lang][key] = p
				}
			case map[string]any:
				for form, s := range v {
					s, _ := s.(string)
					switch form {
					case "zero":
						m.Zero = s
					case "one":
						m.One = s
					case "two":
						m.Two = s
					case "few":
						m.Few = s
					case "many":
						m.Many = s
					case "other":
						m.Other = s
					default:
						return nil, fmt.Errorf("%s: %q has a plural form %q", name, key, form)
					}
					w.keys[lang][key] = append(w.keys[lang][key], form)
				}
				sort.Strings(w.keys[lang][key])
			default:
				return nil, fmt.Errorf("%s: %q is neither a sentence nor plural forms", name, key)
			}
			one, plain := cut(m.One)
			other, too := cut(m.Other)
			if plain && too && len(w.keys[lang][key]) == 2 && m.One != "" {
				w.counted[lang][key] = counted{tag, one, other}
			}
			// French asks for "many" (a million and more) which reads as "other".
			if m.One != "" && m.Many == "" {
				m.Many = m.Other
			}
			if err := bundle.AddMessages(tag, m); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", name, key, err)
			}
		}
	}
	sort.Strings(w.languages)
	w.ordered = append(w.ordered, "en")
	for _, l := range w.languages {
		if l != "en" {
			w.ordered = append(w.ordered, l)
		}
		w.speakers[l] = goi18n.NewLocalizer(bundle, l)
	}
	tags := make([]language.Tag, len(w.ordered))
	for i, l := range w.ordered {
		tags[i] = language.Make(l)
	}
	w.matcher = language.NewMatcher(tags)
	return w, nil
}
